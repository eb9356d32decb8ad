"""How long and how large the trajectories of a project are, in less time than it takes to read them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection, case, func, select

from core.datasets.clip import Use
from core.trajectories import schema, store
from core.trajectories.model import TAKEN, Kind, Review
from core.trajectories.sight import occluded_of_many
from core.trajectories.track_filter import TrackFilter
from core.trajectories.track_rows import TrackRows, track_rows


@dataclass(frozen=True, eq=False)
class Extents:
    """Of the trajectories that may train; of objects, those of each clip's chosen annotator.

    Attributes:
        names: clip id → its name, in the order of names.
        uses: name of each clip → what it is for, in the same order.
        objects: (M, 3) int64, one row an observation: clip id, trajectory id, frame; in that order. Those
            that are occluded are not among them.
        sides: (M,) float64, the shorter side of each observation's box in pixels.
        points: (K, 3) int64: clip id, observations, how many trajectories have so many.
        suggested: (S,) int64, ids of the objects among them that are only suggested.
    """

    names: Mapping[int, str]
    uses: Mapping[str, Use]
    objects: np.ndarray
    sides: np.ndarray
    points: np.ndarray
    suggested: np.ndarray

    def waiting(self, clips: Collection[str]) -> int:
        """How many objects of some clips are only suggested."""
        chosen = [id for id, name in self.names.items() if name in clips]
        seen = self.objects[np.isin(self.objects[:, 0], chosen), 1]
        return len(np.intersect1d(seen, self.suggested))

    def that_train(self, suggestions: bool) -> "Extents":
        """The same without the objects that are only suggested, unless these train, too."""
        if suggestions or not len(self.suggested):
            return self
        kept = ~np.isin(self.objects[:, 1], self.suggested)
        none = self.suggested[:0]
        return replace(self, objects=self.objects[kept], sides=self.sides[kept], suggested=none)

    def of_filter(self, clips: Iterable[tuple[int, TrackRows]], wanted: TrackFilter) -> "Extents":
        """Of those trajectories that pass a filter.

        Args:
            clips: id of each clip, and its trajectories.
            wanted: what a trajectory must be.
        """
        if wanted.is_empty:
            return self
        ids, points = [np.zeros(0, np.int64)], []
        for clip_id, rows in clips:
            passed = wanted.holds(rows)
            ids.append(rows.ids[passed & rows.is_object])
            followed = passed & ~rows.is_object & np.isin(rows.review, TAKEN)
            lengths, numbers = np.unique(rows.length[followed], return_counts=True)
            points += [(clip_id, *pair) for pair in zip(lengths, numbers, strict=True)]
        kept = np.isin(self.objects[:, 1], np.concatenate(ids))
        return replace(
            self,
            objects=self.objects[kept],
            sides=self.sides[kept],
            points=np.array(points, np.int64).reshape(-1, 3),
        )


def read_extents(connection: Connection) -> Extents:
    """The extents of all clips."""
    c, t, o = schema.clip.c, schema.trajectory.c, schema.observation.c
    clips = connection.execute(select(c.id, c.name, c.use).order_by(c.name)).all()
    width, height = o.x2 - o.x1, o.y2 - o.y1
    observations = (
        select(
            *(t.clip_id, t.id, o.frame, case((width < height, width), else_=height)),
            *(o.origin, o.flags, t.review),
        )
        .join(schema.observation, o.trajectory_id == t.id)
        .join(schema.clip, c.id == t.clip_id)
        .where(t.kind == Kind.OBJECT, t.annotator == c.annotator, t.review != int(Review.REJECTED))
        .order_by(t.clip_id, t.id, o.frame)
    )
    length = t.last - t.first + 1
    lengths = (
        select(t.clip_id, length, func.count())
        .where(t.kind == Kind.POINT, t.review.in_([int(review) for review in TAKEN]))
        .group_by(t.clip_id, length)
    )
    rows = np.array([tuple(row) for row in connection.execute(observations)], np.float64).reshape(-1, 7)
    origin, flags, review = rows[:, 4:].astype(np.int64).T
    seen = rows[~occluded_of_many(rows[:, 1].astype(np.int64), rows[:, 2].astype(np.int64), origin, flags)]
    counted = [tuple(row) for row in connection.execute(lengths)]
    return Extents(
        names={row.id: row.name for row in clips},
        uses={row.name: Use(row.use) for row in clips},
        objects=seen[:, :3].astype(np.int64),
        sides=seen[:, 3].copy(),
        points=np.array(counted, np.int64).reshape(-1, 3),
        suggested=np.unique(rows[review == Review.SUGGESTED, 1]).astype(np.int64),
    )


def read_rows(connection: Connection) -> Iterator[tuple[int, TrackRows]]:
    """Id and tracks of each clip, objects of its chosen annotator, one clip after the other."""
    for clip in store.clips(connection):
        objects = store.objects(connection, clip.id, clip.annotator)
        yield clip.id, track_rows(store.points(connection, clip.id), objects)
