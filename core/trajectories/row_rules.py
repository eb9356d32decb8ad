"""What rows of clips, trajectories and observations must hold to: each rule once, over columns of many rows.

An edit is held against them before its rows are written (`written.py`), the whole database by `check`
(`integrity.py`). A rule is asked where one of its columns is written, and only of rows whose cells are of the
types that the columns are of.
"""

import enum
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sqlalchemy import Float, Table

from core.datasets.clip import MOST_PIXELS, Use
from core.trajectories.cell_types import cell_type, is_text
from core.trajectories.model import KEYFRAMES, EndReason, Flag, Kind, Origin, Review

_FLAGS = int(sum(Flag))
_LONGEST = np.finfo(np.float32).max
"""Coordinates are kept as float32 in memory."""


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


class Rows:
    """Rows of a table as columns, which are made when they are first asked for.

    Args:
        table: the table.
        names: the columns there are.
        column: gives one of them, a value a row.
        surroundings: tells what is known of the clips that they are of.
    """

    def __init__(
        self,
        table: Table,
        names: Collection[str],
        column: Callable[[str], Sequence[Any]],
        surroundings: Surroundings,
    ) -> None:
        self.table, self.names = table, frozenset(names)
        self._column, self._made = column, dict[str, Sequence[Any]]()
        self._numbers: dict[str, np.ndarray] = {}
        self._surroundings = surroundings

    def __getitem__(self, name: str) -> Sequence[Any]:
        if name not in self._made:
            self._made[name] = self._column(name)
        return self._made[name]

    def numbers(self, name: str) -> np.ndarray:
        """(N,) int64 or float64 of a column of numbers; NaN where there is none."""
        if name not in self._numbers:
            kind = np.float64 if isinstance(self.table.c[name].type, Float) else np.int64
            self._numbers[name] = np.array(self[name], kind)
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


Fault = tuple[int, str]
"""The place of a row, and what is said of it after its subject."""


def faults(rows: Rows, written: Collection[str]) -> Iterator[Fault]:
    """What is wrong with rows of which some columns are written; nothing for rows that are sound."""
    names = [column.name for column in rows.table.columns if column.name in written]
    mistyped = [name for name in names if not _typed(rows, name)]
    if mistyped:
        count = len(rows[mistyped[0]])
        sound = []
        for place in range(count):
            one = rows.at([place])
            wrong = next((name for name in mistyped if not _typed(one, name)), None)
            if wrong is None:
                sound.append(place)
            else:
                yield place, f"has a {wrong} of the wrong type or size"
        for place, words in faults(rows.at(sound), written) if sound else ():
            yield sound[place], words
        return
    for rule in RULES.get(rows.table.name, ()):
        if rule.columns <= rows.names and not rule.columns.isdisjoint(written):
            broken = rule.wrong(rows)
            if broken.any():
                for place in np.flatnonzero(broken).tolist():
                    yield place, rule.words.format(**{name: rows[name][place] for name in rule.columns})


def _typed(rows: Rows, name: str) -> bool:
    """Whether every cell of a column is of its type, within its range, and can be stored."""
    allowed, values = cell_type(rows.table, name), rows[name]
    if not all(issubclass(found, allowed.types) for found in set(map(type, values))):
        return False
    if allowed.limit:
        there = values if None not in allowed.types and type(None) not in allowed.types else _there(values)
        return not there or -allowed.limit <= min(there) <= max(there) < allowed.limit
    if str in allowed.types:
        return all(is_text(one, allowed.length) for one in set(values) if one is not None)
    return True


def _there(values: Sequence[Any]) -> Sequence[Any]:
    return [value for value in values if value is not None]


# --- trajectories ---------------------------------------------------------------------------


def _unknown(name: str, known: type[enum.IntEnum]) -> Callable[[Rows], np.ndarray]:
    """Rows whose number is not among the known ones, which run from 0 on."""
    top = max(known)

    def wrong(rows: Rows) -> np.ndarray:
        values = rows.numbers(name)
        return (values < 0) | (values > top)

    return wrong


def _below(name: str, least: int) -> Callable[[Rows], np.ndarray]:
    return lambda rows: rows.numbers(name) < least


def _foreign_kind(rows: Rows) -> np.ndarray:
    kinds = {str(kind) for kind in Kind}
    return _each(rows["kind"], lambda kind: kind not in kinds)


def _each(values: Sequence[Any], wrong: Callable[[Any], bool]) -> np.ndarray:
    """Rows of which a value is wrong; each value that many have is looked at once."""
    bad = {value for value in set(values) if wrong(value)}
    return np.array([value in bad for value in values], bool) if bad else np.zeros(len(values), bool)


def _without_clip(rows: Rows) -> np.ndarray:
    return _each(rows["clip_id"], lambda clip: clip not in rows.extents)


def _outside_clip(rows: Rows) -> np.ndarray:
    """Rows whose frames are not all of their clip; those of unknown clips are named by another rule."""
    first, last = rows.numbers("first"), rows.numbers("last")
    clips, place = np.unique(rows.numbers("clip_id"), return_inverse=True)
    most = [rows.extents[clip].frames if clip in rows.extents else 1 << 31 for clip in clips.tolist()]
    return (first < 0) | (last < first) | (last >= np.array(most, np.int64)[place])


def _path_of_other_length(rows: Rows) -> np.ndarray:
    """Points whose path has not a point a frame, objects that have one."""
    point = np.array([kind == Kind.POINT for kind in rows["kind"]], bool)
    length = np.where(point, rows.numbers("last") - rows.numbers("first") + 1, 0)
    wrong = np.zeros(len(point), bool)
    for name, each in (("xy", 8), ("error", 4), ("origin", 1)):
        sizes = np.fromiter((len(value or b"") for value in rows[name]), np.int64, len(point))
        wrong |= sizes != each * length
    return wrong


def _in_paths(name: str, dtype: str, bad: Callable[[np.ndarray], np.ndarray]) -> Callable[[Rows], np.ndarray]:
    """Rows with a bad value in packed numbers; bytes over at the end are named by another rule."""
    each = np.dtype(dtype).itemsize

    def wrong(rows: Rows) -> np.ndarray:
        blobs = [value or b"" for value in rows[name]]
        joined = b"".join(blobs)
        if len(joined) % each == 0 and not bad(np.frombuffer(joined, dtype)).any():
            return np.zeros(len(blobs), bool)
        values = (np.frombuffer(blob[: len(blob) // each * each], dtype) for blob in blobs)
        return np.fromiter((bad(one).any() for one in values), bool, len(blobs))

    return wrong


# --- observations ---------------------------------------------------------------------------


def _boxes(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return rows.numbers("x1"), rows.numbers("y1"), rows.numbers("x2"), rows.numbers("y2")


def _not_finite(rows: Rows) -> np.ndarray:
    wrong = ~np.isfinite(rows.numbers("confidence"))
    for side in _boxes(rows):
        wrong |= ~(np.abs(side) <= _LONGEST)
    return wrong


def _inside_out(rows: Rows) -> np.ndarray:
    x1, y1, x2, y2 = _boxes(rows)
    return (x2 < x1) | (y2 < y1)


def _senseless_audit(rows: Rows) -> np.ndarray:
    """Only keyframes are audited, and only known flags are set."""
    overlap, origin, flags = rows.numbers("overlap"), rows.numbers("origin"), rows.numbers("flags")
    audited = ~np.isnan(overlap)
    key = np.isin(origin, [int(one) for one in KEYFRAMES])
    return (audited & ~((overlap >= 0) & (overlap <= 1) & key)) | ((flags & ~_FLAGS) != 0)


def _mask_of_other_size(rows: Rows) -> np.ndarray:
    """Masks whose run lengths are not of so many pixels as a frame of the clip has."""
    masks = rows["mask"]
    wrong = np.zeros(len(masks), bool)
    places = np.array([place for place, mask in enumerate(masks) if mask is not None], np.int64)
    if len(places) == 0:
        return wrong
    some = [masks[place] for place in places]
    ids = rows["trajectory_id"]
    pixels = np.array([rows.pixels.get(ids[place], -1) for place in places], np.float64)
    sizes = np.array([len(mask) for mask in some], np.int64)
    whole = (sizes > 0) & (sizes % 4 == 0)
    runs = np.frombuffer(b"".join(mask for mask, one in zip(some, whole, strict=True) if one), "<u4")
    starts = np.concatenate(([0], np.cumsum(sizes[whole] // 4)[:-1])).astype(np.int64)
    covered = np.full(len(some), -2, np.int64)
    if whole.any():
        covered[whole] = np.add.reduceat(runs, starts, dtype=np.int64)
    wrong[places] = covered != pixels
    return wrong


# --- clips ----------------------------------------------------------------------------------


def _too_large(rows: Rows) -> np.ndarray:
    return rows.numbers("width").astype(np.float64) * rows.numbers("height") > MOST_PIXELS


def _bad_names(rows: Rows) -> np.ndarray:
    """Clips of which a file has no name that a file can have, or a film not one file."""

    def bad(files: Any, timestamps: Any) -> bool:
        if type(files) is not list or (timestamps and len(files) != 1):
            return True
        return not all(type(name) is str and name and "\0" not in name and is_text(name) for name in files)

    return np.array([bad(*one) for one in zip(rows["files"], rows["timestamps"], strict=True)], bool)


def _bad_times(rows: Rows) -> np.ndarray:
    def bad(timestamps: Any, keyframes: Any) -> bool:
        return any(
            type(values) is not list or not {type(value) for value in values} <= {int}
            for values in (timestamps, keyframes)
        ) or not all(0 <= frame < len(timestamps) for frame in keyframes)

    return np.array([bad(*one) for one in zip(rows["timestamps"], rows["keyframes"], strict=True)], bool)


def _rule(columns: str, wrong: Callable[[Rows], np.ndarray], words: str) -> Rule:
    return Rule(frozenset(columns.split()), wrong, words)


_USES = {use.value for use in Use}

RULES: Mapping[str, Sequence[Rule]] = {
    "clip": (
        _rule(
            "name",
            lambda rows: _each(rows["name"], lambda name: not name or "\0" in name),
            "has no name that a file could have",
        ),
        _rule("width", _below("width", 1), "has a width of {width}"),
        _rule("height", _below("height", 1), "has a height of {height}"),
        _rule("width height", _too_large, "has frames of {width} x {height} pixels, which are too large"),
        _rule("files timestamps", _bad_names, "has files whose names cannot be read"),
        _rule("timestamps keyframes", _bad_times, "has times of frames that cannot be read"),
        _rule("start", _below("start", 0), "starts at frame {start} of its source"),
        _rule("step", _below("step", 1), "takes every {step}th frame"),
        _rule("annotator", _below("annotator", 0), "shows annotator {annotator}, who does not exist"),
        _rule(
            "use",
            lambda rows: _each(rows["use"], lambda use: use not in _USES),
            "is of the unknown use {use!r}",
        ),
    ),
    "trajectory": (
        _rule("kind", _foreign_kind, "is of the unknown kind {kind!r}"),
        _rule("review", _unknown("review", Review), "has an unknown review, {review}"),
        _rule("end_reason", _unknown("end_reason", EndReason), "ends for an unknown reason, {end_reason}"),
        _rule("annotator", _below("annotator", 0), "is of annotator {annotator}, who does not exist"),
        _rule("clip_id", _without_clip, "is of a clip that is not in the project"),
        _rule(
            "first last clip_id",
            _outside_clip,
            "runs from frame {first} to {last}, which are not all frames of its clip",
        ),
        _rule(
            "kind first last xy error origin",
            _path_of_other_length,
            "says frames {first} to {last}, but its path holds another number",
        ),
        _rule("xy", _in_paths("xy", "<f4", lambda xy: ~np.isfinite(xy)), "has a point that is not a number"),
        _rule(
            "origin",
            _in_paths("origin", "u1", lambda origin: origin > max(Origin)),
            "has points of an unknown origin",
        ),
    ),
    "observation": (
        _rule(
            "frame x1 y1 x2 y2 confidence",
            _not_finite,
            "has a box or confidence at frame {frame} that is not a number",
        ),
        _rule("frame x1 y1 x2 y2", _inside_out, "has a box at frame {frame} that is turned inside out"),
        _rule(
            "frame origin",
            _unknown("origin", Origin),
            "has something of an unknown origin, {origin}, at frame {frame}",
        ),
        _rule(
            "frame overlap origin flags",
            _senseless_audit,
            "has an audit or flags at frame {frame} that make no sense",
        ),
        _rule(
            "trajectory_id frame mask",
            _mask_of_other_size,
            "has a mask at frame {frame} that is not of its clip's size",
        ),
    ),
}
"""Table → what its rows must hold to."""
