"""The densifier: masks and boxes carried into the frames between keyframes.

From both keyframes beside a frame the flow is composed, their masks are pulled through it, and each
pixel votes over what it finds there (`core.tracking.voting`); or shapes and boxes are interpolated
without looking at the frames. Keyframes are never changed.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.geometry import encode_mask
from core.tracking.boxes import box_without_specks, interpolate_boxes, interpolation_confidence
from core.tracking.config import DensifyConfig
from core.tracking.flow_filling import FlowFilling
from core.tracking.flow_stream import Images
from core.tracking.fusion import Label
from core.tracking.optical_flow import DisFlow, FlowEstimator
from core.tracking.shape_filling import ShapeFilling
from core.tracking.spans import (
    Span,
    gaps_without_masks,
    given_mask,
    looked_at_frames,
    method_of,
    plan,
)
from core.trajectories.model import Flag, ObjectTrajectory, Origin
from core.trajectories.sight import is_outside


@dataclass(frozen=True, eq=False)
class _Observation:
    frame: int
    box: np.ndarray
    confidence: float
    runs: bytes | None
    flags: int = 0


class Densifier:
    """Fills the frames between the keyframes of the objects of one clip.

    `for done in densifier.steps(): ...` does the work, of `densifier.total` steps; then
    `densifier.trajectories()` has what was found. Closing `steps()` ends the work within a frame.

    Attributes:
        total: how many steps there are.
    """

    def __init__(
        self,
        frames: Images,
        objects: Sequence[ObjectTrajectory],
        config: DensifyConfig,
        spans: Sequence[Span] | None = None,
        estimator: FlowEstimator | None = None,
    ) -> None:
        """Args:
        frames: the clip's.
        spans: what is to be filled, in order; None for all there is (`plan`).
        """
        self._objects = objects
        self._config = config
        self._end = len(frames)
        self._spans = plan(objects, len(frames), config) if spans is None else list(spans)
        self._methods = [method_of(one, config) for one in objects]
        self._by_flow = FlowFilling(frames, objects, config, estimator or DisFlow())
        self._by_shape = ShapeFilling(frames, objects)
        self._labels: dict[int, dict[int, Label]] = defaultdict(dict)  # frame → object → label
        self._doubtful: set[tuple[int, int]] = set()  # object and frame
        self._found: list[list[_Observation]] = [[] for _ in objects]
        self.total = steps_needed(self._spans)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the frames, once one was read."""
        return self._by_flow.size if self._by_flow.size != (0, 0) else self._by_shape.size

    def steps(self) -> Iterator[int]:
        """Steps done so far, after each: a frame whose flow is known, or one filled for a span."""
        open_spans = list(self._spans)
        by_flow, by_shape = _by_method(self._spans)
        filling = itertools.chain(self._by_flow.steps(by_flow), self._by_shape.steps(by_shape))
        for done, filled in enumerate(filling, 1):
            if filled is not None:
                self._labels[filled.frame] |= filled.labels
                self._doubtful |= {(place, filled.frame) for place in filled.doubtful}
                if filled.frame == filled.span.first:
                    self._end_where_doubtful(filled.span)
                    open_spans.remove(filled.span)
                    self._resolve_before(min((span.first for span in open_spans), default=self._end))
            yield done

    def trajectories(self) -> list[ObjectTrajectory]:
        """Per object, in their order, what was found between its keyframes and nothing else."""
        looked_at = looked_at_frames(self._objects)
        together = []
        for one, method, found in zip(self._objects, self._methods, self._found, strict=True):
            if method == "box":
                together.append(between_boxes(one, self._config))
                continue
            there = {observation.frame for observation in found}
            boxes = [
                each
                for gap in gaps_without_masks(one, looked_at)
                for each in _straight(one, np.array(gap), self._config)
                if each.frame not in there
            ]
            together.append(_packed(one, sorted(found + boxes, key=lambda observation: observation.frame)))
        return together

    # --- filling --------------------------------------------------------------------------------

    def _end_where_doubtful(self, span: Span) -> None:
        """Carried from one side only, an object ends for good where its confidence falls too low."""
        if span.before is not None and span.after is not None:
            return
        frames = range(span.first, span.last + 1)
        for place in span.objects:
            ended = False
            for frame in frames if span.after is None else reversed(frames):
                label = self._labels[frame].get(place)
                ended = ended or label is None or label.confidence < self._config.min_confidence
                if ended:
                    self._labels[frame].pop(place, None)

    # --- masks that do not overlap ----------------------------------------------------------------

    def _resolve_before(self, frame: int) -> None:
        """Settle the frames that no open span can add to."""
        for ready in sorted(number for number in self._labels if number < frame):
            labels = self._labels.pop(ready)
            if self._config.asks_for(ready):
                self._resolve(ready, labels)

    def _resolve(self, frame: int, labels: dict[int, Label]) -> None:
        """Give every pixel to its likeliest object, if likelier than not; keyframes keep what is theirs."""
        height, width = self.size
        best = np.full((height, width), 0.5, np.float32)
        owner = np.full((height, width), -1, np.int32)
        for place, label in labels.items():
            filling = self._by_flow if self._methods[place] == "flow" else self._by_shape
            part, probability = label.at_size(filling.working_size, self.size)
            wins = probability > best[part]
            best[part][wins] = probability[wins]
            owner[part][wins] = place
        for place, other in enumerate(self._objects):
            if place not in labels:
                owner[given_mask(other, frame, height, width)] = -1
        for place, label in labels.items():
            mask = owner == place
            box = box_without_specks(mask)
            if box is not None:
                flags = Flag.DISAGREES if (place, frame) in self._doubtful else 0
                found = _Observation(frame, box, label.confidence, encode_mask(mask), flags)
                self._found[place].append(found)


def between_boxes(trajectory: ObjectTrajectory, config: DensifyConfig) -> ObjectTrajectory:
    """What lies between the boxes of an object's keyframes, without looking at frames or masks."""
    return _packed(trajectory, _straight(trajectory, trajectory.keyframes, config))


def steps_needed(spans: Sequence[Span]) -> int:
    """How many steps a `Densifier` takes to fill spans."""
    by_flow, by_shape = _by_method(spans)
    return FlowFilling.steps_needed(by_flow) + ShapeFilling.steps_needed(by_shape)


def _by_method(spans: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    """Those filled by flow, and those filled by shape."""
    return [one for one in spans if one.method == "flow"], [one for one in spans if one.method != "flow"]


def _straight(trajectory: ObjectTrajectory, keys: np.ndarray, config: DensifyConfig) -> list[_Observation]:
    """Boxes between some keyframes of an object, within what is asked for."""
    boxes = trajectory.boxes[np.isin(trajectory.frames, keys)]
    between = np.setdiff1d(np.arange(keys[0], keys[-1]), keys) if len(keys) else keys
    asked = np.array([config.asks_for(int(frame)) for frame in between], bool)
    between = between[asked & ~is_outside(trajectory, between)]
    if len(between) == 0:
        return []
    filled = interpolate_boxes(keys, boxes, between)
    trust = interpolation_confidence(keys, boxes, between)
    rows = zip(between.tolist(), filled, trust.tolist(), strict=True)
    return [_Observation(frame, box, sure, None) for frame, box, sure in rows]


def _packed(trajectory: ObjectTrajectory, found: Sequence[_Observation]) -> ObjectTrajectory:
    return replace(
        trajectory,
        frames=np.array([observation.frame for observation in found], np.int32),
        boxes=np.array([observation.box for observation in found], np.float32).reshape(-1, 4),
        origin=np.full(len(found), Origin.PROPAGATED, np.uint8),
        confidence=np.array([observation.confidence for observation in found], np.float32),
        masks=tuple(observation.runs for observation in found),
        overlap=np.full(len(found), np.nan, np.float32),
        flags=np.array([observation.flags for observation in found], np.uint8),
    )
