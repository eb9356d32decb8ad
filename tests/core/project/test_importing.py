import numpy as np
import pytest
from scipy.io import savemat

from core.datasets.image import read_values
from core.datasets.readers import find_clips
from core.errors import StudioError
from core.geometry import decode_mask, mask_box
from core.project.importing import import_edit
from core.project.project import Project
from core.trajectories import integrity, journal, store
from core.trajectories.model import Origin
from tests.small_data import KEYFRAMES, write_davis, write_image


@pytest.fixture(scope="module")
def davis(tmp_path_factory):
    return write_davis(tmp_path_factory.mktemp("data") / "DAVIS")


def test_label_pictures_become_objects_with_masks_and_their_boxes(davis):
    told = []
    edit = import_edit(find_clips(davis), lambda *report: told.append(report))
    assert [clip.name for clip, _ in edit.clips] == ["ape", "bear"]
    assert told == [(0, 2, "ape"), (1, 2, "bear"), (2, 2, "")]
    for clip, objects in edit.clips:
        pictures = {f: read_values(davis / f"Annotations/480p/{clip.name}/{f:05d}.png") for f in KEYFRAMES}
        assert [one.label for one in objects] == ["object 1", "object 2"]
        for number, one in enumerate(objects, start=1):
            seen = [frame for frame, picture in pictures.items() if (picture == number).any()]
            assert one.frames.tolist() == seen
            assert set(one.origin) == {Origin.ANNOTATED}
            assert set(one.confidence) == {1}
            for frame, runs, box in zip(one.frames, one.masks, one.boxes, strict=True):
                mask = decode_mask(runs, clip.height, clip.width)
                np.testing.assert_array_equal(mask, pictures[frame] == number)
                np.testing.assert_array_equal(box, mask_box(mask))


def test_a_name_that_is_taken_gets_a_number(davis):
    edit = import_edit(find_clips(davis), taken={"ape", "ape-2"})
    assert [clip.name for clip, _ in edit.clips] == ["ape-3", "bear"]


def test_what_is_imported_is_one_sound_step_of_undo(davis, tmp_path):
    edit = import_edit(find_clips(davis))
    with Project.create(tmp_path / "p") as project:
        with project.writing() as connection:
            journal.perform(connection, edit)
        with project.reading() as connection:
            assert integrity.problems(connection) == []
            assert [one.annotated for one in store.summaries(connection)] == [3, 3]
        with project.writing() as connection:
            journal.undo(connection)
            assert store.clips(connection) == []


def test_one_may_give_up_between_clips(davis):
    def give_up(done, total, what):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_edit(find_clips(davis), give_up)


def test_a_damaged_label_picture_is_one_sentence(tmp_path):
    davis = write_davis(tmp_path, ("ape",))
    found = find_clips(davis)
    (davis / "Annotations/480p/ape/00006.png").write_bytes(b"\x89PNG not really")
    with pytest.raises(StudioError, match=r"00006\.png"):
        import_edit(found)


def test_a_folder_whose_name_is_no_text_is_one_sentence(tmp_path):
    folder = tmp_path / "caf\udce9"  # Latin-1 on a system of UTF-8
    try:
        write_davis(folder, ("ape",))
    except (OSError, UnicodeError):
        pytest.skip("this file system takes no such name")
    with pytest.raises(StudioError, match="is not valid text"):
        import_edit(find_clips(folder))


def test_every_annotator_of_vsb100_is_kept(tmp_path):
    split = tmp_path / "General_test_fullres"
    images, truth = split / "Images" / "zoo", split / "Groundtruth" / "zoo"
    images.mkdir(parents=True)
    truth.mkdir(parents=True)
    segmentation = np.ones((40, 60), np.uint16)
    segmentation[5:15, 5:25] = 2
    coarse = np.where(segmentation == 2, 2, 1).astype(np.uint16)
    coarse[25:35, 30:50] = 3
    given = np.empty((1, 2), object)
    given[0, 0], given[0, 1] = {"Segmentation": segmentation}, {"Segmentation": coarse}
    for number in (1, 2):
        write_image(images / f"image{number:03d}.jpg", np.zeros((40, 60, 3), np.uint8))
        savemat(truth / f"image{number:03d}.mat", {"groundTruth": given})
    edit = import_edit(find_clips(split))
    ((_, objects),) = edit.clips
    assert [one.annotator for one in objects] == [0, 1, 1]
    assert [one.frames.tolist() for one in objects] == [[0, 1]] * 3
    assert objects[0].boxes[0].tolist() == [5, 5, 25, 15]
