from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from core.datasets.clip import Clip
from core.datasets.frame_matching import frame_numbers, matched
from core.errors import StudioError


def clip_of(files: Sequence[str], **given: object) -> Clip:
    whole = {"name": "walk", "dataset": "frames", "width": 8, "height": 6, "root": Path("/r"), **given}
    return Clip(files=tuple(files), **whole)  # type: ignore[arg-type]


def frames_of(names: Sequence[str], clip: Clip) -> tuple[dict[str, int], list[str]]:
    matches, said = matched([Path("masks") / name for name in names], clip)
    return {path.name: frame for frame, path in matches}, said


PLAIN = clip_of([f"walk/{number:05d}.jpg" for number in range(12)])
VIDEO = clip_of(["film.mp4"], timestamps=tuple(range(12)))
FROM_ONE = clip_of([f"img_{number:04d}.JPG" for number in range(1, 13)])
SPARSE = clip_of([f"{number:05d}.jpg" for number in range(0, 60, 5)])
SECOND = clip_of(["film.mp4"], timestamps=tuple(range(30)), start=4, step=2)


@pytest.mark.parametrize(
    ("clip", "names", "frames"),
    [
        (PLAIN, ["00003.png", "00007.PNG"], [3, 7]),
        (PLAIN, ["00003.jpg.png"], [3]),
        (PLAIN, ["frame_000003.png", "frame_000010.png"], [3, 10]),
        (PLAIN, ["00003_mask.png", "00004_mask.png"], [3, 4]),
        (PLAIN, ["00003_mask_v2.png", "00004_mask_v2.png"], [3, 4]),
        (PLAIN, ["3.png", "11.png"], [3, 11]),
        (VIDEO, ["00003.png", "00011.png"], [3, 11]),
        (VIDEO, ["frame_000003.png"], [3]),
        (FROM_ONE, ["img_0001.png", "IMG_0012.png"], [0, 11]),
        (FROM_ONE, ["0003.png"], [3]),
        (FROM_ONE, ["mask_0003.png", "mask_0004.png"], [2, 3]),
        (SPARSE, ["00005.png", "00055.png"], [1, 11]),
        (SECOND, ["00004.png", "00006.png", "00028.png"], [0, 1, 12]),
    ],
)
def test_a_file_belongs_to_the_frame_of_its_name_or_number(clip, names, frames):
    found, _ = frames_of(names, clip)
    assert found == dict(zip(names, frames, strict=True))


def test_where_all_fit_by_counting_alone_they_are_counted_and_that_is_said():
    found, said = frames_of([f"{number:05d}.png" for number in range(1, 13)], PLAIN)
    assert found["00001.png"] == 0
    assert found["00012.png"] == 11
    assert said == ["The masks were taken to be numbered from 1 on, so that 00001 is frame 0 of walk."]
    found, said = frames_of([f"{number:05d}.png" for number in range(12)], SPARSE)
    assert found["00001.png"] == 1
    assert "numbered from 0 on" in said[0]
    found, said = frames_of([f"{number:06d}.png" for number in range(1, 13)], VIDEO)
    assert (found["000012.png"], len(said)) == (11, 1)


def test_names_that_look_the_same_are_the_same():
    composed, decomposed = "Caf\u00e9", "Cafe\u0301"
    clip = clip_of([f"{decomposed}{number}.jpg" for number in range(3)])
    assert frames_of([f"{composed}1.png"], clip) == ({f"{composed}1.png": 1}, [])


def test_a_few_files_without_a_frame_are_left_out_and_counted():
    names = [f"{number:05d}.png" for number in range(12)] + ["overlay.png"]
    found, said = frames_of(names, PLAIN)
    assert len(found) == 12
    assert said == ["Left out, in masks: 1 of 13 files; overlay.png belongs to no frame of walk."]
    missing = clip_of([f"{number:05d}.jpg" for number in range(12) if number != 4])
    found, said = frames_of(names[:12], missing)
    assert (found["00005.png"], found["00011.png"], "00004.png" in found) == (4, 10, False)
    assert "00004.png belongs to no frame" in said[0]


@pytest.mark.parametrize(
    ("clip", "names"),
    [
        (PLAIN, ["00012.png"]),
        (PLAIN, ["cat.png"]),
        (PLAIN, ["9" * 30 + ".png"]),
        (VIDEO, ["00012.png"]),
        (VIDEO, [f"{number}.png" for number in range(100, 140)]),
        (SECOND, ["00005.png", "00007.png"]),
        (clip_of(["00000.jpg", "00002.jpg", "00004.jpg"]), ["00001.png"]),
        (clip_of([f"{number:05d}.jpg" for number in (0, 2, 3, 4, 5)]), ["00001.png", "00003.png"]),
    ],
)
def test_more_than_a_tenth_without_a_frame_are_refused(clip, names):
    with pytest.raises(StudioError, match="belongs to no frame of walk") as caught:
        frames_of(names, clip)
    assert str(caught.value).endswith("name each as its frame or by its number.")


def test_of_two_pictures_of_a_frame_the_lossless_one_is_the_mask():
    both = [f"{number:05d}{suffix}" for number in range(12) for suffix in (".jpg", ".png")]
    found, said = frames_of(both, PLAIN)
    assert set(found) == {f"{number:05d}.png" for number in range(12)}
    assert said == ["Of 00000.jpg and 00000.png, the second was taken, and likewise of others."]
    with pytest.raises(StudioError, match="has a picture already"):
        frames_of(["m_00001.png", "m_1.png", "m_00002.png"], PLAIN)


def test_numbers_of_frames_are_those_of_their_files_or_of_the_source():
    assert frame_numbers(SPARSE).tolist() == list(range(0, 60, 5))
    assert frame_numbers(SECOND).tolist() == list(range(4, 30, 2))
    assert frame_numbers(FROM_ONE).tolist() == list(range(12))
    np.testing.assert_array_equal(frame_numbers(clip_of(["1.jpg", "01.png"])), [0, 1])
