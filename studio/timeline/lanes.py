"""What a lane of the timeline shows of a trajectory."""

from dataclasses import dataclass

import numpy as np

from core.trajectories.model import KEYFRAMES, Kind, ObjectTrajectory, Origin, PointTrajectories, Review


@dataclass(frozen=True, eq=False)
class Lane:
    """A trajectory along time.

    Attributes:
        id, name, kind, review: of the trajectory.
        spans: (n, 2) int, first and last frame of each stretch without a gap.
        solid: (m, 2) int, the stretches within them that a person, the ground truth or tracking gave.
        propagated: (l, 2) int, the other stretches, filled in between keyframes.
        keyframes: (k,) int.
    """

    id: int
    name: str
    kind: Kind
    review: Review
    spans: np.ndarray
    solid: np.ndarray
    propagated: np.ndarray
    keyframes: np.ndarray

    @property
    def first(self) -> int:
        return int(self.spans[0, 0])

    @property
    def last(self) -> int:
        return int(self.spans[-1, 1])

    def about(self) -> str:
        """A line about it, for the tool tip."""
        parts = [self.name, f"frames {self.first} to {self.last}"]
        gaps, count = len(self.spans) - 1, len(self.keyframes)
        if gaps:
            parts.append("1 gap" if gaps == 1 else f"{gaps} gaps")
        if self.kind == Kind.OBJECT:
            parts.append("1 keyframe" if count == 1 else f"{count} keyframes")
        if self.review != Review.OPEN:
            parts.append(self.review.name.lower())
        return " · ".join(parts)


def object_lane(one: ObjectTrajectory) -> Lane:
    """The lane of an object."""
    given = np.isin(one.origin, KEYFRAMES)
    return Lane(
        id=one.id,
        name=f"{one.id} {one.label}".rstrip(),
        kind=Kind.OBJECT,
        review=Review(one.review),
        spans=stretches(one.frames),
        solid=stretches(one.frames[given]),
        propagated=stretches(one.frames[~given]),
        keyframes=one.keyframes,
    )


def point_lane(points: PointTrajectories, place: int) -> Lane:
    """The lane of a point trajectory; what a person moved shows as keyframes."""
    origin = points.origin[points.offsets[place] : points.offsets[place + 1]]
    first, last = int(points.first[place]), int(points.first[place]) + len(origin) - 1
    frames = np.arange(first, last + 1)
    filled = origin == Origin.PROPAGATED
    id = int(points.ids[place])
    return Lane(
        id=id,
        name=f"{id} {points.labels[place]}".rstrip(),
        kind=Kind.POINT,
        review=Review(int(points.review[place])),
        spans=np.array([(first, last)]),
        solid=stretches(frames[~filled]),
        propagated=stretches(frames[filled]),
        keyframes=frames[np.isin(origin, KEYFRAMES)],
    )


def stretches(frames: np.ndarray) -> np.ndarray:
    """(n, 2) first and last of each run of consecutive numbers in ascending `frames`."""
    if not len(frames):
        return np.zeros((0, 2), np.int64)
    breaks = np.flatnonzero(np.diff(frames) > 1)
    starts = np.concatenate((frames[:1], frames[breaks + 1]))
    ends = np.concatenate((frames[breaks], frames[-1:]))
    return np.stack((starts, ends), axis=1)


def density(points: PointTrajectories, kept: np.ndarray, frames: int) -> np.ndarray:
    """(frames,) int64, how many of the point trajectories at the places `kept` (bool) are in each frame."""
    begins = np.bincount(points.first[kept], minlength=frames + 1)[: frames + 1]
    ends = np.bincount(points.last[kept] + 1, minlength=frames + 1)[: frames + 1]
    return np.cumsum(begins - ends)[:frames]
