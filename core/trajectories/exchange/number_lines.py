"""Lines of numbers, parted by commas, semicolons, tabs or blanks, with or without a line of names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

_COMMENTS = ("#", "%", "//")


@dataclass(frozen=True, eq=False)
class NumberLines:
    """The lines of a text that hold something.

    Attributes:
        fields: of each line, its parts; M lists.
        lines: (M,) int64, the number of each line, from 1.
        separator: what stands between the parts; None for blanks.
        names: what a first line of words calls the columns, in small letters; empty without one.
    """

    fields: list[list[str]]
    lines: np.ndarray
    separator: str | None
    names: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """How many parts most lines have; 0 without lines."""
        counts = Counter(map(len, self.fields))
        return max(counts, key=lambda count: counts[count], default=0)

    @property
    def is_numbers(self) -> bool:
        """Whether the first line is numbers alone."""
        return bool(self.fields) and all(_number(part) is not None for part in self.fields[0])

    def table(self, columns: Sequence[int]) -> tuple[np.ndarray, dict[int, str]]:
        """Some columns as numbers.

        Returns:
            (M, K) float64, NaN where there is no number; and row → what it lacks, in a few words.
        """
        wanted = max(columns, default=-1) + 1
        try:
            if any(len(parts) < wanted for parts in self.fields):
                raise ValueError("a line is short")
            picked = [[parts[column] for parts in self.fields] for column in columns]
            values = [np.fromiter(map(float, texts), np.float64, len(texts)) for texts in picked]
            return np.column_stack(values).reshape(len(self.fields), len(columns)), {}
        except ValueError:
            return self._table_with_gaps(columns)

    def column(self, column: int) -> np.ndarray:
        """(M,) float64: a column of numbers, NaN where there is none."""
        texts = [parts[column] if column < len(parts) else "" for parts in self.fields]
        try:
            return np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            found = map(_number, texts)
            return np.array([np.nan if value is None else value for value in found], np.float64)

    def take(self, rows: np.ndarray) -> "NumberLines":
        """Some of the lines, (K,) int."""
        return replace(self, fields=[self.fields[row] for row in rows.tolist()], lines=self.lines[rows])

    def _table_with_gaps(self, columns: Sequence[int]) -> tuple[np.ndarray, dict[int, str]]:
        table = np.full((len(self.fields), len(columns)), np.nan)
        lacks: dict[int, str] = {}
        for row, parts in enumerate(self.fields):
            for place, column in enumerate(columns):
                if column >= len(parts):
                    lacks.setdefault(row, f"it has {len(parts)} values")
                    continue
                value = _number(parts[column])
                if value is None:
                    lacks.setdefault(row, f"{parts[column].strip()[:20]!r} is no number")
                else:
                    table[row, place] = value
        return table, lacks


def split_lines(lines: Sequence[str]) -> NumberLines:
    """Part lines at what most of them are parted with.

    Empty lines, comments and a final separator do not count. Where it is not commas, a comma within a
    number is a decimal one.
    """
    numbered = [
        (number, text)
        for number, line in enumerate(lines, start=1)
        if (text := line.strip()) and not text.startswith(_COMMENTS)
    ]
    separator = _separator([text for _, text in numbered])
    fields = [_parts(text, separator) for _, text in numbered]
    names: list[str] = []
    if fields and sum(_number(part) is None for part in fields[0]) * 2 > len(fields[0]):
        names = [part.strip("\"' ").lower() for part in fields[0]]
        numbered, fields = numbered[1:], fields[1:]
    return NumberLines(fields, np.array([number for number, _ in numbered], np.int64), separator, names)


def _separator(texts: Sequence[str]) -> str | None:
    """None for blanks."""
    some = texts[:1000]
    for separator in (";", ",", "\t"):
        held = [text for text in some if separator in text]
        if 2 * len(held) <= len(some):
            continue
        if separator == "," and _are_decimal(held):
            continue
        return separator
    return None


def _are_decimal(texts: Sequence[str]) -> bool:
    """Whether commas stand within numbers that tabs or blanks part."""
    parts = [part for text in texts for part in text.split()]
    return len(parts) > 4 * len(texts) and all(
        part.count(",") <= 1 and not part.startswith(",") and not part.endswith(",") for part in parts
    )


def _parts(text: str, separator: str | None) -> list[str]:
    parts = text.split(separator)
    if separator != ",":
        parts = [part.replace(",", ".") if _number(part) is None else part for part in parts]
    while parts and not parts[-1].strip():
        parts.pop()
    return parts


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
