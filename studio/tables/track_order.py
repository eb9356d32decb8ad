"""The tracks of a table in the order of one of its columns; a million of them in a fraction of a second."""

from dataclasses import dataclass

import numpy as np

from core.trajectories.track_filter import TrackFilter
from core.trajectories.track_rows import TrackRows


def sorted_places(rows: TrackRows, column: str, descending: bool) -> np.ndarray:
    """(N,) int64: places in the order of a column; ties by id, NaN and empty labels last; objects first.

    Args:
        column: a column of `TrackRows`, or `labels`.
    """
    if column == "labels":
        values, last = rows.name, np.array([not name for name in rows.names], bool)[rows.name]
    else:
        values = ~rows.is_object if column == "is_object" else getattr(rows, column)
        last = values < 0 if column == "end_reason" else np.isnan(values)
    keys = _keys(values)
    if descending:
        keys = ~keys
    keys[last] = 2**32 - 1
    order = np.arange(len(keys))
    if (rows.ids[1:] < rows.ids[:-1]).any():
        order = np.argsort(rows.ids, kind="stable")
    for part in (keys & 0xFFFF, keys >> 16):  # halves of 16 bits are sorted by radix, tenfold faster
        order = order[np.argsort(part.astype(np.uint16)[order], kind="stable")]
    return order


def _keys(values: np.ndarray) -> np.ndarray:
    """(N,) uint32 below 2³² - 1, ascending as the values are; NaN may be anything."""
    if values.dtype == np.float32:
        bits = np.where(values == 0, np.float32(0), values).view(np.uint32)  # -0 is 0
        keys = np.where(bits >> 31, ~bits, bits | np.uint32(2**31))
        return np.minimum(keys, 2**32 - 2).astype(np.uint32)
    values = values.astype(np.int64)
    low = int(values.min(initial=0))
    if int(values.max(initial=0)) - low < 2**32 - 1:
        return (values - low).astype(np.uint32)
    return np.unique(values, return_inverse=True)[1].astype(np.uint32)


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Which tracks are shown in which order.

    Attributes:
        rows: all tracks.
        sort: the column that they are sorted by, as `sorted_places` takes it, and whether from above.
        wanted: what is shown of them.
        order: (N,) int64, all places in order.
        passed: (N,) bool, what passes.
        places: (K,) int64, the places that pass, in order.
        ids: (K,) int64, their ids.
        shown: the ids of what passes; None where all tracks do.
    """

    rows: TrackRows
    sort: tuple[str, bool]
    wanted: TrackFilter
    order: np.ndarray
    passed: np.ndarray
    places: np.ndarray
    ids: np.ndarray
    shown: frozenset[int] | None


def arranged(
    rows: TrackRows, sort: tuple[str, bool], wanted: TrackFilter, before: Arrangement | None = None
) -> Arrangement:
    """Tracks sorted and filtered; what an arrangement of the same tracks before has worked out is taken."""
    known = before if before is not None and before.rows is rows else None
    order = known.order if known is not None and known.sort == sort else sorted_places(rows, *sort)
    if known is not None and known.wanted == wanted:
        passed, shown = known.passed, known.shown
        places = order[passed[order]]
    else:
        passed = wanted.holds(rows)
        places = order[passed[order]]
        shown = None if len(places) == len(rows) else frozenset(rows.ids[passed].tolist())
    return Arrangement(rows, sort, wanted, order, passed, places, rows.ids[places], shown)
