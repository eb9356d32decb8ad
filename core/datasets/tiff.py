"""The pages of TIFF and BigTIFF files: where each begins and what it says of itself.

A page of a stack is named as its file with its number, from 0, after a `#`, such as `stack.tif#12`; no
file of that name is ever taken as an image, since `.tif#12` is no suffix of one.

Source: Adobe TIFF 6.0, Section 2; the BigTIFF design of libtiff.
"""

import contextlib
import errno
import functools
import itertools
import mmap
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.orientation import upright_size
from core.whole_file import open_file

SUFFIXES = (".tif", ".tiff")

_MARKS = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}
_TYPES = {
    1: "u1",
    2: "u1",
    3: "u2",
    4: "u4",
    6: "i1",
    7: "u1",
    8: "i2",
    9: "i4",
    13: "u4",
    16: "u8",
    18: "u8",
}
_KIND, _WIDTH, _HEIGHT, _BITS, _DESCRIPTION, _ORIENTATION, _FORMAT = 254, 256, 257, 258, 270, 274, 339
_DATA = ((273, 279), (324, 325))  # where strips and tiles begin, and how many bytes each has
_SMALLER_OR_MASK = 1 | 4
_MOST_PAGES = 1 << 20
_PAGE = re.compile(r"(.+\.tiff?)#(\d{1,7})", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """A page, as its directory says.

    Attributes:
        place: of its directory, in bytes from the start of the file.
        width, height: in pixels, upright.
        bits: of each value; `is_float` tells of which kind.
        is_float: whether its values are floating-point numbers.
        is_extra: whether it is a smaller copy of another page, or a mask.
        is_whole: whether all its pixels lie within the file.
        description: what the program that wrote it noted.
    """

    place: int
    width: int
    height: int
    bits: int
    is_float: bool
    is_extra: bool
    is_whole: bool
    description: str


def is_tiff(head: bytes) -> bool:
    """Whether a file of these first bytes is a TIFF or a BigTIFF."""
    return head[:4] in _MARKS


def file_of(name: str) -> str:
    """The file that an image's name stands in: that of its stack for a page, else the name itself."""
    page = _PAGE.fullmatch(name)
    return page[1] if page else name


def page_of(path: Path) -> tuple[Path, int] | None:
    """File and number of a page of a stack; None for the name of a file."""
    page = _PAGE.fullmatch(path.name) if "#" in path.name else None
    return (path.with_name(page[1]), int(page[2])) if page else None


def first_page(data: Any) -> Page:
    """The first page of a file's bytes.

    Raises:
        ValueError: they are cut short or no TIFF.
    """
    page = next(_walk(data), None)
    if page is None:
        raise ValueError("no page")
    return page


def pages(path: Path, most: int | None = None) -> list[Page]:
    """The pages of a file, in order, or so many of them at most.

    Raises:
        OSError: it cannot be read.
        ValueError: it is cut short or no TIFF.
    """
    with _mapped(path) as data:
        return list(itertools.islice(_walk(data), most))


@contextlib.contextmanager
def as_if_first(path: Path, number: int) -> Iterator[np.ndarray]:
    """The bytes of a file, (N,) uint8, changed in memory alone so that a page of it comes first.

    Raises:
        OSError: it cannot be read.
        ValueError: it is cut short, no TIFF, or has no such page.
    """
    about = path.stat()
    places = _places(path, about.st_size, about.st_mtime_ns)
    if number >= len(places):
        raise ValueError("no such page")
    with _mapped(path) as data:
        order, big = _MARKS[data[:4]]
        field = slice(8, 16) if big else slice(4, 8)
        data[field] = places[number].to_bytes(8 if big else 4, "little" if order == "<" else "big")
        whole = np.frombuffer(data, np.uint8)
        try:
            yield whole
        finally:
            del whole


@functools.lru_cache(maxsize=64)
def _places(path: Path, size: int, changed: int) -> tuple[int, ...]:
    """Where the directories of a file's pages are; kept while its size and time stay."""
    with _mapped(path) as data:
        return tuple(place for place, _ in _directories(data))


@contextlib.contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap]:
    if stat.S_ISDIR(path.stat().st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with open_file(path) as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        try:
            yield data
        finally:
            with contextlib.suppress(BufferError):  # an exception still holds what was read
                data.close()


def _directories(data: Any) -> Iterator[tuple[int, np.ndarray]]:
    """Place and entries of each directory; the entries as records of tag, type, count and value."""
    order, big = _MARKS.get(bytes(data[:4]), ("", False))
    if not order:
        raise ValueError("no TIFF")
    wide, head = (8, 8) if big else (4, 2)
    entry = np.dtype(
        [("tag", f"{order}u2"), ("type", f"{order}u2"), ("count", f"{order}u{wide}"), ("value", f"V{wide}")]
    )
    place, seen = _number(data, 8 if big else 4, wide, order), set[int]()
    while place:
        if place in seen or len(seen) >= _MOST_PAGES:
            raise ValueError("pages without end")
        seen.add(place)
        count = _number(data, place, head, order)
        after = place + head + count * entry.itemsize
        if after + wide > len(data):
            raise ValueError("cut short")
        yield place, np.frombuffer(bytes(data[place + head : after]), entry)
        place = _number(data, after, wide, order)


def _walk(data: Any) -> Iterator[Page]:
    order, _ = _MARKS.get(bytes(data[:4]), ("", False))
    for place, entries in _directories(data):
        rows = {int(row["tag"]): row for row in entries}

        def values(tag: int, rows: dict[int, Any] = rows) -> np.ndarray:
            row = rows.get(tag)
            code = _TYPES.get(int(row["type"])) if row is not None else None
            if row is None or code is None:
                return np.zeros(0, np.int64)
            kind = np.dtype(order + code)
            length, inline = int(row["count"]) * kind.itemsize, row["value"].tobytes()
            if length <= len(inline):
                return np.frombuffer(inline[:length], kind)
            start = int.from_bytes(inline, "little" if order == "<" else "big")
            if start + length > len(data):
                raise ValueError("cut short")
            return np.frombuffer(bytes(data[start : start + length]), kind)

        def one(tag: int, missing: int) -> int:
            found = values(tag)
            return int(found[0]) if len(found) else missing

        ends = [0]
        for starts, lengths in ((values(a), values(b)) for a, b in _DATA):
            if len(starts) and len(starts) == len(lengths):
                ends.append(int((starts.astype(np.int64) + lengths.astype(np.int64)).max()))
        width, height = upright_size(one(_WIDTH, 0), one(_HEIGHT, 0), one(_ORIENTATION, 1))
        yield Page(
            place=place,
            width=width,
            height=height,
            bits=one(_BITS, 1),
            is_float=one(_FORMAT, 1) == 3,
            is_extra=bool(one(_KIND, 0) & _SMALLER_OR_MASK),
            is_whole=max(ends) <= len(data),
            description=values(_DESCRIPTION).tobytes().rstrip(b"\0").decode("utf-8", "replace"),
        )


def _number(data: Any, place: int, length: int, order: str) -> int:
    part = bytes(data[place : place + length])
    if len(part) < length:
        raise ValueError("cut short")
    return int.from_bytes(part, "little" if order == "<" else "big")
