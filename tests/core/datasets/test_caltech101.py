from pathlib import Path

import numpy as np
import pytest

from core.datasets.caltech101 import read_caltech101
from core.errors import StudioError


@pytest.fixture
def folder(tmp_path: Path, jpg) -> Path:
    for name, count in (("BACKGROUND_Google", 3), ("Faces", 5), ("Faces_easy", 4), ("ant", 4)):
        for number in range(count):
            jpg(tmp_path / "101_ObjectCategories" / name / f"image_{number + 1:04d}.jpg", 9)
    return tmp_path


def test_categories_without_the_background(folder):
    read = read_caltech101(folder)
    assert read.names == ("Faces", "Faces_easy", "ant")
    assert np.bincount(read.labels).tolist() == [5, 4, 4]
    assert [path.parent.name for path in read.paths] == [read.names[label] for label in read.labels]
    assert len(read_caltech101(folder / "101_ObjectCategories", with_background=True).names) == 4


def test_the_split_is_of_the_seed_and_leaves_nothing_out(folder):
    read = read_caltech101(folder)
    training, testing = read.split(3, np.random.default_rng(7))
    assert np.bincount(read.labels[training]).tolist() == [3, 3, 3]
    assert np.bincount(read.labels[testing]).tolist() == [2, 1, 1]
    np.testing.assert_array_equal(np.sort(np.concatenate((training, testing))), np.arange(13))
    np.testing.assert_array_equal(read.split(3, np.random.default_rng(7))[0], training)
    others = [tuple(read.split(3, np.random.default_rng(seed))[0]) for seed in range(8)]
    assert len(set(others)) > 1


@pytest.mark.parametrize("per_class", [0, 4])
def test_too_many_or_none_for_training_is_refused(folder, per_class):
    with pytest.raises(StudioError, match="Faces_easy has 4 images; take 1 to 3 of each"):
        read_caltech101(folder).split(per_class, np.random.default_rng(0))


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(StudioError, match="does not hold folders of images"):
        read_caltech101(tmp_path)
    with pytest.raises(StudioError, match="There is no folder"):
        read_caltech101(tmp_path / "gone")


@pytest.mark.data
def test_reads_the_real_subset(data_dir: Path):
    read = read_caltech101(data_dir / "caltech101")
    assert len(read.names) == 101
    assert len(read.paths) == 1515
    assert {"Faces", "Faces_easy"} <= set(read.names)
