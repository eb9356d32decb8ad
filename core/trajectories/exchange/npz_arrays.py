"""Arrays of an `.npz`, read some rows at a time; a header is believed only as far as the file has bytes."""

import contextlib
import math
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from core.errors import StudioError

DAMAGED: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, MemoryError),
    *(ValueError, TypeError, KeyError, AttributeError, SyntaxError),  # what numpy's header can raise
)
"""What reading a damaged archive can raise."""

_BLOCK = 1 << 22  # bytes of an array held at a time
_WHOLE = 1 << 28  # bytes of one that is stored by columns, which must be held whole
_PACKED = 1_100  # times as small is what deflate can make of zeros


@dataclass(frozen=True)
class StoredArray:
    """An array in an archive, not yet read.

    Attributes:
        archive: that it is in.
        info: its entry there.
        shape: without the axes of length 1 that are passed over.
        dtype: of numbers.
        by_columns: whether the first axis runs fastest.
        rows: of a block.
    """

    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    dtype: np.dtype
    by_columns: bool
    rows: int

    def in_blocks_of(self, rows: int) -> "StoredArray":
        """The same, read so many rows at a time."""
        return replace(self, rows=rows)

    def blocks(self) -> Iterator[np.ndarray]:
        """Some rows after the other, each (K, …)."""
        with self.archive.open(self.info) as file:
            if self.by_columns:
                whole = np.lib.format.read_array(file, allow_pickle=False).reshape(self.shape)
                for start in range(0, len(whole), self.rows):
                    yield whole[start : start + self.rows]
                return
            _header(file)
            for start in range(0, self.shape[0], self.rows):
                shape = (min(self.rows, self.shape[0] - start), *self.shape[1:])
                wanted = math.prod(shape) * self.dtype.itemsize
                data = file.read(wanted)
                if len(data) != wanted:
                    raise EOFError(f"{self.info.filename} ends early")
                yield np.frombuffer(data, self.dtype).reshape(shape)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive at a path.

    Raises:
        StudioError: it is missing, a pickle, no archive, or cannot be read.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(8)
            if head.startswith(b"\x93NUMPY"):
                raise StudioError(
                    f"{path} is a single array; save tracks and visible with numpy.savez, in an .npz."
                )
            if head.startswith(b"\x80"):
                raise StudioError(
                    f"{path} is a pickle, which can run programs when it is read; save its arrays with "
                    "numpy.savez."
                )
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise StudioError(f"There is no file {path}; check its name.") from error
    except OSError as error:
        raise StudioError(
            f"{path} cannot be read ({error.strerror}); check its name and permissions."
        ) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        kind = "zip archive" if path.suffix.lower() == ".zip" else ".npz"
        raise StudioError(f"{path} is no whole {kind}; copy it again from where it came from.") from error
    with archive:
        yield archive


def stored(archive: zipfile.ZipFile, name: str, path: Path, axes: int) -> StoredArray:
    """One array of an archive; of more axes than `axes`, those of length 1 at the ends are passed over.

    Raises:
        StudioError: it holds a pickle or no numbers, or claims more than is there.
    """
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as file:
        shape, by_columns, dtype = _header(file)
        begin = file.tell()
    if dtype.hasobject:
        raise StudioError(
            f"{path} holds a pickle, which can run programs when it is read; save plain numbers in it."
        )
    if dtype.kind not in "biuf":
        raise StudioError(f"{path} has an array {name!r} that is no table of numbers; save it again.")
    claimed, there = math.prod(shape) * dtype.itemsize, info.file_size - begin
    if claimed > there or info.file_size > _PACKED * (info.compress_size + 1):
        raise StudioError(
            f"{path} has an array {name!r} that claims {max(claimed, info.file_size):,} bytes where it has "
            f"{min(there, info.compress_size):,}; save it again."
        )
    while len(shape) > axes and shape[0] == 1:
        shape = shape[1:]
    while len(shape) > axes and shape[-1] == 1:
        shape = shape[:-1]
    if by_columns and len(shape) > 1 and claimed > _WHOLE:
        raise StudioError(
            f"{path} stores {name!r} by columns, {claimed:,} bytes at once; save it by rows, with "
            "numpy.ascontiguousarray."
        )
    a_row = max(1, math.prod(shape[1:]) * dtype.itemsize)
    return StoredArray(archive, info, shape, dtype, by_columns and len(shape) > 1, max(1, _BLOCK // a_row))


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    read_header = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    shape, by_columns, dtype = read_header(file)
    return shape, by_columns, dtype
