"""What recipes look at: the tracks of one clip."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from core.datasets.clip import Clip
from core.identity.proposals import Proposal
from core.trajectories import store
from core.trajectories.model import Kind, ObjectTrajectory, PointTrajectories, Review

NO_POINTS = PointTrajectories.pack([], [])


@dataclass(frozen=True, eq=False)
class Material:
    """A clip as it is now.

    Attributes:
        clip: the clip.
        points: its points, by id.
        objects: id → object of its chosen annotator.
        proposals: what the newest search for identity errors found in it.
        dismissed: what was dismissed in the project, as plain values.
    """

    clip: Clip
    points: PointTrajectories
    objects: Mapping[int, ObjectTrajectory]
    proposals: Sequence[Proposal] = ()
    dismissed: Sequence[Mapping[str, Any]] = ()

    @property
    def open_points(self) -> PointTrajectories:
        """Those that nobody has reviewed."""
        return self.points.take(self.points.review == Review.OPEN)

    @property
    def open_objects(self) -> list[ObjectTrajectory]:
        """Those that nobody has reviewed, by id."""
        return [one for one in self.objects.values() if one.review == Review.OPEN]

    @property
    def suggested_objects(self) -> list[ObjectTrajectory]:
        """Those that wait for a first decision, by id."""
        return [one for one in self.objects.values() if one.review == Review.SUGGESTED]

    @property
    def rejected(self) -> set[int]:
        """The ids of the rejected tracks."""
        points = self.points.ids[self.points.review == Review.REJECTED]
        return {id for id, one in self.objects.items() if one.review == Review.REJECTED} | set(
            points.tolist()
        )


def read_material(
    connection: Connection,
    clip: Clip,
    kinds: Collection[Kind],
    proposals: Sequence[Proposal],
    dismissed: Sequence[Mapping[str, Any]],
) -> Material:
    """A clip with its tracks of some kinds."""
    points = store.points(connection, clip.id) if Kind.POINT in kinds else NO_POINTS
    found = store.objects(connection, clip.id, clip.annotator) if Kind.OBJECT in kinds else []
    return Material(clip, points, {one.id: one for one in found}, proposals, dismissed)


def along(points: PointTrajectories, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest of the values along each trajectory.

    Args:
        points: N trajectories of M observations.
        values: (M,) float; NaN counts for nothing.

    Returns:
        (N,) float64, NaN where there is none, and (N,) int64, the frame of the first that is so large.
    """
    if not len(points):
        return np.zeros(0), np.zeros(0, np.int64)
    known = np.where(np.isnan(values), -np.inf, values).astype(np.float64)
    largest = np.maximum.reduceat(known, points.offsets[:-1])
    rows = np.flatnonzero(known == largest[points.owner])
    _, first = np.unique(points.owner[rows], return_index=True)
    return np.where(np.isfinite(largest), largest, np.nan), points.frame[rows[first]]
