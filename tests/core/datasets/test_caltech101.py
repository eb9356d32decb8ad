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
    assert read_caltech101(folder / "101_ObjectCategories").paths == read.paths


def test_what_is_left_out_is_said_and_what_systems_leave_behind_is_not_seen(folder, jpg):
    top = folder / "101_ObjectCategories"
    for name in ("@eaDir", "__MACOSX", ".ipynb_checkpoints"):
        jpg(top / name / "image_0001.jpg", 9)
    (top / "ant" / "._image_0001.jpg").write_bytes(b"\0\5\x16\7")
    read = read_caltech101(folder)
    assert (read.names, np.bincount(read.labels).tolist()) == (("Faces", "Faces_easy", "ant"), [5, 4, 4])
    assert read.without == ", without 3 images of BACKGROUND_Google, which is no category"


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
