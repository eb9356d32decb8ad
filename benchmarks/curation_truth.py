"""The truth of the drawn sample, and which of the errors that were planted in it still stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.datasets.synthetic import SyntheticClip
from core.geometry import iou, mask_box
from core.project.project import Project
from core.trajectories import store
from core.trajectories.model import ObjectTrajectory, PointTrajectories, Review

SEEN = 40
"""Pixels of an object in a frame, from which on it counts as seen there."""


def box_of(mask: np.ndarray) -> np.ndarray:
    box = mask_box(mask)
    assert box is not None
    return box


@dataclass(frozen=True, eq=False)
class Truth:
    """Where the objects of a drawn clip are.

    Attributes:
        drawn: the clip.
        boxes: frame by frame, object → box (4,) in pixels, of those that are seen.
    """

    drawn: SyntheticClip
    boxes: Sequence[Mapping[int, np.ndarray]]

    @staticmethod
    def of(drawn: SyntheticClip) -> "Truth":
        frames = []
        for labels in drawn.labels:
            there = {int(n): labels == n for n in np.unique(labels) if n}
            frames.append({n: box_of(mask) for n, mask in there.items() if np.count_nonzero(mask) >= SEEN})
        return Truth(drawn, frames)

    def owner(self, frame: int, box: np.ndarray) -> int:
        """The object that a box is around, by an IoU of half at least; 0 for none."""
        of_each = {n: float(iou(box, one)) for n, one in self.boxes[frame].items()}
        best = max(of_each, key=lambda n: of_each[n], default=0)
        return best if best and of_each[best] >= 0.5 else 0

    def owners(self, one: ObjectTrajectory) -> dict[int, int]:
        """Frame → `owner`, of a track."""
        return {
            frame: self.owner(frame, box) for frame, box in zip(one.frames.tolist(), one.boxes, strict=True)
        }

    def followed(self, one: ObjectTrajectory) -> set[int]:
        """The objects that a track is around in a quarter of its frames at least."""
        owners = list(self.owners(one).values())
        return {n for n in owners if n and 4 * owners.count(n) >= len(owners)}

    def strays(self, before: int, xy: np.ndarray, after: int, there: np.ndarray) -> float:
        """Pixels between `there` (2,) and where what is seen at `xy` (2,) in one frame is in another."""
        return float(np.linalg.norm(self.drawn.position(before, xy[None].astype(float), after)[0] - there))


@dataclass(frozen=True, eq=False)
class Error:
    """An error that was planted in a clip.

    Attributes:
        kind: `swap`, `drifted object`, `wrong fill`, `wrong keyframe`, `false track`, `late object`,
            `missing object`, `drifted point` or `broken point`.
        clip: the clip's name.
        boxes: frame → box that is wrong there, or that is missing there.
        path: frame → place of a point, two: of a link that must not be, or of two ends to be joined.
    """

    kind: str
    clip: str
    boxes: Mapping[int, np.ndarray]
    path: Mapping[int, np.ndarray]

    def is_left(self, truth: Truth, objects: Sequence[ObjectTrajectory], points: PointTrajectories) -> bool:
        """Whether it still stands in a clip, of whose tracks none is rejected."""
        if self.path:
            return self._passes(points) == (self.kind == "drifted point")
        if self.kind == "swap":
            return any(len(set(truth.owners(one).values()) - {0}) > 1 for one in objects)
        missing = self.kind in ("late object", "missing object")
        least, found = (0.5, 0) if missing else (0.9, 0)
        for frame, box in self.boxes.items():
            places = [(one, one.place(frame)) for one in objects]
            boxes = [one.boxes[place] for one, place in places if place is not None]
            found += any(float(iou(box, other)) >= least for other in boxes)
        return found < 0.8 * len(self.boxes) if missing else found > 0

    def _passes(self, points: PointTrajectories) -> bool:
        """Whether a point goes through both places."""
        for row in range(len(points)):
            first, xy = int(points.first[row]), points.points(row)
            inside = [0 <= frame - first < len(xy) for frame in self.path]
            if all(inside) and all(
                np.abs(xy[frame - first] - place).max() < 0.6 for frame, place in self.path.items()
            ):
                return True
        return False


@dataclass(frozen=True, eq=False)
class Planted:
    """A project with errors: by name of clip its truth, and what was planted."""

    project: Path
    truths: Mapping[str, Truth]
    errors: Sequence[Error]


def standing(one: Sequence[ObjectTrajectory]) -> list[ObjectTrajectory]:
    """Those that nobody rejected."""
    return [track for track in one if track.review != Review.REJECTED]


def errors_left(of: Planted, project: Project) -> list[Error]:
    """The errors that still stand, as the database has it."""
    left = []
    with project.reading() as connection:
        for clip in store.clips(connection):
            points = store.points(connection, clip.id)
            points = points.take(points.review != Review.REJECTED)
            objects = standing(store.objects(connection, clip.id))
            left += [
                error
                for error in of.errors
                if error.clip == clip.name and error.is_left(of.truths[clip.name], objects, points)
            ]
    return left


def quality(of: Planted, project: Project) -> dict[str, float]:
    """How good the objects are as a whole, planted or not: what mending left right, and what it broke.

    Returns:
        `covered`: of the objects' frames, the share in which a track of theirs is around them, whichever is
        around each in most frames; `right`: of the boxes of the tracks, the share around the object that
        their track is around in most frames. Both in percent, of the tracks that nobody rejected.
    """
    seen = boxes = covered = right = 0
    with project.reading() as connection:
        for clip in store.clips(connection):
            truth = of.truths[clip.name]
            follows: dict[int, int] = {}  # object → frames of the track that is around it in most
            for one in standing(store.objects(connection, clip.id)):
                owners = list(truth.owners(one).values())
                own = max(set(owners) - {0}, key=owners.count, default=0)
                boxes += len(owners)
                if own:
                    right += owners.count(own)
                    follows[own] = max(follows.get(own, 0), owners.count(own))
            seen += sum(len(frame) for frame in truth.boxes)
            covered += sum(follows.values())
    return {"covered": round(100 * covered / seen, 1), "right": round(100 * right / max(boxes, 1), 1)}
