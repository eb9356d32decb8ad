"""The densifier held against the annotation: each keyframe hidden once and filled from those beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.geometry import decode_mask, iou
from core.tracking.boxes import interpolate_boxes, interpolation_confidence
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.tracking.flow_stream import Images
from core.tracking.spans import Span, given_mask, in_order, is_filled_by_box, mask_keyframes, method_of
from core.trajectories.model import ObjectTrajectory
from core.trajectories.sight import is_outside

LONGEST = 60
"""Frames between the two keyframes that a hidden one is filled from, at most."""


@dataclass(frozen=True)
class HiddenKeyframe:
    """How well a keyframe was filled.

    Attributes:
        place: which of the objects.
        frame: the keyframe.
        span: frames from the keyframe before it to the one after it.
        overlap: IoU of the mask filled with the one given, 0..1, or of the boxes where only they are filled;
            0 where nothing was found.
        confidence: what the densifier said of it, 0..1.
    """

    place: int
    frame: int
    span: int
    overlap: float
    confidence: float


class Audit:
    """Hides in turn every keyframe of a clip's objects that has one on both sides; used as a `Densifier`.

    What it measures is harder than densifying: the spans are the sum of two.
    """

    def __init__(self, frames: Images, objects: Sequence[ObjectTrajectory], config: DensifyConfig) -> None:
        self._objects = objects
        self._spans = hidden_spans(objects, config)
        self._densifier = Densifier(frames, objects, replace(config, span=()), self._spans)
        self._by_box = [place for place, one in enumerate(objects) if is_filled_by_box(one, config)]
        self.total = self._densifier.total

    def steps(self) -> Iterator[int]:
        """Steps done so far, of `total`."""
        yield from self._densifier.steps()

    def results(self) -> list[HiddenKeyframe]:
        """By object, then frame."""
        found = self._densifier.trajectories()
        hidden = [
            self._result(place, span, found[place])
            for place in range(len(self._objects))
            for span in self._spans
            if place in span.objects
        ]
        hidden += [
            _result_of_box(place, self._objects[place], *three)
            for place in self._by_box
            for three in _in_threes(self._objects[place], self._objects[place].keyframes)
        ]
        return sorted(hidden, key=lambda keyframe: (keyframe.place, keyframe.frame))

    def _result(self, place: int, span: Span, found: ObjectTrajectory) -> HiddenKeyframe:
        frame, apart = span.first, (span.after or 0) - (span.before or 0)
        at = found.place(frame)
        runs = None if at is None else found.masks[at]
        if at is None or not runs:
            return HiddenKeyframe(place, frame, apart, 0.0, 0.0)
        height, width = self._densifier.size
        mask, truth = decode_mask(runs, height, width), given_mask(self._objects[place], frame, height, width)
        overlap = np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth)
        return HiddenKeyframe(place, frame, apart, float(overlap), float(found.confidence[at]))


def hidden_spans(objects: Sequence[ObjectTrajectory], config: DensifyConfig) -> list[Span]:
    """The masks that are hidden, each a span of one frame; objects with the same neighbours together."""
    found: dict[tuple[int, int, int, str], list[int]] = {}
    for place, trajectory in enumerate(objects):
        if not is_filled_by_box(trajectory, config):
            for three in _in_threes(trajectory, mask_keyframes(trajectory)):
                found.setdefault((*three, method_of(trajectory, config)), []).append(place)
    return in_order(
        Span(hidden, hidden, before, after, tuple(places), method)
        for (before, hidden, after, method), places in found.items()
    )


def _in_threes(one: ObjectTrajectory, keys: np.ndarray) -> list[tuple[int, int, int]]:
    """Each keyframe between two others, near enough to each other, with the object in sight between them."""
    threes = zip(keys[:-2].tolist(), keys[1:-1].tolist(), keys[2:].tolist(), strict=True)
    return [
        (before, hidden, after)
        for before, hidden, after in threes
        if after - before <= LONGEST and not is_outside(one, np.arange(before, after)).any()
    ]


def _result_of_box(place: int, one: ObjectTrajectory, before: int, hidden: int, after: int) -> HiddenKeyframe:
    keys = np.array([before, after])
    boxes = one.boxes[np.isin(one.frames, keys)]
    at = np.array([hidden])
    overlap = iou(interpolate_boxes(keys, boxes, at), one.boxes[one.frames == hidden])
    trust = interpolation_confidence(keys, boxes, at)
    return HiddenKeyframe(place, hidden, after - before, float(overlap[0]), float(trust[0]))
