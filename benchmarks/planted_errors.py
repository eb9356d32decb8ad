"""Identity errors planted into true trajectories, as trackers make them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.geometry import iou
from core.trajectories.model import ObjectTrajectory

EDGE = 6
"""Observations that a trajectory keeps on each side of an error."""

SLIDE = 4
"""Frames in which a box slides from its object to somewhere else."""


@dataclass(frozen=True)
class Planted:
    """An error: `swap`, `drift to background` or `drift to neighbour`, at a frame of one or two tracks (ids).

    The frame of a drift is the first one whose box overlaps the object's by less than half.
    """

    what: str
    frame: int
    tracks: tuple[int, ...]


def planted(
    objects: Sequence[ObjectTrajectory],
    size: tuple[int, int],
    generator: np.random.Generator,
    what: str = "",
) -> tuple[list[ObjectTrajectory], Planted | None]:
    """A clip's objects with one error, and which; with none where none fits.

    Without `what`, it is chosen by lot, and is none in a quarter of the calls.
    """
    found = list(objects)
    what = what or generator.choice(["none", "swap", "drift to background", "drift to neighbour"])
    if what == "none":
        return found, None
    order = generator.permutation(len(found))
    if what == "drift to background":
        for place in order:
            drifted = _to_background(found[place], found, size, generator)
            if drifted is not None:
                found[place], frame = drifted
                return found, Planted(what, frame, (found[place].id,))
        return found, None
    for first in order:
        for second in order:
            frames = _shared(found[first], found[second]) if first != second else []
            if len(frames):
                frame = int(generator.choice(_nearest_third(found[first], found[second], frames)))
                if what == "swap":
                    ids = found[first].id, found[second].id
                    found[first], found[second] = _swapped(found[first], found[second], frame)
                    return found, Planted(what, frame, ids)
                drifted = _to_neighbour(found[first], found[second], frame)
                if drifted is not None:
                    found[first], frame = drifted
                    return found, Planted(what, frame, (found[first].id,))
    return found, None


def _shared(a: ObjectTrajectory, b: ObjectTrajectory) -> np.ndarray:
    """Frames of both with `EDGE` observations of both before and from there on."""
    frames = np.intersect1d(a.frames, b.frames)
    for one in (a, b):
        if len(one.frames) < 2 * EDGE + SLIDE:
            return frames[:0]
        frames = frames[(frames >= one.frames[EDGE]) & (frames <= one.frames[-EDGE - SLIDE])]
    return frames


def _nearest_third(a: ObjectTrajectory, b: ObjectTrajectory, frames: np.ndarray) -> np.ndarray:
    """The third of the frames at which two are nearest each other: there trackers take one for the other."""
    centres = [one.boxes[np.searchsorted(one.frames, frames)].reshape(-1, 2, 2).mean(1) for one in (a, b)]
    apart = np.linalg.norm(centres[0] - centres[1], axis=1)
    return frames[np.argsort(apart, kind="stable")[: max(1, len(frames) // 3)]]


def _with_boxes(one: ObjectTrajectory, frames: np.ndarray, boxes: np.ndarray) -> ObjectTrajectory:
    return replace(
        one,
        frames=frames.astype(np.int32),
        boxes=boxes.astype(np.float32),
        origin=np.full(len(frames), one.origin[0], np.uint8),
        confidence=np.ones(len(frames), np.float32),
        masks=(None,) * len(frames),
        overlap=np.full(len(frames), np.nan, np.float32),
        flags=np.zeros(len(frames), np.uint8),
    )


def _swapped(
    a: ObjectTrajectory, b: ObjectTrajectory, frame: int
) -> tuple[ObjectTrajectory, ObjectTrajectory]:
    def joined(head: ObjectTrajectory, tail: ObjectTrajectory) -> ObjectTrajectory:
        before, after = head.frames < frame, tail.frames >= frame
        return _with_boxes(
            head,
            np.concatenate([head.frames[before], tail.frames[after]]),
            np.concatenate([head.boxes[before], tail.boxes[after]]),
        )

    return joined(a, b), joined(b, a)


def _slid(
    one: ObjectTrajectory, start: int, there: np.ndarray, frames: np.ndarray
) -> tuple[ObjectTrajectory, int] | None:
    """From a frame on, boxes go over to others, (K, 4) at frames (K,); None where they overlap too much."""
    own = one.boxes[one.frames < start]
    at = np.searchsorted(one.frames, frames).clip(max=len(one.frames) - 1)
    share = np.clip((np.arange(len(frames)) + 1) / SLIDE, 0, 1)[:, None]
    boxes = (1 - share) * one.boxes[at] + share * there
    away = np.flatnonzero(iou(boxes, one.boxes[at]) < 0.5)
    if not len(away) or away[0] >= SLIDE or (iou(there, one.boxes[at]) > 0.3).any():
        return None
    joined = _with_boxes(
        one, np.concatenate([one.frames[one.frames < start], frames]), np.concatenate([own, boxes])
    )
    return joined, int(frames[away[0]])


def _to_neighbour(
    a: ObjectTrajectory, b: ObjectTrajectory, start: int
) -> tuple[ObjectTrajectory, int] | None:
    later = b.frames >= start
    return _slid(a, start, b.boxes[later], b.frames[later])


def _to_background(
    one: ObjectTrajectory,
    all_objects: Sequence[ObjectTrajectory],
    size: tuple[int, int],
    generator: np.random.Generator,
) -> tuple[ObjectTrajectory, int] | None:
    """The box stays behind, or goes to a place without object near by, and follows nothing."""
    if len(one.frames) < 2 * EDGE + SLIDE:
        return None
    width, height = size
    for _ in range(20):
        start = int(generator.integers(one.frames[EDGE], one.frames[-EDGE - SLIDE] + 1))
        frames = one.frames[one.frames >= start]
        box = one.boxes[np.searchsorted(one.frames, start)]
        side = box[2:] - box[:2]
        shift = generator.uniform(-1.6, 1.6, 2) * side
        box = box + np.tile(shift, 2)
        if box[0] < 0 or box[1] < 0 or box[2] > width or box[3] > height:
            continue
        there = np.repeat(box[None], len(frames), 0)
        later = np.concatenate([other.boxes[other.frames >= start] for other in all_objects])
        if iou(box, later).max(initial=0) > 0.2:
            continue
        slid = _slid(one, start, there, frames)
        if slid is not None:
            return slid
    return None
