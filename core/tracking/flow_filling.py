"""Spans filled by flow: a frame is seen from the keyframes beside it, and they vote on it."""

from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np

from core.tracking.composition import Composition, unpacked
from core.tracking.config import DensifyConfig
from core.tracking.flow_stream import Images, SomeFrames, stream
from core.tracking.fusion import Filled, Key, Label, View, label_objects
from core.tracking.optical_flow import FlowEstimator
from core.tracking.recent_frames import RecentFrames
from core.tracking.shapes import ShapeBlend
from core.tracking.spans import Span, given_mask
from core.trajectories.model import ObjectTrajectory

DOUBTFUL = 0.58
"""A mask is to be looked at where the mean of its confidence and of its likeness to the shape between its
keyframes is below. Measured: `python -m benchmarks.densification`, "flags"."""

CONTRADICTED = 0.6
"""Confidence below which a mask is to be looked at whatever its shape: its keyframes place it apart."""


class FlowFilling:
    """Fills spans in order of their ends, in one pass over the frames they need.

    Attributes:
        size: height and width of the frames, once one was read.
        working_size: the same after shrinking; labels are in its pixels.
    """

    def __init__(
        self,
        frames: Images,
        objects: Sequence[ObjectTrajectory],
        config: DensifyConfig,
        estimator: FlowEstimator,
    ) -> None:
        self._frames, self._objects, self._config = frames, objects, config
        self._estimator = estimator
        self.size, self.working_size = (0, 0), (0, 0)

    def steps(self, spans: Sequence[Span]) -> Iterator[Filled | None]:
        """`steps_needed` of them: what was found, or None where only flow was computed."""
        for block in _blocks(spans):
            yield from self._fill(block, [span for span in spans if span.frames[0] in block])

    @staticmethod
    def steps_needed(spans: Sequence[Span]) -> int:
        """One a frame whose flow is computed, one a frame filled for a span."""
        return sum(map(len, _blocks(spans))) + sum(span.last - span.first + 1 for span in spans)

    def _fill(self, block: range, spans: list[Span]) -> Iterator[Filled | None]:
        recent = RecentFrames()
        frames = SomeFrames(self._frames, block)
        for now in stream(frames, {1: self._estimator}, self._config.threads, self._config.max_side):
            frame = block[now.frame]
            self.size, self.working_size = now.size, now.grey.shape[:2]
            recent.add(
                now, frame, {s.before for s in spans if s.before is not None and s.before < frame <= s.last}
            )
            yield None
            while spans and spans[0].frames[-1] == frame:
                yield from self._fill_span(spans.pop(0), recent)
            recent.forget_before(min((span.frames[0] for span in spans), default=block.stop))

    def _fill_span(self, span: Span, recent: RecentFrames) -> Iterator[Filled]:
        keys = {
            frame: Key.of(self._masks(frame, span.objects), recent.colours[frame])
            for frame in (span.before, span.after)
            if frame is not None
        }
        blends = _blends(span, keys)
        path = Composition(*self.working_size)
        for frame in range(span.frames[-1], span.first - 1, -1):
            if span.after is not None and frame < span.after:
                path.step(unpacked(recent.out[frame]), unpacked(recent.back[frame]))
            if frame > span.last:
                continue
            time, views = span.time(frame), []
            if span.before is not None:
                displacement, confidence = recent.path(span.before, frame)
                views.append(View(keys[span.before], displacement, confidence, 1 - time))
            if span.after is not None:
                views.append(View(keys[span.after], path.displacement, path.confidence, time))
            labels = label_objects(recent.colours[frame], views)
            doubtful = (place for place, blend in blends.items() if _doubt(labels.get(place), blend, time))
            yield Filled(span, frame, labels, frozenset(doubtful))

    def _masks(self, key: int, objects: Sequence[int]) -> dict[int, np.ndarray]:
        """The masks of a keyframe by object, (H, W) float32 in 0..1, in the size that is worked in."""
        height, width = self.working_size
        shrunk = {}
        for place in objects:
            mask = given_mask(self._objects[place], key, *self.size).astype(np.float32)
            shrunk[place] = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
        return shrunk


def _blends(span: Span, keys: Mapping[int, Key]) -> dict[int, ShapeBlend]:
    """By object, the shapes between its two keyframes; nothing where it has only one."""
    if span.before is None or span.after is None:
        return {}
    masks = {place: [keys[key].masks[place] > 0.5 for key in keys] for place in span.objects}
    return {place: ShapeBlend(*both) for place, both in masks.items() if all(mask.any() for mask in both)}


def _doubt(label: Label | None, blend: ShapeBlend, time: float) -> bool:
    """Whether a mask and the shape between its keyframes disagree."""
    if label is None:
        return False
    if label.confidence < CONTRADICTED:
        return True
    return (label.confidence + blend.likeness_of(label.mask, time)) / 2 < DOUBTFUL


def _blocks(spans: Sequence[Span]) -> list[range]:
    """The frames that spans need, as ranges that do not touch."""
    blocks: list[range] = []
    for frames in sorted((span.frames for span in spans), key=lambda frames: frames.start):
        if blocks and frames.start < blocks[-1].stop:
            blocks[-1] = range(blocks[-1].start, max(blocks[-1].stop, frames.stop))
        else:
            blocks.append(frames)
    return blocks
