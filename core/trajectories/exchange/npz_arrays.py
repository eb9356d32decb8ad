"""Arrays of an `.npz`, read some rows at a time; a header is believed only as far as the file has bytes."""

import contextlib
import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.array_file import member, read_head
from core.errors import StudioError
from core.whole_file import check_room, open_file, unreadable

_BLOCK = 1 << 22  # bytes of an array held at a time
_WHOLE = 1 << 28  # bytes of one stored by columns, which must be held whole, before it is asked what is free


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
            read_head(file, Path(self.info.filename))
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
        with open_file(path) as file:
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
    except OSError as error:
        raise unreadable(path, error) from error
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
    info, head = member(archive, name, path)
    if head.dtype.kind not in "biuf":
        raise StudioError(f"{path} has an array {name!r} that is no table of numbers; save it again.")
    shape, by_columns, dtype = head.shape, head.by_columns, head.dtype
    while len(shape) > axes and shape[0] == 1:
        shape = shape[1:]
    while len(shape) > axes and shape[-1] == 1:
        shape = shape[:-1]
    if by_columns and head.bytes > _WHOLE:
        check_room(path, head.bytes)
    a_row = max(1, math.prod(shape[1:]) * dtype.itemsize)
    return StoredArray(archive, info, shape, dtype, by_columns, max(1, _BLOCK // a_row))
