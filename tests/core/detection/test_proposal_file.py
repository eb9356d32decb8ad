import numpy as np
import pytest

from core.detection.proposal_file import Proposals
from core.errors import StudioError

BOXES = {
    "000012": np.array([[0, 0, 5, 5], [1, 2, 3.5, 4]], np.float32),
    "empty": np.zeros((0, 4), np.float32),
    "000007": np.array([[9, 9, 10, 10]], np.float32),
}


def test_boxes_come_back_by_image(tmp_path):
    path = tmp_path / "new" / "proposals.npz"
    Proposals.of(BOXES).save(path)
    read = Proposals.load(path)
    for image, boxes in BOXES.items():
        np.testing.assert_array_equal(read[image], boxes)
    assert read.boxes.dtype == np.float32
    with pytest.raises(StudioError, match="nothing for image 000001"):
        read["000001"]


def test_no_images_at_all(tmp_path):
    Proposals.of({}).save(tmp_path / "none.npz")
    assert len(Proposals.load(tmp_path / "none.npz").boxes) == 0


def test_files_that_are_missing_damaged_or_something_else(tmp_path):
    with pytest.raises(StudioError, match="There is no file"):
        Proposals.load(tmp_path / "absent.npz")
    path = tmp_path / "p.npz"
    Proposals.of(BOXES).save(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(StudioError, match="make the proposals again"):
        Proposals.load(path)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(StudioError, match="make the proposals again"):
        Proposals.load(path)
    np.savez(path, ids=np.array([{}], object), offsets=np.zeros(2), boxes=np.zeros((0, 4)))
    with pytest.raises(StudioError, match="holds a pickle"):
        Proposals.load(path)
    for offsets, boxes in (
        ([0, 2], np.zeros((1, 4))),
        ([0, 1], np.zeros((1, 5))),
        ([0, 1], np.full((1, 4), np.nan)),
        ([0], np.zeros((0, 4))),
    ):
        np.savez(path, ids=np.array(["a"]), offsets=np.array(offsets), boxes=boxes)
        with pytest.raises(StudioError, match="make the proposals again"):
            Proposals.load(path)


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    Proposals.check_place(tmp_path / "new" / "p.npz")
    assert list((tmp_path / "new").iterdir()) == []
    for path in (tmp_path / "new", tmp_path / "file" / "p.npz"):
        for attempt in (Proposals.check_place, Proposals.of(BOXES).save):
            with pytest.raises(
                StudioError, match=r"Cannot write the proposals .*; free some space or choose"
            ):
                attempt(path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "new"]
