"""One object carried on from a frame, one frame after the other, as soon as each is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import decode_mask, encode_mask
from core.tracking.boxes import box_without_specks
from core.tracking.composition import Composition
from core.tracking.config import DensifyConfig
from core.tracking.flow_stream import FrameFlow, Images, SomeFrames, stream
from core.tracking.fusion import Key, View, label_objects
from core.tracking.optical_flow import DisFlow, FlowEstimator
from core.tracking.spans import given_mask
from core.tracking.voting import lab
from core.trajectories.model import ObjectTrajectory

SAMPLES = 12
"""Points a side of a box whose flow moves it."""


@dataclass(frozen=True, eq=False)
class Carried:
    """An object at a frame: `box` (4,) float32, `mask` run lengths or None, `confidence` in 0..1."""

    frame: int
    box: np.ndarray
    mask: bytes | None
    confidence: float


def carry(
    frames: Images,
    one: ObjectTrajectory,
    start: int,
    end: int,
    config: DensifyConfig,
    others: Sequence[ObjectTrajectory] = (),
    estimator: FlowEstimator | None = None,
) -> Iterator[Carried]:
    """What becomes of an object from one frame to another, the first left out, backwards if that is earlier.

    A mask is pulled through the flow back to `start`, as the densifier does beyond a keyframe; a box moves
    and grows as the flow of the points does that flow brings back to where they were. It ends where its
    confidence falls below `config.min_confidence`, or nothing of it is left.

    Args:
        frames: the clip's; only those from `start` to `end` are read.
        one: the object; it has an observation at `start`.
        others: objects whose keyframes keep their pixels.

    Raises:
        StudioError: the frames are too small for flow, or a mask is of another size.
        ValueError: the object is not in frame `start`.

    Source: for boxes, Kalal, Mikolajczyk and Matas, ICPR 2010, Section 3.
    """
    place = one.place(start)
    if place is None:
        raise ValueError(f"nothing to carry on from frame {start}")
    numbers = range(start, end + 1) if end >= start else range(start, end - 1, -1)
    flows = stream(SomeFrames(frames, numbers), {1: estimator or DisFlow()}, config.threads, config.max_side)
    runs = one.masks[place]
    carried = _boxes(flows, one.boxes[place]) if not runs else _masks(flows, runs, others, numbers)
    for at, box, mask, confidence in carried:
        if confidence < config.min_confidence:
            return
        yield Carried(numbers[at], box.astype(np.float32), mask, confidence)


_Found = Iterator[tuple[int, np.ndarray, bytes | None, float]]
"""Which of the frames, counted from `start`; box; mask; confidence."""


def _masks(
    flows: Iterator[FrameFlow], runs: bytes, others: Sequence[ObjectTrajectory], numbers: range
) -> _Found:
    first = next(flows)
    working, mask = first.grey.shape[:2], decode_mask(runs, *first.size).astype(np.float32)
    shrunk = cv2.resize(mask, working[::-1], interpolation=cv2.INTER_AREA)
    key, path = Key.of({0: shrunk}, lab(first.image)), Composition(*working)
    for now in flows:
        path.step(*now.flows[1][::-1])
        label = label_objects(lab(now.image), [View(key, path.displacement, path.confidence, 1.0)]).get(0)
        if label is None:
            return
        part, probability = label.at_size(working, now.size)
        found = np.zeros(now.size, bool)
        found[part] = probability > 0.5
        for other in others:
            found &= ~given_mask(other, numbers[now.frame], *now.size)
        box = box_without_specks(found)
        if box is None:
            return
        yield now.frame, box, encode_mask(found), label.confidence


def _boxes(flows: Iterator[FrameFlow], box: np.ndarray) -> _Found:
    first = next(flows)
    scale = np.tile(np.array(first.size[::-1]) / first.grey.shape[::-1], 2)
    here, path = box / scale, Composition(*first.grey.shape)
    high, wide = first.grey.shape
    for now in flows:
        out, back = now.flows[1]
        path.step(back, out)
        moved = _moved(here, out, back)
        if moved is None:
            return
        here = moved
        seen = np.clip(here, 0, (wide, high, wide, high))
        x1, y1, x2, y2 = np.concatenate((np.floor(seen[:2]), np.ceil(seen[2:]))).astype(int)
        if min(seen[2] - seen[0], seen[3] - seen[1]) < 1:
            return
        yield now.frame, seen * scale, None, float(path.confidence[y1:y2, x1:x2].mean())


def _moved(box: np.ndarray, out: np.ndarray, back: np.ndarray) -> np.ndarray | None:
    """A box (4,) a frame later, by the half of its points that flow brings back best; None outside the frame.

    Args:
        out, back: (H, W, 2) float32, flow to the next frame, and from there.
    """
    high, wide = out.shape[:2]
    ends = (box[:2], box[2:])
    x, y = np.meshgrid(*(np.linspace(low, end, SAMPLES + 2)[1:-1] for low, end in zip(*ends, strict=True)))
    points = np.stack((x.ravel(), y.ravel()), axis=1)
    points = points[((points >= 0) & (points <= (wide - 1, high - 1))).all(axis=1)]
    if len(points) < 4:
        return None
    later = points + _at(out, points)
    miss = np.hypot(*(later + _at(back, later) - points).T)
    kept = miss <= np.median(miss)
    points, later = points[kept], later[kept]
    step = np.median(later - points, axis=0)
    apart, now = (np.hypot(*(one - np.roll(one, 1, axis=0)).T) for one in (points, later))
    grown = float(np.median(now[apart > 0] / apart[apart > 0])) if (apart > 0).any() else 1.0
    centre, half = (box[:2] + box[2:]) / 2 + step, (box[2:] - box[:2]) / 2 * grown
    return np.concatenate((centre - half, centre + half))


def _at(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A field (H, W, 2) at points (n, 2) x and y, (n, 2)."""
    x, y = (np.ascontiguousarray(each, np.float32)[:, None] for each in points.T)
    found: np.ndarray = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found[:, 0]
