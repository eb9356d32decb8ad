import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from core.datasets import mat_reader
from core.datasets.readers import find_clips, read_labels
from core.datasets.vsb100 import background_labels
from core.errors import StudioError


def save_segmentations(path: Path, pictures: list[np.ndarray]) -> None:
    """As VSB100 and BSDS500 store them: a 1 x K cell of structures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {"groundTruth": cells(pictures)}, do_compression=True)


def cells(pictures: list[np.ndarray]) -> np.ndarray:
    cell = np.empty((1, len(pictures)), object)
    for place, picture in enumerate(pictures):
        cell[0, place] = {
            "Segmentation": picture.astype(np.uint16),
            "Boundaries": np.zeros_like(picture, np.uint8),
        }
    return cell


def regions(shift: int) -> np.ndarray:
    """Label 3 all around, label 7 a moving thing, label 9 a strip along the lower border."""
    labels = np.full((24, 32), 3)
    labels[4:10, 4 + shift : 12 + shift] = 7
    labels[20:, :] = 9
    return labels


@pytest.fixture
def vsb(tmp_path: Path, jpg) -> Path:
    """`General_test_fullres`: two videos, frames 1 and 3 of `zoo` annotated twice."""
    split = tmp_path / "vsb" / "General_test_fullres"
    for video in ("zoo", "soccer"):
        for number in range(1, 4):
            jpg(split / "Images" / video / f"image{number:03d}.jpg", 40 * number)
    for number in (1, 3):
        only_thing = np.where(regions(number) == 7, 2, 1)
        save_segmentations(
            split / "Groundtruth" / "zoo" / f"image{number:03d}.mat", [regions(number), only_thing]
        )
    (split / "Groundtruth" / "soccer").mkdir()
    return split


def test_reads_every_annotator(vsb):
    found = find_clips(vsb)
    assert found.format == "vsb100"
    soccer, zoo = found.clips
    assert soccer.annotations == ()
    assert "without objects" in soccer.warnings[0]
    assert zoo.clip.files[0] == "Images/zoo/image001.jpg"
    assert [(item.annotator, item.frame) for item in zoo.annotations] == [(0, 0), (0, 2), (1, 0), (1, 2)]
    frames = list(read_labels(zoo))
    assert [(item.annotator, item.frame) for item in frames] == [(0, 0), (0, 2), (1, 0), (1, 2)]
    np.testing.assert_array_equal(frames[1].labels, np.where(regions(3) == 7, 7, 0))
    np.testing.assert_array_equal(frames[3].labels, np.where(regions(3) == 7, 2, 0))
    assert frames[0].labels.dtype == np.int32


def test_a_region_is_background_over_its_frames_not_in_one():
    half = np.ones((10, 10), int)
    half[2:9, 1:9] = 2  # 56 % of the pixels here, none of the border
    small = np.ones((10, 10), int)
    small[4:6, 4:6] = 2
    assert background_labels([half]) == [1, 2]
    assert background_labels([half, small, small]) == [1]


def test_a_region_along_the_border_is_background():
    labels = np.full((20, 40), 5)
    labels[:, :20] = 1
    labels[8:12, 10:20] = 2
    labels[15:, 30:] = 3  # 10 + 4 of 116 border pixels
    assert background_labels([labels]) == [1, 5]
    labels[0, 0] = 0
    assert background_labels([labels]) == [0, 1, 5]


@pytest.mark.parametrize("place", ["..", "Images", "Images/zoo", "Groundtruth/zoo"])
def test_is_found_from_above_and_within(vsb, place):
    found = find_clips((vsb / place).resolve())
    assert found.format == "vsb100"
    assert found.clips[-1].clip.name == "zoo"
    assert len(found.clips) == (1 if "zoo" in place else 2)


def test_the_half_size_copy_is_left_out(vsb, jpg):
    half = vsb.with_name("General_test_halfres")
    jpg(half / "Images" / "zoo" / "image001.jpg", 9)
    (half / "Groundtruth").mkdir()
    found = find_clips(vsb.parent)
    assert [one.clip.root for one in found.clips] == [vsb, vsb]
    assert "General_test_halfres was left out" in found.warnings[0]
    assert [one.clip.root for one in find_clips(half).clips] == [half]


@pytest.mark.parametrize(("name", "left"), [("image001.mat", (1, 2)), ("image003.mat", (1, 0))])
def test_a_frame_with_fewer_annotators_is_left_out_for_those_who_are_missing(vsb, name, left):
    save_segmentations(vsb / "Groundtruth" / "zoo" / name, [regions(1)])
    frames = list(read_labels(find_clips(vsb).clips[1]))
    assert [(item.annotator, item.frame) for item in frames] == [(0, 0), (0, 2), left]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "damaged"),
        (b"MATLAB 5.0 MAT-file, but no more than that" + bytes(100), "damaged"),
        ({"groundTruth": np.zeros((1, 2))}, "without Segmentation"),
        ({"other": np.zeros((1, 2))}, "no variable groundTruth"),
        ([np.zeros((2, 2, 2))], "not a picture"),
        ([np.zeros((23, 32))], "is 32 x 23 pixels"),
    ],
)
def test_a_broken_mat_is_refused_by_name(vsb, content, says):
    path = vsb / "Groundtruth" / "zoo" / "image003.mat"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, dict):
        savemat(path, content)
    else:
        save_segmentations(path, content)
    with pytest.raises(StudioError, match=says) as caught:
        list(read_labels(find_clips(vsb).clips[1]))
    assert "image003.mat" in str(caught.value)


def test_a_mat_that_ends_its_parser_does_not_end_the_program(vsb):
    """With this one byte SciPy 1.17 reads beyond its memory and is killed by the system."""
    path = vsb / "Groundtruth" / "zoo" / "image001.mat"
    savemat(path, {"groundTruth": cells([regions(1)] * 2)})
    data = bytearray(path.read_bytes())
    data[2848] = 248
    path.write_bytes(data)
    with pytest.raises(StudioError, match=r"image001\.mat is damaged"):
        find_clips(vsb)


UNDER_A_LIMIT = """
import resource, sys
from pathlib import Path
from core.datasets import mat_reader
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
with mat_reader.parsed([Path(sys.argv[1])]) as segmentations:
    print(segmentations.annotators(0))
"""


def test_a_machine_that_allows_less_memory_than_the_parser_takes_still_reads(vsb):
    pytest.importorskip("resource", reason="only Unix limits a process's memory")
    path = vsb / "Groundtruth" / "zoo" / "image001.mat"
    command = [sys.executable, "-c", UNDER_A_LIMIT, str(path)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.stdout.strip().isdecimal(), done.stderr


def test_names_with_odd_characters_reach_the_parser(vsb):
    folder = vsb / "Groundtruth" / "zoo"
    odd = folder / "line\nbreak and ünïcode.mat"
    (folder / "image001.mat").rename(odd)
    with mat_reader.parsed([odd]) as segmentations:
        np.testing.assert_array_equal(segmentations.picture(0, 0), regions(1))


def test_ground_truth_without_its_frame_is_refused(vsb):
    (vsb / "Images" / "zoo" / "image003.jpg").unlink()
    with pytest.raises(StudioError, match="belongs to no frame"):
        find_clips(vsb)


@pytest.mark.data
def test_reads_the_real_videos(data_dir: Path):
    found = find_clips(data_dir / "vsb100")
    assert [one.clip.name for one in found.clips] == [
        *("anteater", "car_jump", "dominoes", "hippo_fight", "sea_turtle", "sitting_dog", "soccer", "zoo")
    ]
    assert [one.clip.frames for one in found.clips] == [14, 14, 14, 14, 14, 12, 14, 15]
    numbers = {}
    for one in (found.clips[0], found.clips[2], found.clips[3]):
        numbers[one.clip.name] = sorted(set().union(*(np.unique(frame.labels) for frame in read_labels(one))))
    # The anteater and its glass; the man, the dominoes and the doors; the hippopotami and the logo.
    assert numbers["anteater"] == [0, 1, 3]
    assert numbers["dominoes"] == [0, 2, 3, 5]
    assert numbers["hippo_fight"] == [0, 1, 2, 5]


@pytest.mark.data
def test_reads_real_files_of_several_annotators(data_dir: Path):
    paths = sorted((data_dir / "bsds500").glob("*.mat"))
    with mat_reader.parsed(paths) as segmentations:
        assert [segmentations.annotators(number) for number in range(len(paths))] == [6, 5, 5, 6]
        assert segmentations.picture(0, 1).shape == (321, 481)
        assert np.unique(segmentations.picture(0, 1)).tolist() == [1, 2, 3, 4, 5]
