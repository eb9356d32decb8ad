"""Read the `.mat` files of others, VSB100's segmentations and R-CNN's boxes, in a process of their own.

A damaged file can end the process that parses it (`scipy.io.loadmat` is not hardened), so the
parser runs as a child, under limits of memory and time where the system has them, and one child
reads many files. Run as `python -m core.datasets.mat_reader KIND FOLDER` it takes paths, NUL between them,
on standard input, and writes for path number n either `n.npz` (its arrays) or `n.txt` (why it could
not be read). A path that has neither ended the child.
"""

import os
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

import core
from core.array_file import Form, read_arrays
from core.datasets.clip import MOST_PIXELS
from core.datasets.mat73 import is_mat73, load_mat73, too_much
from core.errors import StudioError
from core.free_memory import room
from core.whole_file import LARGEST, open_file

_SECONDS_A_FILE = 2.0  # 0.03 are usual
_BYTES_A_SECOND = 1e6  # of a file; 10 to 20 million are usual
_MEMORY = 4 << 30  # bytes of address space, if no more is free
_TIMES = 2  # that the unpacked numbers are in memory: as read, and one after another
_MAT_HEAD, _MAT_PACKED, _MAT_BLOCK = 128, 15, 1 << 16

_LoadMat = Callable[..., dict[str, np.ndarray]]


@contextmanager
def parsed(paths: Sequence[Path]) -> Iterator["Segmentations"]:
    """The segmentations of many files, parsed by one child and kept on disk while the context is open.

    Raises:
        StudioError: naming the first file that is damaged, missing or holds something else.
    """
    with tempfile.TemporaryDirectory(prefix="associationnet-mat-") as folder:
        if paths:
            _run_child("segmentations", paths, Path(folder))
        yield Segmentations(Path(folder))


def boxes(path: Path) -> dict[str, np.ndarray]:
    """The boxes of a file with the cells `images` and `boxes`, by image.

    Returns:
        (N, 4) float64 each, finite; what the columns are is for the caller to know.

    Raises:
        StudioError: the file is damaged, missing or holds something else.
    """
    with tempfile.TemporaryDirectory(prefix="associationnet-mat-") as folder:
        _run_child("boxes", [path], Path(folder))
        arrays = read_arrays(Path(folder) / "0.npz")
    names, counts, stacked = arrays["names"], arrays["counts"], arrays["boxes"]
    parts = np.split(stacked, np.cumsum(counts)[:-1])
    return {str(name): part for name, part in zip(names, parts, strict=True)}


class Segmentations:
    """What `parsed` gives: per file one label picture an annotator."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def annotators(self, number: int) -> int:
        """How many annotators drew file `number`."""
        with zipfile.ZipFile(self._folder / f"{number}.npz") as archive:
            return len(archive.namelist())

    def picture(self, number: int, annotator: int) -> np.ndarray:
        """The (H, W) int32 labels of file `number` by one annotator, from 0."""
        name = f"arr_{annotator}"
        return read_arrays(self._folder / f"{number}.npz", {name: Form("i4", ("H", "W"))})[name]


def _run_child(kind: str, paths: Sequence[Path], folder: Path) -> None:
    try:
        child = subprocess.run(
            [sys.executable, "-m", "core.datasets.mat_reader", kind, str(folder)],
            input="\0".join(str(path.absolute()) for path in paths).encode("utf-8", "surrogateescape"),
            cwd=Path(core.__file__).parents[1],
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            timeout=60 + _SECONDS_A_FILE * len(paths) + _size(paths) / _BYTES_A_SECOND,
            check=False,
        )
        if child.returncode == 1:  # a bug of ours: a file's faults are reported, a crash has another code
            raise RuntimeError(child.stderr.decode("utf-8", "replace"))
        how = f"its parser crashed, exit code {child.returncode}"
    except subprocess.TimeoutExpired:
        how = "parsing it takes too long"
    for number, path in enumerate(paths):
        reason = folder / f"{number}.txt"
        if reason.is_file():
            text = reason.read_text(encoding="utf-8")
            raise StudioError(f"{path} {text}{'' if '; ' in text else '; restore it or take it away'}.")
        if not (folder / f"{number}.npz").is_file():
            raise StudioError(f"{path} is damaged ({how}); restore it or take it away.")


def _size(paths: Sequence[Path]) -> int:
    """Bytes of those that can be read."""
    found = 0
    for path in paths:
        with suppress(OSError, ValueError):
            found += path.stat().st_size
    return found


def main() -> None:
    """Parse the files named on standard input; see the module."""
    kind, folder = sys.argv[1], Path(sys.argv[2])
    _limit_self()
    for number, name in enumerate(sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\0")):
        found = arrays_or_reason(kind, Path(name))
        if isinstance(found, str):
            (folder / f"{number}.txt").write_text(found, encoding="utf-8", newline="\n")
            continue
        with open(folder / f"{number}.partial", "wb") as file:
            np.savez_compressed(file, **found)  # type: ignore[arg-type]  # its stubs take names for options
        os.replace(folder / f"{number}.partial", folder / f"{number}.npz")


def arrays_or_reason(kind: str, path: Path) -> dict[str, np.ndarray] | str:
    """The arrays of a file, or why it is refused; a damaged one may end the process.

    Args:
        kind: `segmentations` or `boxes`.
        path: of the file.
    """
    from scipy.io import loadmat  # only here: the parent never loads it

    try:
        return _KINDS[kind](path, loadmat)
    except StudioError as error:
        return str(error)
    except MemoryError:
        return too_much(room() // _TIMES)
    except Exception:  # whatever the parser makes of a damaged file is a reason to refuse it
        return "is damaged"


def _variables(path: Path, loadmat: _LoadMat, names: Sequence[str]) -> list[np.ndarray]:
    if not path.exists():
        raise StudioError("is missing")
    if not path.is_file():
        raise StudioError("is no file of a disk")
    if path.stat().st_size > LARGEST:
        raise StudioError(f"has {path.stat().st_size:,} bytes, more than the {LARGEST:,} that are read")
    most = room() // _TIMES
    if is_mat73(path):
        found = load_mat73(path, names, most)
    else:
        check_unpacked(path, most)
        found = loadmat(path, variable_names=names)
    for name in names:
        if name not in found:
            raise StudioError(f"holds no variable {name}")
    return [found[name] for name in names]


def check_unpacked(path: Path, most: int) -> None:
    """See that the variables of an older MATLAB file, which are packed one by one, are not immense unpacked.

    Source: MathWorks, MAT-File Format, "Level 5 MAT-File Data Element Format".

    Raises:
        StudioError: they have more than `most` bytes.
        zlib.error, struct.error: it is damaged.
    """
    with open_file(path) as file:
        order = "<" if file.read(_MAT_HEAD)[-2:] == b"IM" else ">"
        unpacked = 0
        while len(head := file.read(8)) == 8:
            kind, length = struct.unpack(f"{order}II", head)
            if kind != _MAT_PACKED:
                file.seek(length, os.SEEK_CUR)
                continue
            unpacker, left = zlib.decompressobj(), length
            while left > 0 and (block := file.read(min(left, _MAT_BLOCK))):
                left -= len(block)
                while block:
                    unpacked += len(unpacker.decompress(block, _MAT_BLOCK))
                    block = unpacker.unconsumed_tail
                    if unpacked > most:
                        raise StudioError(too_much(most))


def _boxes(path: Path, loadmat: _LoadMat) -> dict[str, np.ndarray]:
    images, cells = (cell.ravel() for cell in _variables(path, loadmat, ("images", "boxes")))
    if len(images) != len(cells) or len(images) == 0:
        raise StudioError(f"names {len(images)} images, but has boxes of {len(cells)}")
    names = [str(name.item()) if name.size == 1 else "" for name in images]
    for name, cell in zip(names, cells, strict=True):
        if not name or not np.issubdtype(cell.dtype, np.number) or np.iscomplexobj(cell):
            raise StudioError(f"has something else than an image and its boxes at {name or 'an image'}")
        if cell.size and (cell.ndim != 2 or cell.shape[1] != 4 or not np.isfinite(cell).all()):
            raise StudioError(f"has something else than (N, 4) boxes of image {name}")
    stacked = [np.asarray(cell, np.float64).reshape(-1, 4) for cell in cells]
    counts = np.array([len(each) for each in stacked])
    return {"names": np.array(names), "counts": counts, "boxes": np.concatenate(stacked)}


def _segmentations(path: Path, loadmat: _LoadMat) -> dict[str, np.ndarray]:
    (cells,) = _variables(path, loadmat, ("groundTruth",))
    arrays = []
    cells = _dense(cells)
    if cells.dtype.names is None and cells.dtype != object and min(cells.shape) > 1:
        cells = _cell_of(cells)  # the picture itself
    for cell in cells.ravel():
        array = _segmentation(cell)
        if array.ndim != 2 or not (array.dtype.kind in "uifb" and array.size):
            raise StudioError("has a Segmentation that is not a picture of numbers")
        if array.size > MOST_PIXELS:
            raise StudioError(
                f"has a Segmentation of {array.size:,} pixels, which is too large (at most {MOST_PIXELS:,})"
            )
        if not np.isfinite(array).all() or array.min() < 0 or array.max() > 65535:
            raise StudioError("has a Segmentation with labels outside 0 to 65535")
        if array.dtype.kind == "f" and (array % 1).any():
            raise StudioError("has a Segmentation with labels that are no whole numbers")
        arrays.append(array.astype(np.uint16))
    if not arrays:
        raise StudioError("has an empty groundTruth")
    return {f"arr_{number}": array for number, array in enumerate(arrays)}


def _segmentation(cell: np.ndarray) -> np.ndarray:
    """The picture of one annotator: a struct in a cell, one of an array of structs, or bare in a cell."""
    if cell.dtype.names is None:
        if min(cell.shape, default=0) < 2:
            raise StudioError("has a groundTruth without Segmentation")
        return _dense(cell)
    if "Segmentation" not in cell.dtype.names:
        raise StudioError("has a groundTruth without Segmentation")
    found = cell["Segmentation"]
    return _dense(found.ravel()[0] if found.dtype == object and found.size == 1 else found)


def _dense(array: Any) -> np.ndarray:
    """An array, also of what MATLAB keeps sparse."""
    if hasattr(array, "toarray"):
        if array.shape[0] * array.shape[1] * array.dtype.itemsize > (most := room() // _TIMES):
            raise StudioError(too_much(most))
        return np.asarray(array.toarray())
    return np.asarray(array)


def _cell_of(array: np.ndarray) -> np.ndarray:
    cell = np.empty(1, object)
    cell[0] = array
    return cell


_KINDS = {"segmentations": _segmentations, "boxes": _boxes}


def _limit_self() -> None:
    try:
        import resource
    except ImportError:  # Windows: the time limit of the parent remains
        return
    memory = max(_MEMORY, room())
    for kind, wanted in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, memory)):
        hard = resource.getrlimit(kind)[1]
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(ValueError, OSError):  # macOS refuses a limit of memory: there too only time is limited
            resource.setrlimit(kind, (soft, hard))


if __name__ == "__main__":
    main()
