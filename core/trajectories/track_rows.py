"""The tracks of a clip as columns of arrays: what is shown of them in a table, sorted and filtered by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from core.trajectories.model import KEYFRAMES, ObjectTrajectory, Origin, PointTrajectories

_NAMED = ("names", "name")
"""Columns that `exchanged` joins in their own way."""


@dataclass(frozen=True, eq=False)
class TrackRows:
    """N tracks, objects first, each kind by id.

    Attributes:
        ids: (N,) int64.
        is_object: (N,) bool; else a point.
        names: (L,) object array of str, the labels there are, each once, in the order of a dictionary.
        name: (N,) int32, the place of each track's label in `names`.
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
        origins: (N,) uint8, the bit `1 << Origin` of each origin that an observation of it has.
        loss: (N,) float32, mean loss in a pretraining run; NaN where none is looked at or it drew no pair.
    """

    ids: np.ndarray
    is_object: np.ndarray
    names: np.ndarray
    name: np.ndarray
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
    origins: np.ndarray
    loss: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def labels(self) -> np.ndarray:
        """(N,) object array of str, the label of each track."""
        return self.names[self.name]

    def label(self, place: int) -> str:
        """The label of the track at a place."""
        return str(self.names[self.name[place]])

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """L labels as they are searched: without regard to case."""
        return tuple(name.casefold() for name in self.names)

    def exchanged(self, ids: Iterable[int], fresh: "TrackRows") -> "TrackRows":
        """The same without some tracks and with fresh ones in their places, in the same order."""
        gone = np.isin(self.ids, list(ids))
        there = np.flatnonzero(gone)
        if (
            np.array_equal(self._order[there], fresh._order)
            and (self.names[self.name[there]] == fresh.labels).all()
        ):
            return self._overwritten(there, fresh)
        kept = ~gone
        places = np.searchsorted(self._order[kept], fresh._order)
        columns = {
            field.name: np.insert(getattr(self, field.name)[kept], places, getattr(fresh, field.name))
            for field in fields(self)
            if field.name not in _NAMED
        }
        both = np.concatenate([self.names, fresh.names])
        joined = np.insert(self.name[kept], places, fresh.name + len(self.names))
        used = np.unique(joined)
        names, name = _named(both[used].tolist())
        return TrackRows(**columns, names=names, name=name[np.searchsorted(used, joined)])

    def _overwritten(self, places: np.ndarray, fresh: "TrackRows") -> "TrackRows":
        """The same with fresh tracks of the same labels at some places."""
        columns = {}
        for field in fields(self):
            if field.name not in _NAMED:
                columns[field.name] = getattr(self, field.name).copy()
                columns[field.name][places] = getattr(fresh, field.name)
        return replace(self, **columns)

    @property
    def _order(self) -> np.ndarray:
        """(N,) int64, ascending: objects first, each kind by id."""
        return self.ids - np.where(self.is_object, np.int64(2**62), 0)


def track_rows(points: PointTrajectories, objects: Iterable[ObjectTrajectory]) -> TrackRows:
    """The columns of a clip's tracks."""
    things = list(objects)
    starts = points.offsets[:-1]
    known = ~np.isnan(points.error)
    error = np.where(known, points.error, 0)
    # the first observation has no link that led to it: its 0 does not count
    counted = known.copy()
    counted[starts] = False
    counts = _sums(counted.astype(np.int64), starts)
    mean = np.full(len(points), np.nan, np.float32)
    np.divide(_sums(np.where(counted, error, 0), starts), counts, out=mean, where=counts > 0)
    largest = np.maximum.reduceat(error, starts) if len(points) else np.zeros(0, np.float32)
    keyed = _sums(np.isin(points.origin, KEYFRAMES).astype(np.int64), starts)
    nothing, none = np.full(len(things), np.nan, np.float32), np.full(len(points), np.nan, np.float32)
    audits = [_audit(one) for one in things]
    names, name = _named([*(one.label for one in things), *points.labels])
    return TrackRows(
        ids=np.concatenate([_ints(one.id for one in things), points.ids]),
        is_object=np.arange(len(things) + len(points)) < len(things),
        names=names,
        name=name,
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
        origins=np.concatenate(
            [*(_origins(one.origin, [0]) for one in things), _origins(points.origin, starts)]
        ),
        loss=np.full(len(things) + len(points), np.nan, np.float32),
    )


def _named(labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The labels there are, (L,) object in order, and (N,) int32 the place of each among them."""
    found = {label: place for place, label in enumerate(dict.fromkeys(labels))}
    name = np.fromiter(map(found.__getitem__, labels), np.int32, len(labels))
    names = np.empty(len(found), object)
    names[:] = sorted(found, key=lambda label: (label.casefold(), label))
    ranks = np.empty(len(found), np.int32)
    ranks[[found[label] for label in names]] = np.arange(len(found))
    return names, ranks[name]


def _audit(one: ObjectTrajectory) -> tuple[float, float, int]:
    """Mean and least overlap of its audited keyframes, and the frame of the least; NaN and -1 without any."""
    if np.isnan(one.overlap).all():
        return np.nan, np.nan, -1
    worst = int(np.nanargmin(one.overlap))
    return float(np.nanmean(one.overlap)), float(one.overlap[worst]), int(one.frames[worst])


def _origins(origin: np.ndarray, starts: Sequence[int] | np.ndarray) -> np.ndarray:
    """The bits of the origins between each start and the next."""
    bits = np.array([1 << value for value in Origin], np.uint8)[origin]
    return np.bitwise_or.reduceat(bits, starts) if len(bits) else np.zeros(0, np.uint8)


def _sums(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.add.reduceat(values, starts) if len(starts) else np.zeros(0, values.dtype)


def _ints(values: Iterable[int]) -> np.ndarray:
    return np.array([int(value) for value in values], np.int64)
