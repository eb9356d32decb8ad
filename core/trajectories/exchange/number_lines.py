"""Lines of numbers, parted by commas, semicolons, tabs or blanks, with or without a line of names."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

_COMMENTS = ("#", "%", "//")
_LOOKED_AT = 1000  # lines, for what parts them


@dataclass(frozen=True, eq=False)
class NumberLines:
    """The lines of a text that hold something, M of them, without a line of names.

    Attributes:
        parts: those of all lines, one line after the other.
        starts: (M + 1,) int64, where each line starts in `parts`.
        lines: (M,) int64, the number of each line, from 1.
        separator: what stands between the parts; None for blanks.
        names: what a first line of words calls the columns, in small letters; empty without one.
    """

    parts: list[str]
    starts: np.ndarray
    lines: np.ndarray
    separator: str | None
    names: list[str]

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def lengths(self) -> np.ndarray:
        """(M,) int64, how many parts each line has."""
        return np.diff(self.starts)

    @cached_property
    def width(self) -> int:
        """How many parts most lines have, of as many the most; 0 without lines."""
        counts = np.bincount(self.lengths, minlength=1)[::-1]
        return len(counts) - 1 - int(np.argmax(counts)) if len(self) else 0

    @property
    def is_numbers(self) -> bool:
        """Whether the first line is numbers alone."""
        return len(self) > 0 and all(_number(part) is not None for part in self.parts[: self.starts[1]])

    def texts(self, column: int) -> list[str]:
        """M: a column as text, without blanks around it; empty where a line is too short."""
        return [part.strip() for part in self._column(column)]

    def column(self, column: int) -> np.ndarray:
        """(M,) float64: a column of numbers, NaN where there is none."""
        texts = self._column(column)
        try:
            return np.fromiter(map(float, texts), np.float64, len(texts))
        except ValueError:
            found = map(_number, texts)
            return np.array([np.nan if value is None else value for value in found], np.float64)

    def table(self, columns: Sequence[int]) -> tuple[np.ndarray, dict[int, str]]:
        """Some columns as numbers.

        Returns:
            (M, K) float64, NaN where there is no number; and row → what it lacks, in a few words.
        """
        values = np.column_stack([self.column(column) for column in columns]).reshape(len(self), len(columns))
        lacks: dict[int, str] = {}
        for row in np.flatnonzero(np.isnan(values).any(axis=1)).tolist():
            parts = self.parts[self.starts[row] : self.starts[row + 1]]
            if max(columns) >= len(parts):
                lacks[row] = f"it has {len(parts)} values"
                continue
            words = [parts[column].strip() for column in columns if _number(parts[column]) is None]
            if words:
                lacks[row] = f"{words[0][:20]!r} is no number"
        return values, lacks

    def _column(self, column: int) -> list[str]:
        if column < self.width and (self.lengths == self.width).all():
            return self.parts[column :: self.width]
        starts, lengths = self.starts.tolist(), self.lengths.tolist()
        return [
            self.parts[start + column] if column < length else ""
            for start, length in zip(starts, lengths, strict=False)
        ]

    def take(self, rows: np.ndarray) -> "NumberLines":
        """Some of the lines, (K,) int."""
        places = [range(self.starts[row], self.starts[row + 1]) for row in rows.tolist()]
        return replace(
            self,
            parts=[self.parts[place] for span in places for place in span],
            starts=np.concatenate(([0], np.cumsum(self.lengths[rows]))),
            lines=self.lines[rows],
        )


def split_lines(lines: Sequence[str]) -> NumberLines:
    """Part lines at what most of them are parted with.

    Empty lines, comments, quotes and a final separator do not count. Where it is not commas, a comma within a
    number is a decimal one.
    """
    texts = [line.replace('"', "").strip() for line in lines]
    numbers = [n for n, text in enumerate(texts) if text and not text.startswith(_COMMENTS)]
    texts = [texts[n] for n in numbers]
    separator = _separator(texts[:_LOOKED_AT])
    head, names = (_parts(texts[0], separator) if texts else []), list[str]()
    if sum(_number(part) is None for part in head) * 2 > len(head):
        names = [part.strip("\"' \t").lower() for part in head]
        numbers, texts = numbers[1:], texts[1:]
    parts, lengths = _all_parts(texts, separator)
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return NumberLines(parts, starts, np.array(numbers, np.int64) + 1, separator, names)


def _all_parts(texts: Sequence[str], separator: str | None) -> tuple[list[str], list[int]]:
    """The parts of all lines, and how many each has."""
    if separator == "," and not any(text.endswith(",") for text in texts):
        return (",".join(texts).split(",") if texts else []), [text.count(",") + 1 for text in texts]
    parts: list[str] = []
    lengths = []
    for text in texts:
        some = _parts(text, separator)
        parts += some
        lengths.append(len(some))
    return parts, lengths


def _parts(text: str, separator: str | None) -> list[str]:
    parts = text.split(separator)
    if separator != ",":
        parts = [part.replace(",", ".") if _number(part) is None else part for part in parts]
    while parts and not parts[-1].strip():
        parts.pop()
    return parts


def _separator(texts: Sequence[str]) -> str | None:
    """None for blanks."""
    for separator in (";", ",", "\t"):
        held = [text for text in texts if separator in text]
        if 2 * len(held) > len(texts) and not (separator == "," and _are_decimal(held)):
            return separator
    return None


def _are_decimal(texts: Sequence[str]) -> bool:
    """Whether commas stand within numbers that tabs or blanks part."""
    parts = [part for text in texts for part in text.split()]
    return len(parts) > 4 * len(texts) and all(
        part.count(",") <= 1 and not part.startswith(",") and not part.endswith(",") for part in parts
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
