"""The trajectories that pairs are drawn from, packed for drawing."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.model import TAKEN, Kind, ObjectTrajectory, PointTrajectories, Review
from core.trajectories.sight import occluded
from core.trajectories.snapshot import ClipSnapshot, Snapshot
from core.trajectories.track_filter import TrackFilter
from core.trajectories.track_rows import track_rows

KINDS = {"obj": (Kind.OBJECT,), "tr": (Kind.POINT,), "objtr": (Kind.OBJECT, Kind.POINT)}
"""Regime → the kinds of trajectories that train."""

TRAINING = {False: TAKEN, True: (*TAKEN, Review.SUGGESTED)}
"""Whether suggestions train, too → the reviews of the trajectories that train."""

MINIMUM_SIDE = 8.0
"""Pixels; objects' boxes with a shorter side train nothing."""


@dataclass(frozen=True, eq=False)
class TrajectorySet:
    """Trajectories of one kind in many clips, packed one after the other, ordered by clip.

    Attributes:
        clip: (N,) int32, the place of each trajectory's clip in `TrainingSet.clips`; ascending.
        ids: (N,) int64, rows of the project's database.
        offsets: (N + 1,) int64, where each trajectory's observations start.
        frame: (M,) int32, ascending within a trajectory; gaps are allowed.
        box: (M, 4) float32, pixels of the frame; for points a square around the point.
    """

    kind: Kind
    clip: np.ndarray
    ids: np.ndarray
    offsets: np.ndarray
    frame: np.ndarray
    box: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, places: np.ndarray) -> "TrajectorySet":
        """The trajectories at some places (int or bool index, ascending)."""
        places = np.arange(len(self))[places]
        lengths = np.diff(self.offsets)[places]
        offsets = _offsets(lengths)
        rows = np.arange(offsets[-1]) + np.repeat(self.offsets[places] - offsets[:-1], lengths)
        return TrajectorySet(
            self.kind, self.clip[places], self.ids[places], offsets, self.frame[rows], self.box[rows]
        )


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """All that pairs are drawn from.

    Attributes:
        clips: every clip of the snapshot; sets refer to their places.
        objects, points: the trajectories of either kind.
    """

    clips: tuple[Clip, ...]
    objects: TrajectorySet
    points: TrajectorySet

    @property
    def sizes(self) -> np.ndarray:
        """(C, 2) int32, width and height of each clip's frames in pixels."""
        return np.array([(clip.width, clip.height) for clip in self.clips], np.int32).reshape(-1, 2)

    def sets(self, regime: str) -> tuple[TrajectorySet, ...]:
        """What a regime trains on: `obj`, `tr` or `objtr`; sets without trajectories are left out."""
        both = (self.objects, self.points)
        return tuple(one for one in both if one.kind in KINDS[regime] and len(one))

    def of_clips(self, names: Collection[str]) -> "TrainingSet":
        """The trajectories of some clips; `clips` stay all, so that places mean the same."""
        places = [place for place, clip in enumerate(self.clips) if clip.name in names]
        objects, points = (one.take(np.isin(one.clip, places)) for one in (self.objects, self.points))
        return TrainingSet(self.clips, objects, points)

    def of_filter(self, contents: Iterable[ClipSnapshot], wanted: TrackFilter) -> "TrainingSet":
        """The trajectories that pass a filter; `clips` stay all.

        Args:
            contents: the clips of the snapshot whose trajectories these are.
            wanted: what a trajectory must be.
        """
        if wanted.is_empty:
            return self
        passed = [np.zeros(0, np.int64)]
        for one in contents:
            rows = track_rows(one.points, one.objects)
            passed.append(rows.ids[wanted.holds(rows)])
        ids = np.concatenate(passed)
        objects, points = (one.take(np.isin(one.ids, ids)) for one in (self.objects, self.points))
        return TrainingSet(self.clips, objects, points)


def build_training_set(
    snapshot: Snapshot,
    *,
    patch_size: float = 100.0,
    minimum_length: int = 10,
    minimum_side: float = MINIMUM_SIDE,
    suggestions: bool = False,
) -> TrainingSet:
    """Pack what may train: rejected and short trajectories are left out, and occluded observations.

    Args:
        patch_size: side in pixels of the square around a point; 100 in the paper, Section 3.
        minimum_length: observations a point trajectory must have; an object needs two.
        minimum_side: objects' boxes with a shorter side, in pixels, are left out.
        suggestions: whether objects that nobody accepted yet train, too.

    The two minimums are our choice; the paper names none.
    """
    objects, points, reviews = [], [], TRAINING[suggestions]
    for place, content in enumerate(snapshot.clips):
        objects += [
            _packed_object(place, trajectory, minimum_side)
            for trajectory in content.objects
            if trajectory.review in reviews
        ]
        points.append(_packed_points(place, content.points, patch_size, minimum_length))
    return TrainingSet(
        clips=tuple(content.clip for content in snapshot.clips),
        objects=_joined(Kind.OBJECT, [one for one in objects if len(one.frame) >= 2]),
        points=_joined(Kind.POINT, points),
    )


def _packed_object(place: int, trajectory: ObjectTrajectory, minimum_side: float) -> TrajectorySet:
    boxes = trajectory.boxes.astype(np.float64)  # so that sides are those that the database computes
    keep = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) >= minimum_side
    keep &= ~occluded(trajectory)
    return TrajectorySet(
        Kind.OBJECT,
        clip=np.array([place], np.int32),
        ids=np.array([trajectory.id], np.int64),
        offsets=np.array([0, np.count_nonzero(keep)], np.int64),
        frame=trajectory.frames[keep].astype(np.int32),
        box=boxes[keep].astype(np.float32),
    )


def _packed_points(
    place: int, points: PointTrajectories, patch_size: float, minimum_length: int
) -> TrajectorySet:
    points = points.take(np.isin(points.review, TAKEN) & (points.lengths >= max(minimum_length, 2)))
    half = np.float32(patch_size / 2)
    return TrajectorySet(
        Kind.POINT,
        clip=np.full(len(points), place, np.int32),
        ids=points.ids,
        offsets=points.offsets,
        frame=points.frame.astype(np.int32),
        box=np.concatenate([points.xy - half, points.xy + half], axis=1),
    )


def _joined(kind: Kind, sets: Sequence[TrajectorySet]) -> TrajectorySet:
    empty = TrajectorySet(
        kind,
        clip=np.zeros(0, np.int32),
        ids=np.zeros(0, np.int64),
        offsets=np.zeros(1, np.int64),
        frame=np.zeros(0, np.int32),
        box=np.zeros((0, 4), np.float32),
    )
    sets = [empty, *sets]
    return TrajectorySet(
        kind,
        clip=np.concatenate([one.clip for one in sets]),
        ids=np.concatenate([one.ids for one in sets]),
        offsets=_offsets(np.concatenate([np.diff(one.offsets) for one in sets])),
        frame=np.concatenate([one.frame for one in sets]),
        box=np.concatenate([one.box for one in sets]),
    )


def _offsets(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
