"""A table before it is known what its columns mean: its head, its first rows, and its cells on demand."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import numpy as np

SHOWN = 20  # rows of a preview
_KNOWN = 10_000  # names that are compared again and again, in tables with a column a body part
_LONGEST = 200  # letters of a name
_EMPTY = frozenset(
    ("", "nan", "na", "n/a", "#n/a", "<na>", "null", "none", "nil", "nat", "-nan", "-nan(ind)", "-", "--")
)
"""Words of programs for a cell that holds nothing, in small letters."""


@dataclass(frozen=True)
class Head:
    """What a table shows without being read whole.

    Attributes:
        names: of its columns; "1", "2", … where the file does not name them.
        rows: the first rows as texts, at most `SHOWN`.
        units: column (its place, from 0) → unit, where the file says so, such as `micron`.
        named: whether the file names its columns.
        stacked: whether the names were put together from several lines, as DeepLabCut writes them.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    units: Mapping[int, str] = field(default_factory=dict)
    named: bool = True
    stacked: bool = False


@dataclass(frozen=True, eq=False)
class Body:
    """The cells of some columns, all of M rows.

    Attributes:
        numbers: column (its place) → (M,) float64; NaN where empty, infinite where the cell is no number.
        words: column (its place) → M texts.
        lines: (M,) int64, where each row stands in the file, from 1.
        unit: what `lines` counts.
    """

    numbers: Mapping[int, np.ndarray]
    words: Mapping[int, Sequence[str]]
    lines: np.ndarray
    unit: str = "line"


class Sheet(Protocol):
    """A table in a file."""

    @property
    def head(self) -> Head: ...

    def body(self, numbers: Collection[int], words: Collection[int]) -> Body:
        """The cells of columns that hold numbers and of columns that hold words, by their places.

        Raises:
            StudioError: the file is damaged, or such a column cannot hold that.
        """
        ...


def one_line(name: str) -> str:
    """A column's name without line breaks, which spreadsheets allow in it, and of a length to read."""
    return " ".join(name.split())[:_LONGEST]


@lru_cache(_KNOWN)
def plain(name: str) -> str:
    """A column's name as it compares: small letters, without blanks around it and without its unit."""
    bare = re.sub(r"[\[(][^\])]*[\])]\s*$", "", name.strip().lstrip("#"))
    return re.sub(r"[\s_]+", "_", bare.strip().casefold())


def is_empty(text: str) -> bool:
    """Whether a cell holds nothing, or a word that stands for nothing."""
    return text.strip().lower() in _EMPTY


def cell_numbers(texts: Sequence[str], comma: bool = False) -> np.ndarray:
    """(K,) float64 of K cells: NaN where empty, infinite where there is something else than a number.

    Args:
        texts: the cells.
        comma: whether 2,5 is two and a half.
    """
    if not any(texts):
        return np.full(len(texts), np.nan)
    full = texts if all(texts) else [text or "nan" for text in texts]
    try:
        return np.fromiter(map(float, full), np.float64, len(full))
    except ValueError:
        return np.array([_number(text, comma) for text in texts], np.float64)


def _number(text: str, comma: bool) -> float:
    try:
        return float(text.replace(",", ".") if comma else text)
    except ValueError:
        return np.nan if is_empty(text) else np.inf
