from pathlib import Path

import pytest

from core.datasets.readers import READERS, find_clips
from core.errors import StudioError


def test_a_folder_of_frames_in_natural_order(tmp_path: Path, jpg):
    for number in (2, 10, 1):
        jpg(tmp_path / "walk" / f"frame{number}.jpg", number)
    (tmp_path / "walk" / "notes.txt").write_text("not a frame")
    found = find_clips(tmp_path / "walk")
    assert found.format == "frames"
    (one,) = found.clips
    assert (one.clip.name, one.clip.dataset, one.clip.root) == ("walk", "frames", tmp_path)
    assert one.clip.files == ("walk/frame1.jpg", "walk/frame2.jpg", "walk/frame10.jpg")


def test_a_folder_of_folders_of_frames(tmp_path: Path, jpg):
    for name in ("b", "a"):
        jpg(tmp_path / name / "0.jpg", 9)
    (tmp_path / "empty").mkdir()
    told = []
    found = find_clips(tmp_path, on_progress=lambda *what: told.append(what))
    assert [one.clip.name for one in found.clips] == ["a", "b"]
    assert told == [(0, 2, "a"), (1, 2, "b")]


def test_frames_of_several_types_are_not_mixed(tmp_path: Path, jpg, pgm):
    for number in range(3):
        jpg(tmp_path / f"{number}.jpg", 9)
    (tmp_path / "mask.png").write_bytes(b"")
    (one,) = find_clips(tmp_path).clips
    assert one.clip.frames == 3
    assert "its 3 .jpg files were taken as frames, the other 1 were left out" in one.warnings[0]


def test_frames_of_several_sizes_are_refused(tmp_path: Path, jpg):
    jpg(tmp_path / "0.jpg", 9)
    jpg(tmp_path / "1.jpg", 9, height=40)
    with pytest.raises(StudioError, match="make all frames of a clip the same size"):
        find_clips(tmp_path)


def test_one_data_set_among_others_is_said(moseg, jpg):
    jpg(moseg.parent / "others" / "0.jpg", 9)
    assert find_clips(moseg.parent).warnings == (
        f"Of {moseg.parent.name}, only moseg was taken; choose its other folders one by one to import them.",
    )
    assert find_clips(moseg).warnings == ()


def test_names_are_unique(tmp_path: Path, moseg):
    twin = moseg / "more" / "cars"
    twin.mkdir(parents=True)
    for path in (moseg / "cars").iterdir():
        (twin / path.name).write_bytes(path.read_bytes())
    (moseg / "more").rename(moseg / "Testset")
    assert [one.clip.name for one in find_clips(moseg).clips] == ["cars", "cars-2"]


def test_a_format_that_is_asked_for_is_not_guessed(moseg):
    assert find_clips(moseg, "frames").clips[0].clip.dataset == "frames"
    with pytest.raises(StudioError, match="holds no davis clips"):
        find_clips(moseg, "davis")
    with pytest.raises(StudioError, match="There is no format 'kitti'; choose auto, moseg, vsb100"):
        find_clips(moseg, "kitti")
    assert set(READERS) == {"moseg", "vsb100", "davis", "video", "frames"}


def test_voc_is_no_davis(tmp_path: Path, jpg):
    for folder in ("Annotations", "ImageSets/Main"):
        (tmp_path / folder).mkdir(parents=True)
    jpg(tmp_path / "JPEGImages" / "000001.jpg", 9)
    assert find_clips(tmp_path / "JPEGImages").format == "frames"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "There is no folder or file"),
        (lambda path: path.mkdir(), "is empty; choose a folder that holds clips"),
        (
            lambda path: (path / "a" / "b" / "c").mkdir(parents=True),
            "holds no clips of a known format; choose",
        ),
        (lambda path: path.write_text("text"), "is not a video that can be read"),
    ],
)
def test_nothing_to_find_is_said(tmp_path: Path, make, says):
    make(tmp_path / "source")
    with pytest.raises(StudioError, match=says) as caught:
        find_clips(tmp_path / "source")
    assert str(tmp_path / "source") in str(caught.value)


def test_a_file_is_no_data_set(tmp_path: Path):
    (tmp_path / "a.bmf").write_text("1 1\n")
    with pytest.raises(StudioError, match="is a file; choose the folder that holds the moseg data"):
        find_clips(tmp_path / "a.bmf", "moseg")
