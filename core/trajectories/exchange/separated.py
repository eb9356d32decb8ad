"""Tables as text: the separator, the head and the rows, as spreadsheets and other programs write them.

Text that is not Unicode is taken for Latin-1. The separator is that of a line `sep=;` at the top, else the
one of `; , tab |` and blanks that cuts the first lines into as many parts as the head. Where it is not the
comma, 2,5 is two and a half. Lines of remarks (`#`) may stand before the head; lines without any number
right after it are further heads, which may hold units (TrackMate). DeepLabCut's names stand in several
lines one below the other (`scorer`, `individuals`, `bodyparts`, `coords`) and are joined by points, without
the scorer. A file whose first line is mostly numbers has no head. Rows that are empty are passed over. What
a shorter row lacks is no number and no word; of a longer one nothing is, unless what is too much is empty.
"""

import contextlib
import csv
import io
import itertools
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from core.errors import StudioError
from core.text_file import decoded
from core.trajectories.exchange.reading import read_bytes, refuse_packed
from core.trajectories.exchange.sheet import SHOWN, Body, Head, cell_numbers, is_empty, one_line

_BATCH = 4_000  # rows held as lists at a time
_SEPARATORS = (";", "\t", ",", "|", " ")
_LOOKED_AT = 30  # lines that show the separator
_MORE_HEADS = 3  # lines of titles and units below the names
_ABSENT = "\0"  # a cell that the row does not have
_HEAD = 4096  # bytes that show whether it is text
_CONTROLS = {*range(32)} - {*b"\t\n\r\f"}
_STACK = ("scorer", "individuals", "bodyparts", "coords")


class SeparatedSheet:
    """A table of text.

    Raises:
        StudioError: the file is missing or no text.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        data = read_bytes(path)
        refuse_packed(data, path)
        is_text = not set(data[:_HEAD]) & _CONTROLS
        self._text = decoded(data, path, "latin-1" if is_text else None)
        self._separator, self._remarks = _separator(self._text)
        start = list(itertools.islice(self._rows(), 2 * SHOWN + len(_STACK)))
        self.head, self._skipped = _head([row for _, row in start])

    def body(self, numbers: Collection[int], words: Collection[int]) -> Body:
        """As `Sheet.body`.

        Raises:
            StudioError: a quotation mark is not closed.
        """
        wanted = sorted({*numbers, *words})
        width, comma = len(self.head.names), self._separator != ","
        seen = {_ABSENT: ""}
        found: dict[int, list[np.ndarray]] = {column: [] for column in numbers}
        texts: dict[int, list[str]] = {column: [] for column in words}
        lines: list[np.ndarray] = []
        rows = itertools.islice(self._rows(), self._skipped, None)
        while batch := list(itertools.islice(rows, _BATCH)):
            lines.append(np.array([line for line, _ in batch], np.int64))
            full = [row for _, row in batch]
            if set(map(len, full)) != {width}:
                full = [_fitted(row, width) for row in full]
            cells = list(zip(*full, strict=True))
            for column in wanted:
                if column in found:
                    found[column].append(cell_numbers(cells[column], comma))
                if column in texts:
                    texts[column] += [seen.setdefault(text, text) for text in cells[column]]
        return Body(
            {column: np.concatenate([np.zeros(0), *parts]) for column, parts in found.items()},
            texts,
            np.concatenate([np.zeros(0, np.int64), *lines]),
        )

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not empty, each with the number of its line."""
        lines: Iterator[str] = itertools.islice(io.StringIO(self._text, newline=""), self._remarks, None)
        source: Iterator[str] = itertools.chain(
            (line.lstrip("#") for line in itertools.islice(lines, 1)), lines
        )
        if self._separator == " ":
            source = (" ".join(line.split()) + "\n" for line in source)
        reader = csv.reader(
            source, delimiter=self._separator, skipinitialspace=self._separator != "\t", strict=True
        )
        try:
            for row in reader:
                if row and (row[0].strip() or any(map(str.strip, row))):
                    yield self._remarks + reader.line_num, row
        except csv.Error as error:
            line = self._remarks + reader.line_num
            raise StudioError(
                f"{self._path} has cells that cannot be told apart from line {line} on ({error}); correct "
                "its quotation marks, or export it again."
            ) from error


def _separator(text: str) -> tuple[str, int]:
    """What stands between the cells, and how many lines of remarks come first."""
    lines = list(itertools.islice(io.StringIO(text, newline=""), _LOOKED_AT))
    remarks = 0
    if lines and (said := re.match(r"\s*\"?sep=(.)\"?\s*$", lines[0].rstrip("\r\n") or "", re.IGNORECASE)):
        return said[1], 1
    if lines and re.match(r"\s*\"?sep=\s*$", lines[0], re.IGNORECASE):
        return "\t", 1
    while remarks < len(lines) and (lines[remarks].startswith("#") or not lines[remarks].strip()):
        remarks += 1
    head = "".join(lines[remarks:])
    best = max(_SEPARATORS, key=lambda one: _fit(head, one))
    first = next(_cells(head, best), [])
    last_remark = next(_cells(lines[remarks - 1].lstrip("#"), best), []) if remarks else []
    is_named = bool(first) and len(last_remark) == len(first) and all(map(_holds_number, first))
    return best, remarks - is_named  # then the last remark is the head, as numpy.savetxt writes it


def _fit(head: str, separator: str) -> tuple[float, int]:
    """How well a separator cuts the first lines: the share of rows as long as the first, and its length."""
    lengths = [len(row) for row in _cells(head, separator) if row]
    if not lengths or lengths[0] < 2 or (separator == " " and set(head.split("\n", 1)[0]) & set(";\t,|")):
        return 0, 0
    return sum(one == lengths[0] for one in lengths) / len(lengths), lengths[0]


def _cells(text: str, separator: str) -> Iterator[list[str]]:
    """The rows of a text, as far as they can be told apart."""
    lines: Iterator[str] = io.StringIO(text, newline="")
    if separator == " ":
        lines = (" ".join(line.split()) for line in lines)
    with contextlib.suppress(csv.Error):
        yield from csv.reader(lines, delimiter=separator, skipinitialspace=separator != "\t")


def _head(rows: list[list[str]]) -> tuple[Head, int]:
    """The head of a table, and how many of its rows belong to it."""
    if not rows:
        return Head((), ()), 0
    first = [one_line(cell) for cell in rows[0]]
    if first and first[0].lower() == _STACK[0]:
        return _stacked(rows)
    if 2 * sum(map(_holds_number, first)) >= sum(not is_empty(cell) for cell in first):
        width = max(map(len, rows))
        return Head(tuple(str(place + 1) for place in range(width)), _shown(rows), {}, False), 0
    units = {
        place: found[1].strip().lower()
        for place, name in enumerate(first)
        if (found := re.search(r"[\[(]([^\])]*)[\])]\s*$", name))
    }
    skipped = 1
    while skipped <= _MORE_HEADS and skipped < len(rows) and not any(map(_holds_number, rows[skipped])):
        for place, cell in enumerate(rows[skipped]):
            if found := re.fullmatch(r"\s*[\[(]([^\])]*)[\])]\s*", cell):
                units[place] = found[1].strip().lower()
        skipped += 1
    names = tuple(name.lstrip("#").strip() if place == 0 else name for place, name in enumerate(first))
    return Head(names, _shown(rows[skipped:]), units), skipped


def _stacked(rows: list[list[str]]) -> tuple[Head, int]:
    """DeepLabCut's head: the names of a column stand one below the other."""
    levels = list(itertools.takewhile(lambda row: row[0].strip().lower() in _STACK, rows))
    last = [cell.strip().lower() for cell in levels[-1]]
    index = max(1, next((place for place, cell in enumerate(last) if cell in ("x", "y", "likelihood")), 1))
    width = max(map(len, levels))
    filled = [row + [""] * (width - len(row)) for row in levels[1:]]
    names = [".".join(map(one_line, cells)) for cells in zip(*filled, strict=True)]
    names[:index] = [""] * (index - 1) + ["frame"]
    return Head(tuple(names), _shown(rows[len(levels) :]), {}, True, True), len(levels)


def _shown(rows: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in rows[:SHOWN])


def _fitted(row: list[str], width: int) -> list[str]:
    """A row of `width` cells."""
    if len(row) == width:
        return row
    if len(row) < width:
        return row + [_ABSENT] * (width - len(row))
    return row[:width] if not any(map(str.strip, row[width:])) else [_ABSENT] * width


def _holds_number(text: str) -> bool:
    return bool(re.fullmatch(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*", text))
