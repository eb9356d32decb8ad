"""What a rule about rows of a table is, and the rows as columns that it looks at."""

import functools
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sqlalchemy import Float, Table


@dataclass(frozen=True)
class Extent:
    """A clip's name, pixels of a frame, and how many frames it has."""

    name: str
    pixels: int
    frames: int


class Surroundings(Protocol):
    """What rows of clips are held to."""

    def extents(self, ids: Set[int]) -> Mapping[int, Extent]:
        """Clip id → extent, of those of some ids that there are."""
        ...

    def pixels(self, ids: Set[int]) -> Mapping[int, int]:
        """Trajectory id → pixels of a frame of its clip, of those of some ids that there are."""
        ...


Column = Sequence[Any] | np.ndarray
"""A value a row; numbers may be (N,) an array."""


def as_list(column: Column) -> Sequence[Any]:
    """A column with values as Python has them, which the database takes."""
    return column.tolist() if isinstance(column, np.ndarray) else column


class _Nothing:
    """Where rows are of no clip."""

    def extents(self, ids: Set[int]) -> Mapping[int, Extent]:
        return {}

    def pixels(self, ids: Set[int]) -> Mapping[int, int]:
        return {}


class Rows:
    """Rows of a table as columns, which are made when they are first asked for.

    Args:
        table: the table.
        names: the columns there are.
        column: gives one of them, a value a row; an array, which holds numbers, where that is how it came.
        surroundings: tells what is known of the clips that they are of, if they are of any.
    """

    def __init__(
        self,
        table: Table,
        names: Collection[str],
        column: Callable[[str], Column],
        surroundings: Surroundings = _Nothing(),  # noqa: B008 - it holds nothing
    ) -> None:
        self.table, self.names = table, frozenset(names)
        self._column, self._made = column, dict[str, Sequence[Any]]()
        self._given: dict[str, Column] = {}
        self._numbers: dict[str, np.ndarray] = {}
        self._surroundings = surroundings

    def __getitem__(self, name: str) -> Sequence[Any]:
        if name not in self._made:
            self._made[name] = as_list(self.given(name))
        return self._made[name]

    def given(self, name: str) -> Column:
        """A column as it came: an array costs less to look at."""
        if name not in self._given:
            self._given[name] = self._column(name)
        return self._given[name]

    def numbers(self, name: str) -> np.ndarray:
        """(N,) int64 or float64 of a column of numbers; NaN where there is none."""
        if name not in self._numbers:
            kind = np.float64 if isinstance(self.table.c[name].type, Float) else np.int64
            self._numbers[name] = np.asarray(self.given(name), kind)
        return self._numbers[name]

    @functools.cached_property
    def extents(self) -> Mapping[int, Extent]:
        """Clip id → extent, of the clips that rows of `trajectory` are of."""
        return self._surroundings.extents(set(self["clip_id"]))

    @functools.cached_property
    def pixels(self) -> Mapping[int, int]:
        """Trajectory id → pixels of a frame, of those that rows of `observation` are of."""
        return self._surroundings.pixels(set(self["trajectory_id"]))

    def at(self, places: Sequence[int]) -> "Rows":
        """Some of the rows."""

        def column(name: str) -> Sequence[Any]:
            return [self[name][place] for place in places]

        return Rows(self.table, self.names, column, self._surroundings)


@dataclass(frozen=True)
class Rule:
    """What must be so.

    Attributes:
        columns: what it reads.
        wrong: (N,) bool, the rows that break it.
        words: what is said of such a row, after its subject; names columns in braces.
    """

    columns: frozenset[str]
    wrong: Callable[[Rows], np.ndarray]
    words: str


def rule(columns: str, wrong: Callable[[Rows], np.ndarray], words: str) -> Rule:
    """A rule of columns that are named with spaces between them."""
    return Rule(frozenset(columns.split()), wrong, words)


def each(name: str, wrong: Callable[[Any], bool]) -> Callable[[Rows], np.ndarray]:
    """Rows of which a value is wrong; each value that many have is looked at once."""
    return lambda rows: among(rows[name], {value for value in set(rows[name]) if wrong(value)})


def among(values: Sequence[Any], bad: Set[Any]) -> np.ndarray:
    """(N,) bool, which values are among some bad ones."""
    return np.array([value in bad for value in values], bool) if bad else np.zeros(len(values), bool)


def below(name: str, least: int) -> Callable[[Rows], np.ndarray]:
    """Rows with a number below the least there is."""
    return lambda rows: rows.numbers(name) < least
