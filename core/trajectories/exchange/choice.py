"""Which trajectories of a project are exported, and which frames of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from core.datasets.clip import Clip
from core.trajectories import store
from core.trajectories.exchange.assembling import counted
from core.trajectories.exchange.spans import Spans
from core.trajectories.model import TAKEN, EndReason, Kind, ObjectTrajectory, PointTrajectories, Review
from core.trajectories.track_filter import EVERYTHING, TrackFilter
from core.trajectories.track_rows import track_rows

KEPT = frozenset(TAKEN)
"""The reviews that are exported unless others are asked for."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is taken; None is no limit.

    Attributes:
        clips: names.
        tracks: ids of trajectories.
        frames: of the clip, as the window numbers them; observations in others are cut away.
        reviews: what was decided about a trajectory.
        labels: of trajectories; the empty one is that of the nameless.
        kinds: objects, points or both.
        wanted: what a trajectory must be besides.
    """

    clips: frozenset[str] | None = None
    tracks: Spans | None = None
    frames: Spans | None = None
    reviews: frozenset[Review] = KEPT
    labels: frozenset[str] | None = None
    kinds: frozenset[Kind] = frozenset(Kind)
    wanted: TrackFilter = EVERYTHING

    @property
    def narrows(self) -> bool:
        """Whether it may leave a clip with nothing that has trajectories to export."""
        limits = (self.tracks, self.frames, self.labels)
        chosen = self.kinds != frozenset(Kind) or not self.wanted.is_empty
        return limits != (None,) * 3 or chosen or not self.reviews >= KEPT

    def of(self, connection: Connection, clip: Clip) -> tuple[PointTrajectories, list[ObjectTrajectory]]:
        """What is taken of a clip in the database, objects of its chosen annotator."""
        objects = store.objects(connection, clip.id, clip.annotator)
        return self.taken(store.points(connection, clip.id), objects)

    def taken(
        self, points: PointTrajectories, objects: Iterable[ObjectTrajectory]
    ) -> tuple[PointTrajectories, list[ObjectTrajectory]]:
        """What is taken of a clip's trajectories; they keep their ids.

        A point's path that a frame left out interrupts becomes several of one id, since it has no gaps.
        """
        objects = list(objects)
        passed = np.ones(len(objects) + len(points), bool)
        if not self.wanted.is_empty:
            passed = self.wanted.holds(track_rows(points, objects))
        passing = passed[: len(objects)]
        kept = [one for one, passes in zip(objects, passing, strict=True) if passes and self._takes(one)]
        points = points.take(self._points(points) & passed[len(objects) :])
        if self.frames is None:
            return points, kept
        cut = (cut_object(one, self.frames.holds(one.frames)) for one in kept)
        return _cut_points(points, self.frames), [one for one in cut if len(one.frames)]

    def _points(self, points: PointTrajectories) -> np.ndarray:
        """(N,) bool, which point trajectories are taken, whatever their frames."""
        wanted = np.isin(points.review, list(self.reviews))
        if Kind.POINT not in self.kinds:
            wanted[:] = False
        if self.tracks is not None:
            wanted &= self.tracks.holds(points.ids)
        if self.labels is not None:
            labels = self.labels
            wanted &= np.fromiter((label in labels for label in points.labels), bool, len(points))
        return wanted

    def _takes(self, one: ObjectTrajectory) -> bool:
        return (
            Kind.OBJECT in self.kinds
            and one.review in self.reviews
            and (self.tracks is None or bool(self.tracks.holds(np.array([one.id]))[0]))
            and (self.labels is None or one.label in self.labels)
        )


@dataclass(frozen=True)
class Count:
    """How much is taken: object and point trajectories, and observations of both."""

    objects: int = 0
    points: int = 0
    observations: int = 0

    @staticmethod
    def of(points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> "Count":
        """Of some trajectories; the parts of a path that was interrupted count once."""
        observations = len(points.xy) + sum(len(one.frames) for one in objects)
        whole = len(np.unique(points.ids)) if (points.ids > 0).all() else len(points)
        return Count(len(objects), whole, observations)

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.objects + other.objects, self.points + other.points, self.observations + other.observations
        )

    def __str__(self) -> str:
        """Such as "12 objects, 3,400 points"."""
        return f"{counted(self.objects, 'object')}, {counted(self.points, 'point')}"


def cut_object(one: ObjectTrajectory, kept: np.ndarray) -> ObjectTrajectory:
    """An object's observations that are kept: (K,) bool."""
    if kept.all():
        return one
    rows = np.flatnonzero(kept)
    return replace(
        one,
        frames=one.frames[rows],
        boxes=one.boxes[rows],
        origin=one.origin[rows],
        confidence=one.confidence[rows],
        masks=tuple(one.masks[row] for row in rows.tolist()),
        overlap=one.overlap[rows],
        flags=one.flags[rows],
    )


def _cut_points(points: PointTrajectories, frames: Spans) -> PointTrajectories:
    kept = frames.holds(points.frame)
    if kept.all():
        return points
    owner, frame = points.owner[kept], points.frame[kept]
    starts = np.flatnonzero((np.diff(owner, prepend=-1) != 0) | (np.diff(frame, prepend=-2) != 1))
    offsets = np.append(starts, len(owner)).astype(np.int64)
    places, first, last = owner[starts], frame[starts], frame[offsets[1:] - 1]
    error = points.error[kept]
    error[starts] = np.where(first == points.first[places], error[starts], 0)  # no link leads to a first one
    reason = np.where(last == points.last[places], points.end_reason[places], EndReason.UNKNOWN)
    return PointTrajectories(
        ids=points.ids[places],
        first=first.astype(np.int32),
        offsets=offsets,
        xy=points.xy[kept],
        error=error,
        origin=points.origin[kept],
        end_reason=reason.astype(np.uint8),
        review=points.review[places],
        labels=tuple(points.labels[place] for place in places.tolist()),
    )
