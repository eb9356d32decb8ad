"""Errors planted in object trajectories, and what a reviewer makes of them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.transfer.worlds import World
from core import geometry
from core.trajectories.model import ObjectTrajectory

LOST = 0.5
"""A box that overlaps the object by less (IoU) has left it."""

DRIFT = 1.2
"""Of the sides of the box: how far a drifting track ends from its object."""

STEP = 0.15
"""Of the sides: how far a false track moves from frame to frame, at random."""


def spoil(world: World, share: float, seed: int) -> World:
    """Plant errors in a share of the objects of the training clips; a third of each kind, about.

    - identity swap: from a frame of the middle third on, two objects of a clip exchange their boxes;
    - drift: from such a frame on, the box leaves its object in a straight line;
    - false track: the track follows nothing: a box of the object's size that wanders about the frame.

    The objects are chosen by the seed; those spoilt at a smaller share are spoilt at a larger one too.
    """
    return _reviewed(world, share, seed, corrected=False)


def corrected(world: World, share: float, seed: int) -> World:
    """The same errors after a review by somebody who sees each one and decides rightly (an oracle).

    What works through the queue to its end would do at best: a swap is exchanged back, a drifting track is
    cut where it has left its object (IoU below `LOST`), so its end is lost; a false track is rejected, so
    its object is lost.
    """
    return _reviewed(world, share, seed, corrected=True)


def _reviewed(world: World, share: float, seed: int, corrected: bool) -> World:
    objects = []
    for number, content in enumerate(world.contents):
        rng = np.random.default_rng([seed, number, 11])
        size = np.array([content.clip.width, content.clip.height], np.float32)
        objects.append(tuple(_of_clip(content.objects, size, share, rng, corrected)))
    return world.with_objects(objects)


def _of_clip(
    objects: Sequence[ObjectTrajectory],
    size: np.ndarray,
    share: float,
    rng: np.random.Generator,
    corrected: bool,
) -> list[ObjectTrajectory]:
    ranks, kinds, plans = (
        rng.random(len(objects)),
        rng.integers(0, 3, len(objects)),
        rng.integers(2**31, size=len(objects)),
    )
    found = list(objects)
    for place, one in enumerate(objects):
        if ranks[place] >= share:
            continue
        own = np.random.default_rng(plans[place])
        kind = kinds[place]
        if kind == 0 and len(objects) > 1:
            if not corrected:  # a swap spoils two, so half as many are enough
                other = (place + 1) % len(objects)
                if ranks[place] < share / 2 or ranks[other] < share:
                    found[place], found[other] = _swapped(found[place], found[other], own)
            continue
        if kind == 1:
            drifted = _drifted(one, own)
            if corrected:
                on_it = geometry.iou(drifted.boxes, one.boxes) >= LOST
                drifted = _part(drifted, on_it)
            found[place] = drifted
        elif corrected:
            found[place] = _part(one, np.zeros(len(one.frames), bool))
        else:
            found[place] = _wandering(one, size, own)
    return [one for one in found if len(one.frames) >= 2]


def _swapped(
    a: ObjectTrajectory, b: ObjectTrajectory, rng: np.random.Generator
) -> tuple[ObjectTrajectory, ObjectTrajectory]:
    frames = np.intersect1d(a.frames, b.frames)
    if len(frames) < 3:
        return a, b
    at = _middle(frames, rng)
    return _joined(a, b, at), _joined(b, a, at)


def _joined(a: ObjectTrajectory, b: ObjectTrajectory, at: int) -> ObjectTrajectory:
    """The first up to a frame, the second from there on, under the first's id."""
    before, after = _part(a, a.frames < at), _part(b, b.frames >= at)
    return replace(
        a,
        frames=np.concatenate([before.frames, after.frames]),
        boxes=np.concatenate([before.boxes, after.boxes]),
        origin=np.concatenate([before.origin, after.origin]),
        confidence=np.concatenate([before.confidence, after.confidence]),
        overlap=np.concatenate([before.overlap, after.overlap]),
        flags=np.concatenate([before.flags, after.flags]),
        masks=before.masks + after.masks,
    )


def _drifted(one: ObjectTrajectory, rng: np.random.Generator) -> ObjectTrajectory:
    at, angle = _middle(one.frames, rng), rng.uniform(0, 2 * np.pi)
    away = ((one.frames - at + 1) / (one.frames[-1] - at + 1)).clip(0)[:, None]
    shift = DRIFT * away * np.array([np.cos(angle), np.sin(angle)]) * (one.boxes[:, 2:] - one.boxes[:, :2])
    return replace(one, boxes=(one.boxes + np.tile(shift, 2)).astype(np.float32))


def _wandering(one: ObjectTrajectory, size: np.ndarray, rng: np.random.Generator) -> ObjectTrajectory:
    side = (one.boxes[:, 2:] - one.boxes[:, :2]).mean(0)
    start = rng.uniform(0, 1, 2) * np.maximum(size - side, 0)
    walk = start + np.cumsum(rng.normal(0, STEP, (len(one.frames), 2)) * side, axis=0)
    corner = np.clip(walk, 0, np.maximum(size - side, 0))
    return replace(one, boxes=np.concatenate([corner, corner + side], axis=1).astype(np.float32))


def _middle(frames: np.ndarray, rng: np.random.Generator) -> int:
    third = max(1, len(frames) // 3)
    return int(frames[rng.integers(third, max(third + 1, len(frames) - third))])


def _part(one: ObjectTrajectory, rows: np.ndarray) -> ObjectTrajectory:
    kept = np.flatnonzero(rows)
    names = ("frames", "boxes", "origin", "confidence", "overlap", "flags")
    return replace(
        one, masks=tuple(one.masks[row] for row in kept), **{name: getattr(one, name)[kept] for name in names}
    )
