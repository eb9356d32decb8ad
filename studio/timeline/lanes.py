"""What a lane of the timeline shows of a trajectory."""

from dataclasses import dataclass

import numpy as np

from core.overlay.track_names import track_name
from core.percent import percent
from core.tracking.next_keyframe import next_keyframe
from core.trajectories.model import KEYFRAMES, Kind, ObjectTrajectory, Origin, PointTrajectories, Review
from core.trajectories.sight import occluded, outside

POOR = 0.7
"""Overlap below which a keyframe is marked: filling does not find again what a person gave there."""


@dataclass(frozen=True, eq=False)
class Lane:
    """A trajectory along time.

    Attributes:
        id, label, kind, review: of the trajectory.
        spans: (n, 2) int, first and last frame of each stretch without a gap.
        solid: (m, 2) int, the stretches within them that a person, the ground truth or tracking gave.
        propagated: (l, 2) int, the other stretches, filled in between keyframes.
        keyframes: (k,) int.
        overlap: (k,) float, of each keyframe with what is filled in its place when it is hidden, 0..1; NaN
            where not audited.
        to_check: (j, 2) int, the stretches where methods of densification disagree.
        occluded: (o, 2) int, the stretches where it is hidden in part.
        outside: (g, 2) int, the stretches in which it is said not to be seen; the last may have no end.
        wanted: the frame whose annotation is expected to mend most; None where nothing was filled.
    """

    id: int
    label: str
    kind: Kind
    review: Review
    spans: np.ndarray
    solid: np.ndarray
    propagated: np.ndarray
    keyframes: np.ndarray
    overlap: np.ndarray
    to_check: np.ndarray
    occluded: np.ndarray
    outside: np.ndarray
    wanted: int | None = None

    @property
    def name(self) -> str:
        """Id and label."""
        return track_name(self.id, self.label)

    @property
    def first(self) -> int:
        return int(self.spans[0, 0])

    @property
    def last(self) -> int:
        return int(self.spans[-1, 1])

    @property
    def poor(self) -> np.ndarray:
        """(p,) int, keyframes that filling misses by much."""
        return self.keyframes[self.overlap < POOR]

    def about(self, frame: int) -> str:
        """A line about it and what is known of a frame, for the tool tip."""
        parts = [self.name, f"frames {self.first} to {self.last}"]
        gaps, count = len(self.spans) - 1, len(self.keyframes)
        if gaps:
            parts.append("1 gap" if gaps == 1 else f"{gaps} gaps")
        if self.kind == Kind.OBJECT:
            parts.append("1 keyframe" if count == 1 else f"{count} keyframes")
        if self.review != Review.OPEN:
            parts.append(self.review.name.lower())
        return " · ".join(parts + self._findings(frame))

    def _findings(self, frame: int) -> list[str]:
        """What audit and disagreement say of a frame, else of the whole lane."""
        parts, here = [], self.overlap[self.keyframes == frame]
        for stretches, word in ((self.occluded, "occluded"), (self.outside, "out of sight")):
            if ((stretches[:, 0] <= frame) & (frame <= stretches[:, 1])).any():
                parts.append(f"frame {frame}: {word}")
        if np.isfinite(here).any():
            parts.append(f"frame {frame}: audit {percent(here[0])}")
        elif np.isfinite(self.overlap).any():
            parts.append(f"audit {percent(float(np.nanmean(self.overlap)))} on average")
        if self.wanted == frame:
            parts.append(f"frame {frame}: the next best to annotate")
        if ((self.to_check[:, 0] <= frame) & (frame <= self.to_check[:, 1])).any():
            parts.append(f"frame {frame} is to be checked")
        elif len(self.to_check):
            count = int((self.to_check[:, 1] - self.to_check[:, 0] + 1).sum())
            parts.append(f"{count} frame{'s' if count != 1 else ''} to check")
        return parts


def object_lane(one: ObjectTrajectory) -> Lane:
    """The lane of an object."""
    given, wanted = np.isin(one.origin, KEYFRAMES), next_keyframe(one)
    return Lane(
        id=one.id,
        label=one.label,
        kind=Kind.OBJECT,
        review=Review(one.review),
        spans=stretches(one.frames),
        solid=stretches(one.frames[given]),
        propagated=stretches(one.frames[~given]),
        keyframes=one.keyframes,
        overlap=one.overlap[given],
        to_check=stretches(one.to_check),
        occluded=stretches(one.frames[occluded(one)]),
        outside=outside(one),
        wanted=wanted.frame if wanted is not None and one.review == Review.OPEN else None,
    )


def point_lane(points: PointTrajectories, place: int) -> Lane:
    """The lane of a point trajectory; what a person moved shows as keyframes."""
    origin = points.origin[points.offsets[place] : points.offsets[place + 1]]
    first, last = int(points.first[place]), int(points.first[place]) + len(origin) - 1
    frames = np.arange(first, last + 1)
    filled, given = origin == Origin.PROPAGATED, np.isin(origin, KEYFRAMES)
    id = int(points.ids[place])
    return Lane(
        id=id,
        label=points.labels[place],
        kind=Kind.POINT,
        review=Review(int(points.review[place])),
        spans=np.array([(first, last)]),
        solid=stretches(frames[~filled]),
        propagated=stretches(frames[filled]),
        keyframes=frames[given],
        overlap=np.full(int(given.sum()), np.nan),
        to_check=stretches(frames[:0]),
        occluded=stretches(frames[:0]),
        outside=stretches(frames[:0]),
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
