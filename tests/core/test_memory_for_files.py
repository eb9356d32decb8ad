"""What a file unpacks to is held against the memory that is free, however small the file is."""

import importlib.util
import json
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from core import free_memory
from core.array_file import Form, arrays_of, read_arrays
from core.datasets.clip import Clip
from core.datasets.mat73 import load_mat73
from core.datasets.mat_reader import check_unpacked
from core.errors import StudioError
from core.trajectories.exchange import import_tracks, json_file, parquet
from core.trajectories.exchange.npz_arrays import opened, stored
from core.whole_file import check_room

FRAMES = 100
NEEDS_H5PY = pytest.mark.skipif(importlib.util.find_spec("h5py") is None, reason="h5py is not installed")
NEEDS_PYARROW = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed"
)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows tells its free memory by no file")


@pytest.fixture
def free(tmp_path, monkeypatch):
    """Sets the bytes that are free."""

    def set_to(count):
        (tmp_path / "meminfo").write_text(f"MemAvailable: {count // 1024} kB\n")
        monkeypatch.setattr(free_memory, "LINUX", tmp_path / "meminfo")
        monkeypatch.setattr(free_memory, "GROUP", tmp_path / "no group")

    return set_to


def refused(path: Path, needed: float, left: float) -> str:
    return (
        f"^{re.escape(str(path))} takes {needed:.1f} GB of memory to read, while {left:.1f} GB are free; "
        r"close other programs, or save it in parts\.$"
    )


def clip(tmp_path: Path) -> Clip:
    return Clip(name="a", dataset="frames", width=640, height=480, root=tmp_path, files=("a",) * FRAMES)


def claiming(path: Path, size: int) -> Path:
    """An archive whose only entry says in the archive's directory to unpack to so many bytes."""
    data = bytearray(path.read_bytes())
    data[(place := data.rindex(b"PK\x01\x02") + 24) : place + 4] = struct.pack("<I", size)
    path.write_bytes(data)
    return path


def test_as_much_as_is_free_may_be_taken(tmp_path, free):
    free(3 << 20)
    check_room(tmp_path, 3 << 20)
    with pytest.raises(StudioError, match=r"takes 2\.0 GB of memory to read, while 0\.0 GB are free"):
        check_room(tmp_path, 2_000_000_000)


def test_an_npz_is_read_however_well_it_packs_and_refused_where_memory_lacks(tmp_path, free):
    path = tmp_path / "a.npz"
    masks = np.zeros(270_000_000, bool)
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("masks.npy", "w", force_zip64=True) as file,
    ):
        np.lib.format.write_array(file, masks)
    assert len(masks) > 200 * path.stat().st_size
    assert not read_arrays(path)["masks"].any()
    free(200_000_000)
    for read in (read_arrays, lambda path: arrays_of(path.read_bytes(), path, {"masks": Form("?", ("N",))})):
        with pytest.raises(StudioError, match=refused(path, 0.3, 0.2)):
            read(path)


def test_an_npz_of_more_than_4_gb_is_refused_whatever_is_free(tmp_path, free):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.zeros(10), b=np.zeros(10))
    data = bytearray(path.read_bytes())
    for found in re.finditer(rb"PK\x01\x02", bytes(data)):
        data[found.start() + 24 : found.start() + 28] = struct.pack("<I", 3 << 30)
    path.write_bytes(data)
    free(1 << 50)
    with pytest.raises(StudioError, match=r"unpacks to 6,442,450,944 bytes, more than the 4,294,967,296"):
        read_arrays(path)


def test_places_of_points_are_read_however_well_they_pack(tmp_path, free):
    path = tmp_path / "a.npz"
    places = np.zeros((2000, FRAMES, 2), np.float32) + np.float32(7.5)
    np.savez_compressed(path, tracks=places, visible=np.ones((2000, FRAMES), bool))
    assert 12 * path.stat().st_size < 2000 * FRAMES
    points, _, _ = import_tracks("tapvid", path, clip(tmp_path))
    assert len(points.xy) == 2000 * FRAMES
    free(64 * 2000 * FRAMES - 2000)
    with pytest.raises(StudioError, match=refused(path, 0.0, 0.0)):
        import_tracks("tapvid", path, clip(tmp_path))


def test_an_array_by_columns_is_held_against_what_is_free(tmp_path, free):
    path = tmp_path / "a.npz"
    head = b"{'descr': '<f4', 'fortran_order': True, 'shape': (9000000, 100), }\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head)
    claiming(path, 3_700_000_000)
    with opened(path) as archive:
        free(1 << 40)
        assert stored(archive, "a", path, 2).by_columns
        free(1_000_000_000)
        with pytest.raises(StudioError, match=refused(path, 3.6, 1.0)):
            stored(archive, "a", path, 2)


@NEEDS_PYARROW
def test_a_table_is_read_however_well_it_packs_and_refused_where_memory_lacks(tmp_path, free):
    import pyarrow
    import pyarrow.parquet

    path, rows = tmp_path / "a.parquet", 5_000_000
    one = pyarrow.array(np.full(rows, 7.5))
    pyarrow.parquet.write_table(
        pyarrow.table({"frame": one, "trajectory": one, "x": one, "y": one}), path, compression="zstd"
    )
    assert rows > 5 * path.stat().st_size
    assert parquet.head(path).names == ("frame", "trajectory", "x", "y")
    free(1_000_000_000)
    with pytest.raises(StudioError, match=refused(path, 1.3, 1.0)):
        parquet.head(path)


@NEEDS_PYARROW
def test_a_column_of_a_table_is_held_against_what_is_free(tmp_path, free):
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"x": ["x" * 20_000_000]}), path, compression="zstd")
    assert parquet.head(path).names == ("x",)
    free(10 << 20)
    with pytest.raises(StudioError, match=refused(path, 0.0, 0.0)):
        parquet.head(path)


def test_json_in_an_archive_is_held_against_what_is_free(tmp_path, free):
    path = tmp_path / "a.zip"
    rows = [{"id": 1, "bbox": [1, 2, 3, 4]}] * 30_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", json.dumps(rows))
    size = len(json.dumps(rows))
    assert size > 64 * path.stat().st_size
    free(3 * size + 2000)
    assert json_file.read_json(path) == rows
    free(3 * size - 2000)
    with pytest.raises(StudioError, match=refused(path, 0.0, 0.0)):
        json_file.read_json(path)


def test_variables_of_older_matlab_files_may_unpack_to_what_is_given(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"a": np.zeros(50_000), "b": np.zeros(50_000)}, do_compression=True)
    check_unpacked(path, 801_000)
    with pytest.raises(StudioError, match="unpacks to more than the 799,000 bytes that there is memory for"):
        check_unpacked(path, 799_000)


@NEEDS_H5PY
def test_variables_of_matlab_7_3_may_unpack_to_what_is_given(tmp_path):
    import h5py

    path = tmp_path / "a.mat"
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (1000, 100), "f8", chunks=True, compression="gzip")
        cell = file.create_dataset("b", (100,), h5py.ref_dtype)
        cell[:] = [file["a"].ref] * 100
        sparse = file.create_group("c")
        sparse.attrs["MATLAB_sparse"] = 1 << 20
        sparse["jc"] = np.zeros(1 << 10, np.int64)
    assert load_mat73(path, ["a"], 800_000)["a"].shape == (100, 1000)
    for name, most in (("a", 799_999), ("b", 79_000_000), ("c", 1 << 32)):
        with pytest.raises(StudioError, match=f"unpacks to more than the {most:,} bytes that there is"):
            load_mat73(path, [name], most)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux holds a process to such a limit")
def test_others_matlab_files_are_held_against_what_is_free(tmp_path):
    """Of a picture that packs well, a sparse one and one that is not packed, under a limit of 0.65 GB."""
    packed, sparse, plain = paths = [tmp_path / f"{name}.mat" for name in ("packed", "sparse", "plain")]
    pictures = {packed: np.zeros((8000, 8000)), sparse: csc_matrix((60_000, 60_000))}
    for path, picture in pictures.items():
        savemat(path, {"groundTruth": np.array([{"Segmentation": picture}], object)})
    data = packed.read_bytes()
    quickly = zlib.compress(data[128:], 1)
    packed.write_bytes(data[:128] + struct.pack("<II", 15, len(quickly)) + quickly)
    savemat(plain, {"groundTruth": np.ones((2, 2))})
    data, side = plain.read_bytes(), 16_000
    for old, new in (
        (data[128:136], struct.pack("<II", 14, len(data) - 136 - 32 + 8 * side * side)),
        (struct.pack("<IIii", 5, 8, 2, 2), struct.pack("<IIii", 5, 8, side, side)),
        (struct.pack("<II", 9, 32), struct.pack("<II", 9, 8 * side * side)),
    ):
        assert data.count(old) == 1
        data = data.replace(old, new)
    plain.write_bytes(data)
    with open(plain, "r+b") as file:
        file.truncate(len(data) - 32 + 8 * side * side)
    program = 'ulimit -v 650000; exec "$0" -m core.datasets.mat_reader segmentations "$1"'
    subprocess.run(
        ["sh", "-c", program, sys.executable, str(tmp_path)],
        input="\0".join(map(str, paths)).encode(),
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        check=True,
    )
    for number in range(3):
        said = (tmp_path / f"{number}.txt").read_text(encoding="utf-8")
        assert re.match(r"unpacks to more than the [\d,]{9,11} bytes that there is memory for; ", said)
