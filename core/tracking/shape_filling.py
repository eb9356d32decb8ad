"""Spans filled without flow: the shape between the two keyframes beside them."""

from collections.abc import Iterator, Sequence

import numpy as np

from core.tracking.boxes import trust_between
from core.tracking.flow_stream import Images
from core.tracking.fusion import Filled, Label
from core.tracking.shapes import ShapeBlend
from core.tracking.spans import Span, given_mask
from core.trajectories.model import ObjectTrajectory

STEEP = 8
"""Levels of a label's probability, of 255, that a pixel's distance from the outline is worth."""


class ShapeFilling:
    """Fills spans that have a keyframe on both sides; labels are in pixels of the frames.

    Attributes:
        size, working_size: height and width of the frames, once one was read.
    """

    def __init__(self, frames: Images, objects: Sequence[ObjectTrajectory]) -> None:
        self._frames, self._objects = frames, objects
        self.size = self.working_size = (0, 0)

    def steps(self, spans: Sequence[Span]) -> Iterator[Filled]:
        """`steps_needed` of them; the frames of a span come last one first."""
        for span in spans:
            if self.size == (0, 0):
                self.size = self.working_size = self._frames[span.first].shape[:2]
            keys = [key for key in (span.before, span.after) if key is not None]
            blends = {
                place: ShapeBlend(*(given_mask(self._objects[place], key, *self.size) for key in keys))
                for place in span.objects
            }
            for frame in range(span.last, span.first - 1, -1):
                time = span.time(frame)
                yield Filled(span, frame, {place: _label(blend, time) for place, blend in blends.items()})

    @staticmethod
    def steps_needed(spans: Sequence[Span]) -> int:
        """One a frame filled for a span."""
        return sum(span.last - span.first + 1 for span in spans)


def _label(blend: ShapeBlend, time: float) -> Label:
    depth, x, y = blend.at(time)
    levels = np.where(depth > 0, 128 + STEEP * depth, 127 + STEEP * depth)
    return Label(x, y, levels.clip(0, 255).astype(np.uint8), float(trust_between(time, blend.likeness)))
