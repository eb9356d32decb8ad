"""Arrays in `.npz` and `.npy` files, which may be cut short, garbled, hostile or of another program.

The header of each array is read and checked before memory is taken for it: plain numbers or text, and no
more bytes than the file can hold. What a `Form` asks for is checked after that.
"""

import contextlib
import io
import math
import sys
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from core.atomic_file import writing_atomically
from core.errors import StudioError
from core.whole_file import check_room, open_file, size_of

MOST = 4 << 30
"""Bytes of arrays that are held at once; the snapshot of a clip of 100,000 tracks has 0.3 GB."""

_SMALL = 256 << 20  # bytes for which it is not asked how much memory is free
_BLOCK = 1 << 18  # bytes read at a time
_KINDS = "biufU"
_WIDEST = 8  # bytes of a number
_SURROGATES = 0xD800 >> 11  # which no text in UTF-8 can hold

DAMAGED: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError, EOFError, OSError, MemoryError, OverflowError),
    *(ValueError, TypeError, KeyError, AttributeError, SyntaxError, RecursionError),  # of numpy's headers
    *(RuntimeError, NotImplementedError),  # a password, another packing
)
"""What zipfile and numpy raise at damaged archives."""


@dataclass(frozen=True)
class Form:
    """What an array must be.

    Attributes:
        dtype: it is turned into, where the values allow that: `f4`, `i8`, `u1`, `?`, or `U` for text.
        shape: an axis is a length, or a name for one that is the same in all arrays of the file; `N+1` is one
            more than `N`.
        low, high: what the numbers lie between, both included; infinity is refused unless `high` allows it.
        nan: whether numbers may be missing.
        cuts: the name of an axis that the array cuts in parts: it rises from 0 to that length, where it is
            the length of an array that is read.
        ascends: the name of an array that cuts this one in parts, in each of which the numbers ascend.
    """

    dtype: str
    shape: tuple[int | str, ...]
    low: float = -sys.float_info.max
    high: float = sys.float_info.max
    nan: bool = False
    cuts: str = ""
    ascends: str = ""


def measured(dtype: str, *shape: int | str) -> Form:
    """The form of what a network gave, which may have gone astray: any numbers, infinite and missing too."""
    return Form(dtype, shape, low=-math.inf, high=math.inf, nan=True)


@dataclass(frozen=True)
class Head:
    """What the header of an array says: its shape, type, and whether the first axis runs fastest."""

    shape: tuple[int, ...]
    dtype: np.dtype
    by_columns: bool

    @property
    def bytes(self) -> int:
        """That the array takes."""
        return math.prod(self.shape) * self.dtype.itemsize


COPY, OTHER = "copy it again from where it came from", "choose a file that this program wrote"


def read_arrays(
    path: Path, forms: Mapping[str, Form] | None = None, remedy: str = ""
) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` by name; nothing is unpickled.

    Args:
        path: of the file.
        forms: the arrays to read and what they must be; all as they are where it is None.
        remedy: what to do where the file is damaged or another: the end of a sentence.

    Raises:
        StudioError: the file is missing, damaged or no `.npz`, unpacks to too much, or its arrays are not of
            these forms.
    """
    size_of(path)
    with open_file(path) as file, _damage(path, remedy), zipfile.ZipFile(file) as archive:
        return _of_archive(archive, path, forms, remedy)


def arrays_of(data: bytes, source: Path, forms: Mapping[str, Form]) -> dict[str, np.ndarray]:
    """The arrays of an `.npz` in memory, as far as they are there.

    Args:
        data: the whole file.
        source: who sent it, as sentences name it.
        forms: the arrays to read and what they must be.

    Raises:
        StudioError: as `read_arrays`, but not where one is missing.
    """
    with _damage(source), zipfile.ZipFile(io.BytesIO(data)) as archive:
        there = set(archive.namelist())
        known = {name: form for name, form in forms.items() if f"{name}.npy" in there}
        return _of_archive(archive, source, known, "")


def read_array(path: Path, form: Form) -> np.ndarray:
    """The array of an `.npy`; nothing is unpickled.

    Raises:
        StudioError: as `read_arrays`.
    """
    size = size_of(path)
    with open_file(path) as file, _damage(path):
        head = read_head(file, path)
        if head.bytes > size - file.tell():
            raise EOFError("it ends early")
        return _formed({path.stem: _read(file, head)}, {path.stem: form}, path, "")[path.stem]


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an `.npz` that is the old one or the new one, never a part.

    Raises:
        OSError: it cannot be written.
    """
    with writing_atomically(path) as partial, open(partial, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # its stubs take the names for options


def member(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[zipfile.ZipInfo, Head]:
    """An array of an archive and its header, which claims no more bytes than its entry.

    Raises:
        StudioError: it is packed otherwise than numpy does, is no plain array, or claims more than is there.
        one of `DAMAGED`: the archive is damaged.
    """
    info = archive.getinfo(f"{name}.npy")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        raise StudioError(f"{path} is packed in a way that is not read; save it with numpy.savez.")
    with archive.open(info) as file:
        head = read_head(file, path)
        there = info.file_size - file.tell()
    if head.bytes > there:
        raise StudioError(
            f"{path} has an array {name[:40]!r} that claims {head.bytes:,} bytes where it has {there:,}; "
            "save it again."
        )
    return info, head


def read_head(file: IO[bytes], path: Path) -> Head:
    """The header of an array, after which the file stands at its first number.

    Raises:
        StudioError: it is no array of plain numbers or text.
        one of `DAMAGED`: it is damaged.
    """
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_columns, dtype = read(file)
    if dtype.hasobject:
        raise StudioError(
            f"{path} holds a pickle, which can run programs when it is read; save plain numbers in it."
        )
    if dtype.kind not in _KINDS or dtype.shape or (dtype.kind != "U" and dtype.itemsize > _WIDEST):
        raise StudioError(f"{path} has an array that is no table of numbers; save it again.")
    if any(length < 0 for length in shape) or (dtype.itemsize == 0 and math.prod(shape) > 1):
        raise ValueError("an impossible shape")
    return Head(shape, dtype, by_columns and len(shape) > 1)


def _of_archive(
    archive: zipfile.ZipFile, path: Path, forms: Mapping[str, Form] | None, remedy: str
) -> dict[str, np.ndarray]:
    entries = {info.filename: info for info in archive.infolist()}
    names = (
        [name.removesuffix(".npy") for name in entries if name.endswith(".npy")]
        if forms is None
        else list(forms)
    )
    for name in names:
        if f"{name}.npy" not in entries:
            raise StudioError(f"{path} has no array {name!r}; {remedy or OTHER}.")
    unpacked = sum(entries[f"{name}.npy"].file_size for name in names)
    if unpacked > MOST:
        raise StudioError(
            f"{path} unpacks to {unpacked:,} bytes, more than the {MOST:,} that are read; save it in parts, "
            "with numpy.savez."
        )
    if unpacked > _SMALL:
        check_room(path, unpacked)
    found = {}
    for name in names:
        info, head = member(archive, name, path)
        with archive.open(info) as file:
            read_head(file, path)
            found[name] = _read(file, head)
            file.read(1)  # so that the checksum is looked at
    return found if forms is None else _formed(found, forms, path, remedy)


def _read(file: IO[bytes], head: Head) -> np.ndarray:
    """Read the numbers block by block; the system gives memory as they come."""
    data = np.empty(head.bytes, np.uint8)
    place = 0
    while place < head.bytes:
        block = file.read(min(_BLOCK, head.bytes - place))
        if not block:
            raise EOFError("it ends early")
        data[place : place + len(block)] = np.frombuffer(block, np.uint8)
        place += len(block)
    array: np.ndarray = np.ndarray(head.shape, head.dtype, data, order="F" if head.by_columns else "C")
    array = array.astype(head.dtype.newbyteorder("="), copy=False)
    if head.dtype.kind == "U" and array.size:
        codes = np.ascontiguousarray(array).reshape(-1).view("u4")
        if codes.max(initial=0) > sys.maxunicode or ((codes >> 11) == _SURROGATES).any():
            raise ValueError("no text")
    return array


@contextlib.contextmanager
def _damage(path: Path, remedy: str = "") -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise StudioError(f"{path} is damaged; {remedy or COPY}.") from error


# --- forms --------------------------------------------------------------------------------------


def _formed(
    arrays: dict[str, np.ndarray], forms: Mapping[str, Form], path: Path, remedy: str
) -> dict[str, np.ndarray]:
    lengths: dict[str, int] = {}
    found = {}
    try:
        for name, form in forms.items():
            shape = arrays[name].shape
            if len(shape) != len(form.shape) or not all(
                _fits(*axis, lengths) for axis in zip(shape, form.shape, strict=True)
            ):
                asked = ", ".join(str(lengths.get(str(axis), axis)) for axis in form.shape)
                raise _MisfitError(f"has the shape {shape} where ({asked}) is meant")
        for name, form in forms.items():
            found[name] = _as(form, arrays[name], lengths)
            if form.ascends and not _ascends(found[name], found[form.ascends]):
                raise _MisfitError(f"does not ascend in each part of {form.ascends}")
    except _MisfitError as error:
        raise StudioError(f"{path} is damaged ({name} {error}); {remedy or OTHER}.") from error
    return found


class _MisfitError(Exception):
    """What an array is that its form does not allow."""


def _fits(length: int, asked: int | str, lengths: dict[str, int]) -> bool:
    if isinstance(asked, int):
        return length == asked
    name, _, more = asked.partition("+")
    return lengths.setdefault(name, length - int(more or 0)) == length - int(more or 0) >= 0


def _as(form: Form, array: np.ndarray, lengths: Mapping[str, int]) -> np.ndarray:
    """The array in the type of its form, its values checked."""
    wanted = np.dtype(form.dtype)
    kinds = {"U": "U", "f": "biuf"}.get(wanted.kind, "biu")
    if array.dtype.kind not in kinds:
        raise _MisfitError(f"is of type {array.dtype}")
    if wanted.kind == "U" or array.size == 0:
        return array if wanted.kind == "U" else array.astype(wanted, copy=False)
    low, high = form.low, form.high
    if wanted.kind in "iu":
        low, high = max(low, np.iinfo(wanted).min), min(high, np.iinfo(wanted).max)
    elif wanted.kind == "b":
        low, high = 0, 1
    with np.errstate(over="ignore"):
        numbers = array.astype(wanted, copy=False) if wanted.kind == "f" else array
    least, most = numbers.min().item(), numbers.max().item()
    if math.isnan(least):
        if not form.nan:
            raise _MisfitError("has numbers that are not finite")
        known = numbers[~np.isnan(numbers)]
        least, most = known.min(initial=math.inf).item(), known.max(initial=-math.inf).item()
    if least < low or most > high:
        finite = math.isfinite(least) and math.isfinite(most)
        what = f"has numbers from {least:g} to {most:g}" if finite else "has numbers that are not finite"
        raise _MisfitError(what)
    found = numbers.astype(wanted, copy=False)
    if form.cuts and not _rises(found, end := lengths.get(form.cuts, int(found[-1]))):
        raise _MisfitError(f"does not rise from 0 to {end:,}")
    return found


def _rises(cuts: np.ndarray, end: int) -> bool:
    return bool(cuts[0] == 0 and cuts[-1] == end and (np.diff(cuts) >= 0).all())


def _ascends(values: np.ndarray, cuts: np.ndarray) -> bool:
    ascends = values[1:] > values[:-1]
    ascends[cuts[(cuts > 0) & (cuts < len(values))] - 1] = True  # from one part to the next
    return bool(ascends.all())
