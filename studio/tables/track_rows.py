"""The tracks of a clip as columns of arrays: what the table shows, sorts and filters by."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from core.trajectories.model import KEYFRAMES, EndReason, ObjectTrajectory, PointTrajectories, Review


@dataclass(frozen=True, eq=False)
class TrackRows:
    """N tracks, objects first, each kind by id.

    Attributes:
        ids: (N,) int64.
        is_object: (N,) bool; else a point.
        labels: (N,) object array of str.
        first, last: (N,) int64, frames.
        length: (N,) int64, observations.
        keyframes: (N,) int64.
        mean_error, max_error: (N,) float32, forward–backward error in pixels; NaN for objects.
        confidence: (N,) float32, mean over observations in 0..1; NaN for points.
        review: (N,) uint8, `Review`.
        audit: (N,) float32, mean overlap in 0..1 of the keyframes that were audited; NaN without any.
        worst_audit: (N,) float32, the least of them.
        worst_frame: (N,) int64, the frame of that one; -1 without any.
        to_check: (N,) int64, observations where methods of densification disagree.
        end_reason: (N,) int64, `EndReason` of points; -1 for objects.
        loss: (N,) float32, mean loss in a pretraining run; NaN where none is looked at or it drew no pair.
    """

    ids: np.ndarray
    is_object: np.ndarray
    labels: np.ndarray
    first: np.ndarray
    last: np.ndarray
    length: np.ndarray
    keyframes: np.ndarray
    mean_error: np.ndarray
    max_error: np.ndarray
    confidence: np.ndarray
    review: np.ndarray
    audit: np.ndarray
    worst_audit: np.ndarray
    worst_frame: np.ndarray
    to_check: np.ndarray
    end_reason: np.ndarray
    loss: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def exchanged(self, ids: Iterable[int], fresh: "TrackRows") -> "TrackRows":
        """The same without some tracks and with fresh ones in their places, in the same order."""
        kept = ~np.isin(self.ids, list(ids))
        places = np.searchsorted(self._order[kept], fresh._order)
        columns = {
            field.name: np.insert(getattr(self, field.name)[kept], places, getattr(fresh, field.name))
            for field in fields(self)
        }
        return TrackRows(**columns)

    @property
    def _order(self) -> np.ndarray:
        """(N,) int64, ascending: objects first, each kind by id."""
        return self.ids - np.where(self.is_object, np.int64(2**62), 0)


@dataclass(frozen=True)
class TrackFilter:
    """What a track must be to be shown; a track without an error passes `max_error`.

    Attributes:
        text: part of its label, or its id.
        kind: `object`, `point`, or empty for both.
        review: a `Review`, or None for all.
        min_length: in frames.
        max_error: of the largest forward–backward error, in pixels; None for any.
        end: why it ends, which only points have; None for all.
    """

    text: str = ""
    kind: str = ""
    review: Review | None = None
    min_length: int = 1
    max_error: float | None = None
    end: EndReason | None = None


def track_rows(points: PointTrajectories, objects: Iterable[ObjectTrajectory]) -> TrackRows:
    """The columns of a clip's tracks."""
    things = list(objects)
    starts = points.offsets[:-1]
    known = ~np.isnan(points.error)
    error = np.where(known, points.error, 0)
    # the first observation has no link that led to it: its 0 does not count
    counted = known & (np.arange(len(error)) != points.offsets[points.owner])
    counts = _sums(counted.astype(np.int64), starts)
    mean = np.full(len(points), np.nan, np.float32)
    np.divide(_sums(np.where(counted, error, 0), starts), counts, out=mean, where=counts > 0)
    largest = np.maximum.reduceat(error, starts) if len(points) else np.zeros(0, np.float32)
    keyed = _sums(np.isin(points.origin, KEYFRAMES).astype(np.int64), starts)
    nothing, none = np.full(len(things), np.nan, np.float32), np.full(len(points), np.nan, np.float32)
    audits = [_audit(one) for one in things]
    return TrackRows(
        ids=np.concatenate([_ints(one.id for one in things), points.ids]),
        is_object=np.arange(len(things) + len(points)) < len(things),
        labels=np.array([*(one.label for one in things), *points.labels], object),
        first=np.concatenate([_ints(one.frames[0] for one in things), points.first]),
        last=np.concatenate([_ints(one.frames[-1] for one in things), points.last]),
        length=np.concatenate([_ints(len(one.frames) for one in things), points.lengths]),
        keyframes=np.concatenate([_ints(len(one.keyframes) for one in things), keyed]),
        mean_error=np.concatenate([nothing, mean]),
        max_error=np.concatenate([nothing, np.where(counts > 0, largest, np.nan).astype(np.float32)]),
        confidence=np.concatenate([np.array([one.confidence.mean() for one in things], np.float32), none]),
        review=np.concatenate([np.array([one.review for one in things], np.uint8), points.review]),
        audit=np.concatenate([np.array([mean for mean, _, _ in audits], np.float32), none]),
        worst_audit=np.concatenate([np.array([worst for _, worst, _ in audits], np.float32), none]),
        worst_frame=np.concatenate([_ints(frame for _, _, frame in audits), np.full(len(points), -1)]),
        to_check=np.concatenate(
            [_ints(len(one.to_check) for one in things), np.zeros(len(points), np.int64)]
        ),
        end_reason=np.concatenate([np.full(len(things), -1), points.end_reason]).astype(np.int64),
        loss=np.full(len(things) + len(points), np.nan, np.float32),
    )


def matching(rows: TrackRows, wanted: TrackFilter) -> np.ndarray:
    """(N,) bool: which tracks pass a filter."""
    keep = np.ones(len(rows), bool)
    if wanted.kind:
        keep &= rows.is_object == (wanted.kind == "object")
    if wanted.review is not None:
        keep &= rows.review == wanted.review
    if wanted.min_length > 1:
        keep &= rows.length >= wanted.min_length
    if wanted.max_error is not None:
        keep &= ~(rows.max_error > wanted.max_error)
    if wanted.end is not None:
        keep &= rows.end_reason == wanted.end
    text = wanted.text.strip().casefold()
    if text:
        named = np.fromiter((text in label.casefold() for label in rows.labels), bool, len(rows))
        if text.isdecimal():
            named |= rows.ids == int(text)
        keep &= named
    return keep


def sorted_places(rows: TrackRows, column: str, descending: bool) -> np.ndarray:
    """(N,) int64: places in the order of a column; ties by id, NaN and empty labels last; objects first."""
    values = getattr(rows, column)
    if column == "labels":
        values = np.array([label.casefold() for label in values], np.str_)
        empty = values == ""
    else:
        values = (~values if column == "is_object" else values).astype(np.float64)
        empty = values < 0 if column == "end_reason" else np.isnan(values)
    _, rank = np.unique(values, return_inverse=True)
    order = np.lexsort((rows.ids, -rank if descending else rank, empty))
    return order.astype(np.int64)


def _audit(one: ObjectTrajectory) -> tuple[float, float, int]:
    """Mean and least overlap of its audited keyframes, and the frame of the least; NaN and -1 without any."""
    if np.isnan(one.overlap).all():
        return np.nan, np.nan, -1
    worst = int(np.nanargmin(one.overlap))
    return float(np.nanmean(one.overlap)), float(one.overlap[worst]), int(one.frames[worst])


def _sums(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.add.reduceat(values, starts) if len(starts) else np.zeros(0, values.dtype)


def _ints(values: Iterable[int]) -> np.ndarray:
    return np.array([int(value) for value in values], np.int64)
