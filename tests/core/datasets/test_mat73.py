"""MATLAB 7.3 files, written here as MATLAB lays them out in HDF5: axes reversed, references for cells."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from core.datasets import mat_reader
from core.datasets.mat73 import is_mat73
from core.datasets.readers import find_clips, read_labels
from core.errors import StudioError

NEEDS_H5PY = pytest.mark.skipif(
    importlib.util.find_spec("h5py") is None, reason="h5py is not installed (the extra `matlab`)"
)
FIRST = np.where(np.add.outer(np.arange(24), np.arange(32)) % 7 < 3, 2, 1).astype(np.uint16)
SECOND = np.where(np.arange(32) < 12, 5, 3) + np.zeros((24, 1), np.uint16)


def save_v73(path: Path, fill: Callable[[Any], None]) -> Path:
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        fill(file)
    content = bytearray(path.read_bytes())
    content[:512] = (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM").ljust(512, b"\0")
    path.write_bytes(content)
    return path


def as_cell(file: Any) -> None:
    import h5py

    cell = file.create_dataset("groundTruth", (2, 1), h5py.ref_dtype)
    cell.attrs["MATLAB_class"] = np.bytes_("cell")
    for place, picture in enumerate((FIRST, SECOND)):
        struct = file.create_group(f"#refs#/{place}")
        struct.attrs["MATLAB_class"] = np.bytes_("struct")
        struct.create_dataset("Segmentation", data=picture.T).attrs["MATLAB_class"] = np.bytes_("uint16")
        struct.create_dataset("Boundaries", data=np.zeros((2, 2), np.uint8))
        cell[place, 0] = struct.ref


def as_structs(file: Any) -> None:
    import h5py

    group = file.create_group("groundTruth")
    group.attrs["MATLAB_class"] = np.bytes_("struct")
    field = group.create_dataset("Segmentation", (2, 1), h5py.ref_dtype)
    for place, picture in enumerate((FIRST, SECOND)):
        field[place, 0] = file.create_dataset(f"#refs#/{place}", data=picture.T.astype(np.float64)).ref


@NEEDS_H5PY
@pytest.mark.parametrize("fill", [as_cell, as_structs])
def test_segmentations_of_version_7_3_are_read(tmp_path, fill):
    path = save_v73(tmp_path / "a.mat", fill)
    with mat_reader.parsed([path]) as segmentations:
        assert segmentations.annotators(0) == 2
        np.testing.assert_array_equal(segmentations.picture(0, 0), FIRST)
        np.testing.assert_array_equal(segmentations.picture(0, 1), SECOND)


@NEEDS_H5PY
def test_boxes_of_version_7_3_are_read(tmp_path):
    import h5py

    def fill(file: Any) -> None:
        for name, values in (("images", ["a", "b7"]), ("boxes", [np.ones((3, 4)), np.full((1, 4), 2.0)])):
            cell = file.create_dataset(name, (1, 2), h5py.ref_dtype)
            for place, value in enumerate(values):
                codes = (
                    np.array([[ord(letter)] for letter in value], np.uint16)
                    if isinstance(value, str)
                    else value.T
                )
                item = file.create_dataset(f"#refs#/{name}{place}", data=codes)
                item.attrs["MATLAB_class"] = np.bytes_("char" if isinstance(value, str) else "double")
                cell[0, place] = item.ref

    found = mat_reader.boxes(save_v73(tmp_path / "a.mat", fill))
    assert list(found) == ["a", "b7"]
    np.testing.assert_array_equal(found["b7"], [[2, 2, 2, 2]])


@NEEDS_H5PY
def test_a_damaged_file_of_version_7_3_is_one_sentence(tmp_path):
    path = save_v73(tmp_path / "a.mat", as_cell)
    path.write_bytes(path.read_bytes()[:3000])
    says = r"a\.mat is damaged; restore it or take it away\."
    with pytest.raises(StudioError, match=says), mat_reader.parsed([path]):
        pass


def test_without_h5py_it_is_said_how_to_save_the_file(tmp_path, monkeypatch):
    (tmp_path / "h5py.py").write_text("raise ImportError")  # what the parser's process finds
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = tmp_path / "a.mat"
    path.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n")
    assert is_mat73(path)
    with pytest.raises(StudioError) as caught, mat_reader.parsed([path]):
        pass
    assert str(caught.value) == (
        f"{path} is saved by MATLAB in version 7.3, which is HDF5; install h5py (pip install h5py), or save "
        "it again in MATLAB with save(…, '-v7')."
    )


def test_other_shapes_of_older_files_are_read(tmp_path):
    """An array of structs, a bare cell, the picture itself, sparse, of doubles; damaged ones are refused."""
    structs = np.zeros((1, 2), [("Segmentation", object)])
    structs["Segmentation"][0] = [FIRST, SECOND]
    bare = np.empty((1, 2), object)
    bare[0] = [FIRST.astype(np.int32), SECOND.astype(float)]
    sparse = np.empty((1, 1), object)
    sparse[0, 0] = {"Segmentation": csc_matrix(FIRST.astype(float))}
    shapes = {"structs": structs, "bare": bare, "itself": FIRST, "sparse": sparse}
    paths = [tmp_path / f"{name}.mat" for name in shapes]
    for path, content in zip(paths, shapes.values(), strict=True):
        savemat(path, {"groundTruth": content})
    with mat_reader.parsed(paths) as segmentations:
        assert [segmentations.annotators(number) for number in range(4)] == [2, 2, 1, 1]
        for number in range(4):
            np.testing.assert_array_equal(segmentations.picture(number, 0), FIRST)
        np.testing.assert_array_equal(segmentations.picture(1, 1), SECOND)
    savemat(paths[0], {"groundTruth": FIRST + 0.5})
    with pytest.raises(StudioError, match="labels that are no whole numbers"), mat_reader.parsed(paths[:1]):
        pass


def test_a_turned_segmentation_is_turned_back_and_a_smaller_one_fitted(tmp_path, jpg):
    split = tmp_path / "General_test_fullres"
    for number in (1, 2):
        jpg(split / "Images" / "zoo" / f"image{number:03d}.jpg", 40)
    truth = np.ones((24, 32), np.uint16)
    truth[6:14, 8:20] = 2
    (split / "Groundtruth" / "zoo").mkdir(parents=True)
    savemat(split / "Groundtruth" / "zoo" / "image001.mat", {"groundTruth": truth.T})
    savemat(split / "Groundtruth" / "zoo" / "image002.mat", {"groundTruth": truth[::2, ::2]})
    frames = list(read_labels(find_clips(split).clips[0]))
    for frame in frames:
        np.testing.assert_array_equal(frame.labels, np.where(truth == 2, 2, 0))
    said = [text for frame in frames for text in frame.warnings]
    assert len(said) == 2
    assert "turned" in said[0]
    assert "16 x 12 pixels and its frames 32 x 24" in said[1]
