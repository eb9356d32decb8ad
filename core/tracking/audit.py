"""The densifier held against the annotation: each keyframe hidden once and filled from those beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.geometry import decode_mask
from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.tracking.flow_stream import Images
from core.tracking.spans import Span, given_mask, in_order, mask_keyframes
from core.trajectories.model import ObjectTrajectory

LONGEST = 60
"""Frames between the two keyframes that a hidden one is filled from, at most."""


@dataclass(frozen=True)
class HiddenKeyframe:
    """How well a keyframe was filled.

    Attributes:
        place: which of the objects.
        frame: the keyframe.
        span: frames from the keyframe before it to the one after it.
        overlap: IoU of the mask filled with the one given, 0..1; 0 where nothing was found.
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
        self._spans = hidden_spans(objects)
        self._densifier = Densifier(frames, objects, config, self._spans)
        self.total = self._densifier.total

    def steps(self) -> Iterator[int]:
        """Steps done so far, of `total`."""
        yield from self._densifier.steps()

    def results(self) -> list[HiddenKeyframe]:
        """By object, then frame."""
        found = self._densifier.trajectories()
        return [
            self._result(place, span, found[place])
            for place in range(len(self._objects))
            for span in self._spans
            if place in span.objects
        ]

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


def hidden_spans(objects: Sequence[ObjectTrajectory]) -> list[Span]:
    """The keyframes that are hidden, each a span of one frame; objects with the same neighbours together."""
    found: dict[tuple[int, int, int], list[int]] = {}
    for place, trajectory in enumerate(objects):
        keys = mask_keyframes(trajectory).tolist()
        for (before, hidden), (_, after) in pairwise(pairwise(keys)):
            if after - before <= LONGEST:
                found.setdefault((before, hidden, after), []).append(place)
    return in_order(
        Span(hidden, hidden, before, after, tuple(places))
        for (before, hidden, after), places in found.items()
    )
