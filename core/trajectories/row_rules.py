"""What rows must hold to: each rule once, over columns of many rows. Here those of clips, trajectories and
observations; those of all other tables are in `record_rules.py`.

An edit is held against them before its rows are written (`written.py`), the whole database by `check`
(`integrity.py`). A rule is asked where one of its columns is written, and only of rows whose cells are of the
types that the columns are of.
"""

import enum
import functools
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Table

from core.datasets.clip import MOST_PIXELS, Use
from core.trajectories.cell_types import CellType, cell_type, is_text
from core.trajectories.model import KEYFRAMES, EndReason, Flag, Kind, Origin, Review
from core.trajectories.record_rules import RECORD_RULES
from core.trajectories.rule import Column, Rows, Rule, below, each, rule

_FLAGS = int(sum(Flag))
_LONGEST = np.finfo(np.float32).max
"""Coordinates are kept as float32 in memory."""


_SIMPLE = (int, float, bytes, type(None))
"""Types of cells of which a text's length and letters need not be looked at."""

Fault = tuple[int, str]
"""The place of a row, and what is said of it after its subject."""


def faults(rows: Rows, written: Collection[str]) -> Iterator[Fault]:
    """What is wrong with rows of which some columns are written; nothing for rows that are sound."""
    types, rules = _asked(rows.table, rows.names, frozenset(written))
    mistyped = [name for name, allowed in types if not _typed(rows.given(name), allowed)]
    if mistyped:
        count = len(rows[mistyped[0]])
        sound = []
        for place in range(count):
            one = rows.at([place])
            wrong = next((name for name, allowed in types if not _typed(one[name], allowed)), None)
            if wrong is None:
                sound.append(place)
            else:
                yield place, f"has a {wrong} of the wrong type or size"
        for place, words in faults(rows.at(sound), written) if sound else ():
            yield sound[place], words
        return
    for one_rule in rules:
        broken = one_rule.wrong(rows)
        if broken.any():
            for place in np.flatnonzero(broken).tolist():
                yield place, one_rule.words.format(**{name: rows[name][place] for name in one_rule.columns})


@functools.cache
def _asked(
    table: Table, names: frozenset[str], written: frozenset[str]
) -> tuple[Sequence[tuple[str, CellType]], Sequence[Rule]]:
    """What is asked where some columns are known and some of them written: their types, and the rules."""
    names_written = [column.name for column in table.columns if column.name in written]
    types = [(name, cell_type(table, name)) for name in names_written]
    rules = [one for one in RULES[table.name] if one.columns <= names and not one.columns.isdisjoint(written)]
    return types, rules


def _typed(values: Column, allowed: CellType) -> bool:
    """Whether every cell of a column is of its type, within its range, and can be stored."""
    if isinstance(values, np.ndarray):
        is_whole = values.dtype.kind in "iu"
        if (int if is_whole else float) not in allowed.types or values.dtype.kind not in "iuf":
            return False
        return not (allowed.limit and len(values)) or bool(
            -allowed.limit <= values.min() and values.max() < allowed.limit
        )
    if len(values) == 1 and type(values[0]) in _SIMPLE and type(values[0]) in allowed.exact:  # most edits
        return not allowed.limit or values[0] is None or -allowed.limit <= values[0] < allowed.limit
    found = set(map(type, values))
    if not (found <= allowed.exact or all(issubclass(one, allowed.types) for one in found)):
        return False
    if allowed.limit:
        there = [value for value in values if value is not None] if type(None) in found else values
        return not there or -allowed.limit <= min(there) <= max(there) < allowed.limit
    if str in found:
        return all(is_text(one, allowed.length) for one in set(values) if one is not None)
    return True


# --- trajectories ---------------------------------------------------------------------------


def _unknown(name: str, known: type[enum.IntEnum]) -> Callable[[Rows], np.ndarray]:
    """Rows whose number is not among the known ones, which run from 0 on."""
    top = max(known)

    def wrong(rows: Rows) -> np.ndarray:
        values = rows.numbers(name)
        return (values < 0) | (values > top)

    return wrong


def _without_clip(rows: Rows) -> np.ndarray:
    extents = rows.extents
    return np.array([clip not in extents for clip in rows["clip_id"]], bool)


def _outside_clip(rows: Rows) -> np.ndarray:
    """Rows whose frames are not all of their clip; those of unknown clips are named by another rule."""
    first, last = rows.numbers("first"), rows.numbers("last")
    extents = rows.extents
    most = {clip: extents[clip].frames if clip in extents else 1 << 31 for clip in set(rows["clip_id"])}
    return (
        (first < 0) | (last < first) | (last >= np.array([most[clip] for clip in rows["clip_id"]], np.int64))
    )


def _path_of_other_length(rows: Rows) -> np.ndarray:
    """Points whose path has not a point a frame, objects that have one."""
    point = np.array([kind == Kind.POINT for kind in rows["kind"]], bool)
    length = np.where(point, rows.numbers("last") - rows.numbers("first") + 1, 0)
    wrong = np.zeros(len(point), bool)
    for name, size in (("xy", 8), ("error", 4), ("origin", 1)):
        sizes = np.fromiter((len(value or b"") for value in rows[name]), np.int64, len(point))
        wrong |= sizes != size * length
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
    key = functools.reduce(np.logical_or, (origin == int(one) for one in KEYFRAMES))
    return (audited & ~((overlap >= 0) & (overlap <= 1) & key)) | ((flags & ~_FLAGS) != 0)


def _mask_of_other_size(rows: Rows) -> np.ndarray:
    """Masks whose run lengths are not of so many pixels as a frame of the clip has."""
    masks, ids = rows["mask"], rows["trajectory_id"]
    wrong = np.zeros(len(masks), bool)
    places = [place for place, mask in enumerate(masks) if mask is not None]
    if not places:
        return wrong
    some = [masks[place] for place in places]
    known = rows.pixels
    pixels = np.array([known.get(ids[place], -1) for place in places], np.float64)
    sizes = np.fromiter(map(len, some), np.int64, len(some))
    whole = (sizes > 0) & (sizes % 4 == 0)
    runs = np.frombuffer(b"".join(some if whole.all() else itertools.compress(some, whole)), "<u4")
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


_USES = {use.value for use in Use}
_KINDS = {kind.value for kind in Kind}

RULES: Mapping[str, Sequence[Rule]] = {
    "clip": (
        rule(
            "name",
            each("name", lambda name: not name or "\0" in name),
            "has no name that a file could have",
        ),
        rule("width", below("width", 1), "has a width of {width}"),
        rule("height", below("height", 1), "has a height of {height}"),
        rule("width height", _too_large, "has frames of {width} x {height} pixels, which are too large"),
        rule("files timestamps", _bad_names, "has files whose names cannot be read"),
        rule("timestamps keyframes", _bad_times, "has times of frames that cannot be read"),
        rule("start", below("start", 0), "starts at frame {start} of its source"),
        rule("step", below("step", 1), "takes every {step}th frame"),
        rule("annotator", below("annotator", 0), "shows annotator {annotator}, who does not exist"),
        rule(
            "use",
            each("use", lambda use: use not in _USES),
            "is of the unknown use {use!r}",
        ),
    ),
    "trajectory": (
        rule("kind", each("kind", lambda kind: kind not in _KINDS), "is of the unknown kind {kind!r}"),
        rule("review", _unknown("review", Review), "has an unknown review, {review}"),
        rule("end_reason", _unknown("end_reason", EndReason), "ends for an unknown reason, {end_reason}"),
        rule("annotator", below("annotator", 0), "is of annotator {annotator}, who does not exist"),
        rule("clip_id", _without_clip, "is of a clip that is not in the project"),
        rule(
            "first last clip_id",
            _outside_clip,
            "runs from frame {first} to {last}, which are not all frames of its clip",
        ),
        rule(
            "kind first last xy error origin",
            _path_of_other_length,
            "says frames {first} to {last}, but its path holds another number",
        ),
        rule("xy", _in_paths("xy", "<f4", lambda xy: ~np.isfinite(xy)), "has a point that is not a number"),
        rule(
            "origin",
            _in_paths("origin", "u1", lambda origin: origin > max(Origin)),
            "has points of an unknown origin",
        ),
    ),
    "observation": (
        rule(
            "frame x1 y1 x2 y2 confidence",
            _not_finite,
            "has a box or confidence at frame {frame} that is not a number",
        ),
        rule("frame x1 y1 x2 y2", _inside_out, "has a box at frame {frame} that is turned inside out"),
        rule(
            "frame origin",
            _unknown("origin", Origin),
            "has something of an unknown origin, {origin}, at frame {frame}",
        ),
        rule(
            "frame overlap origin flags",
            _senseless_audit,
            "has an audit or flags at frame {frame} that make no sense",
        ),
        rule(
            "trajectory_id frame mask",
            _mask_of_other_size,
            "has a mask at frame {frame} that is not of its clip's size",
        ),
    ),
    **RECORD_RULES,
}
"""Table → what its rows must hold to."""
