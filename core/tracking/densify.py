"""The densifier: masks and boxes carried by optical flow into the frames between keyframes.

From both keyframes beside a frame the flow is composed, their masks are pulled through it, and each
pixel votes over what it finds there (`core.tracking.voting`). Keyframes are never changed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.geometry import encode_mask
from core.tracking.boxes import box_without_specks, interpolate_boxes, interpolation_confidence
from core.tracking.composition import Composition, packed, unpacked
from core.tracking.config import DensifyConfig
from core.tracking.flow_stream import FrameFlow, Images, stream
from core.tracking.fusion import Key, Label, View, label_objects
from core.tracking.optical_flow import DisFlow, FlowEstimator
from core.tracking.spans import Span, given_mask, mask_keyframes, plan
from core.tracking.voting import lab
from core.trajectories.model import ObjectTrajectory, Origin


@dataclass(frozen=True, eq=False)
class _Observation:
    frame: int
    box: np.ndarray
    confidence: float
    runs: bytes | None


class _Recent:
    """What open spans still need of the frames behind, by frame number."""

    def __init__(self) -> None:
        self.colours: dict[int, np.ndarray] = {}  # (H, W, 3) uint8, by `lab`
        self.out: dict[int, np.ndarray] = {}  # (H, W, 2) packed flow from frame to frame + 1
        self.back: dict[int, np.ndarray] = {}  # (H, W, 2) packed flow from frame + 1 to frame
        self.ahead: dict[int, Composition] = {}  # by keyframe, from the present frame to it
        self.paths: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}  # by keyframe and frame

    def add(self, now: FrameFlow, frame: int, keys: set[int]) -> None:
        """Take a frame; `keys` are the keyframes behind it that open spans are carried from."""
        self.colours[frame] = lab(now.image)
        if now.flows:
            self.out[frame - 1], self.back[frame - 1] = map(packed, now.flows[1])
        for key in keys:
            path = self.ahead.setdefault(key, Composition(*now.grey.shape[:2]))
            path.step(*now.flows[1][::-1])
            self.paths[key, frame] = packed(path.displacement), packed(path.confidence)

    def path(self, key: int, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """Displacement and confidence from a frame to a keyframe behind it, as `Composition` has them."""
        displacement, confidence = self.paths[key, frame]
        return unpacked(displacement), unpacked(confidence)

    def forget_before(self, frame: int) -> None:
        for kept in (self.colours, self.out, self.back):
            for old in [number for number in kept if number < frame]:
                del kept[old]
        self.ahead = {key: path for key, path in self.ahead.items() if key >= frame}
        self.paths = {pair: path for pair, path in self.paths.items() if pair[0] >= frame}


class Densifier:
    """Fills the frames between the keyframes of the objects of one clip.

    `for done in densifier.steps(): ...` does the work, of `densifier.total` steps; then
    `densifier.trajectories()` has what was found. Closing `steps()` ends the work within a frame.

    Attributes:
        total: how many steps there are.
        size: height and width of the frames, once one was read.
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
        self._frames = frames
        self._objects = objects
        self._config = config
        self._estimator = estimator or DisFlow()
        self._spans = plan(objects, len(frames), config) if spans is None else list(spans)
        self._blocks = _blocks(self._spans)
        self._labels: dict[int, dict[int, Label]] = defaultdict(dict)  # frame → object → label
        self._found: list[list[_Observation]] = [[] for _ in objects]
        self.size, self._working_size = (0, 0), (0, 0)
        self.total = steps_needed(self._spans)

    def steps(self) -> Iterator[int]:
        """Steps done so far, after each: a frame whose flow is known, or one filled for a span."""
        done = 0
        for block in self._blocks:
            for _ in self._fill(block):
                done += 1
                yield done

    def trajectories(self) -> list[ObjectTrajectory]:
        """Per object, in their order, what was found between its keyframes and nothing else."""
        return [
            _packed(one, sorted(found, key=lambda observation: observation.frame))
            if len(mask_keyframes(one))
            else self._boxes_only(one)
            for one, found in zip(self._objects, self._found, strict=True)
        ]

    # --- filling --------------------------------------------------------------------------------

    def _fill(self, block: range) -> Iterator[None]:
        recent = _Recent()
        spans = [span for span in self._spans if span.frames[0] in block]
        frames = _Part(self._frames, block)
        for now in stream(frames, {1: self._estimator}, self._config.threads, self._config.max_side):
            frame = block[now.frame]
            self.size, self._working_size = now.size, now.grey.shape[:2]
            recent.add(
                now, frame, {s.before for s in spans if s.before is not None and s.before < frame <= s.last}
            )
            yield
            while spans and spans[0].frames[-1] == frame:
                yield from self._fill_span(spans.pop(0), recent)
            recent.forget_before(min((span.frames[0] for span in spans), default=block.stop))
            self._resolve_before(min((span.first for span in spans), default=block.stop))

    def _fill_span(self, span: Span, recent: _Recent) -> Iterator[None]:
        whole = (span.after or 0) - (span.before or 0)
        keys = {
            frame: Key.of(self._masks(frame, span.objects), recent.colours[frame])
            for frame in (span.before, span.after)
            if frame is not None
        }
        path = Composition(*self._working_size)
        for frame in range(span.frames[-1], span.first - 1, -1):
            if span.after is not None and frame < span.after:
                path.step(unpacked(recent.out[frame]), unpacked(recent.back[frame]))
            if frame > span.last:
                continue
            views = []
            if span.before is not None:
                nearness = 1.0 if span.after is None else (span.after - frame) / whole
                displacement, confidence = recent.path(span.before, frame)
                views.append(View(keys[span.before], displacement, confidence, nearness))
            if span.after is not None:
                nearness = 1.0 if span.before is None else (frame - span.before) / whole
                views.append(View(keys[span.after], path.displacement, path.confidence, nearness))
            self._labels[frame] |= label_objects(recent.colours[frame], views)
            yield
        if span.before is None or span.after is None:
            self._end_where_doubtful(span)

    def _masks(self, key: int, objects: Sequence[int]) -> dict[int, np.ndarray]:
        """The masks of a keyframe by object, (H, W) float32 in 0..1, in the size that is worked in."""
        height, width = self._working_size
        shrunk = {}
        for place in objects:
            mask = given_mask(self._objects[place], key, *self.size).astype(np.float32)
            shrunk[place] = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
        return shrunk

    def _end_where_doubtful(self, span: Span) -> None:
        """Carried from one side only, an object ends for good where its confidence falls too low."""
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
            self._resolve(ready, self._labels.pop(ready))

    def _resolve(self, frame: int, labels: dict[int, Label]) -> None:
        """Give every pixel to its likeliest object, if likelier than not; keyframes keep what is theirs."""
        height, width = self.size
        best = np.full((height, width), 0.5, np.float32)
        owner = np.full((height, width), -1, np.int32)
        for place, label in labels.items():
            part, probability = label.at_size(self._working_size, self.size)
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
                confidence = label.confidence
                self._found[place].append(_Observation(frame, box, confidence, encode_mask(mask)))

    def _boxes_only(self, trajectory: ObjectTrajectory) -> ObjectTrajectory:
        """What lies between the boxes of an object without masks."""
        keys = trajectory.keyframes
        boxes = trajectory.boxes[np.isin(trajectory.frames, keys)]
        between = np.setdiff1d(np.arange(keys[0], keys[-1]), keys) if len(keys) else keys
        if self._config.span:
            between = between[(between >= self._config.span[0]) & (between <= self._config.span[1])]
        if len(between) == 0:
            return _packed(trajectory, [])
        filled = interpolate_boxes(keys, boxes, between)
        trust = interpolation_confidence(keys, boxes, between)
        rows = zip(between.tolist(), filled, trust.tolist(), strict=True)
        return _packed(trajectory, [_Observation(frame, box, sure, None) for frame, box, sure in rows])


class _Part:
    """Some frames of a clip, in order."""

    def __init__(self, frames: Images, numbers: range) -> None:
        self._frames, self._numbers = frames, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, place: int, /) -> np.ndarray:
        return self._frames[self._numbers[place]]


def steps_needed(spans: Sequence[Span]) -> int:
    """How many steps it takes to fill spans: one a frame whose flow is computed, one a frame filled."""
    return sum(map(len, _blocks(spans))) + sum(span.last - span.first + 1 for span in spans)


def _blocks(spans: Sequence[Span]) -> list[range]:
    """The frames that spans need, as ranges that do not touch."""
    blocks: list[range] = []
    for frames in sorted((span.frames for span in spans), key=lambda frames: frames.start):
        if blocks and frames.start < blocks[-1].stop:
            blocks[-1] = range(blocks[-1].start, max(blocks[-1].stop, frames.stop))
        else:
            blocks.append(frames)
    return blocks


def _packed(trajectory: ObjectTrajectory, found: "Sequence[_Observation]") -> ObjectTrajectory:
    return replace(
        trajectory,
        frames=np.array([observation.frame for observation in found], np.int32),
        boxes=np.array([observation.box for observation in found], np.float32).reshape(-1, 4),
        origin=np.full(len(found), Origin.PROPAGATED, np.uint8),
        confidence=np.array([observation.confidence for observation in found], np.float32),
        masks=tuple(observation.runs for observation in found),
        overlap=np.full(len(found), np.nan, np.float32),
        flags=np.zeros(len(found), np.uint8),
    )
