"""Draw pairs and triplets of patches: which clip, frame and box; pixels come later, in `patches`.

All randomness comes from one generator that is passed in, so a preview made from a copy of its state is
the very batch that training will see.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import geometry
from core.errors import StudioError
from core.pairs.jitter import NO_JITTER, Jitter, colour_maps, moved
from core.pairs.negatives import negative_boxes
from core.pairs.training_set import KINDS, TrainingSet, TrajectorySet
from core.pairs.visiting import ClipVisits, clip_visits, place_in_stream
from core.trajectories.model import Kind

REGIMES = tuple(KINDS)

NEGATIVE_SCALES = {Kind.OBJECT: (0.7, 1.4), Kind.POINT: (1.0, 1.0)}
"""Factors of a negative's sides: patches around points keep their 100 × 100 pixels, as positives do."""


@dataclass(frozen=True)
class FrameGap:
    """How far apart in time two patches are, in frames.

    Attributes:
        shortest: at least 1; a trajectory that spans fewer than twice as many frames takes half its
            span instead, so that short ones still train.
        longest: 0 for no limit.
    """

    shortest: int = 5
    longest: int = 0


@dataclass(frozen=True, eq=False)
class PairBatch:
    """Pairs as drawn; in every pair the anchor comes first (column 0), then the candidate (column 1).

    Attributes:
        clip: (B, 2) int32, places in `TrainingSet.clips`; the same clip twice.
        frame: (B, 2) int32.
        box: (B, 2, 4) float32, pixels of the frame; may reach over its border.
        same: (B,) bool, whether the candidate is the trajectory's own box.
        trajectory: (B,) int64, ids.
        flip: (B,) bool, mirror both patches left to right.
        colours: (B, 2, 3, 4) float32, of `colour_maps`, for each patch; None where colours stay.
    """

    clip: np.ndarray
    frame: np.ndarray
    box: np.ndarray
    same: np.ndarray
    trajectory: np.ndarray
    flip: np.ndarray
    colours: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class TripletBatch:
    """Triplets as drawn: anchor, positive (same trajectory, other frame), negative (another trajectory).

    Attributes:
        clip, frame: (B, 3) int32.
        box: (B, 3, 4) float32.
        trajectory: (B, 3) int64; the third is the first where no other trajectory would do and the
            negative is a hard one of its own.
        flip: (B,) bool, mirror all three.
        colours: (B, 3, 3, 4) float32, of `colour_maps`, for each patch; None where colours stay.
    """

    clip: np.ndarray
    frame: np.ndarray
    box: np.ndarray
    trajectory: np.ndarray
    flip: np.ndarray
    colours: np.ndarray | None = None


def trajectories_by_clip(trajectories: TrajectorySet, gap: FrameGap) -> dict[int, int]:
    """Place of a clip → how many of its trajectories can give a pair, where there are any."""
    return _Source(trajectories, gap).by_clip()


class PairSampler:
    """Draws pairs, half of them positive: one trajectory, two frames.

    Of a positive pair both boxes are the trajectory's own. A negative one has the anchor and, in the
    other frame, a box whose IoU with the trajectory's own is above 0 and below 0.5.

    Attributes:
        counts: kind → place of a clip → trajectories that can give a pair.

    Source: the paper, Sections 1 and 3. Balance of classes and kinds, the uniform choice
    of a clip, then of a trajectory in it, gaps and mirroring are our choice; the paper is silent.
    """

    def __init__(
        self, training_set: TrainingSet, regime: str, gap: FrameGap, jitter: Jitter = NO_JITTER
    ) -> None:
        """Raises StudioError where the regime finds no trajectory with two usable frames."""
        self._sizes, self._jitter = training_set.sizes, jitter
        self._sources = _sources(training_set, regime, gap)
        self.counts = {source.set.kind: source.by_clip() for source in self._sources}

    def draw(self, count: int, generator: np.random.Generator) -> PairBatch:
        """The next pairs; every other one is positive."""
        drawn = _draw_two_frames(self._sources, count, generator)
        same = np.arange(count) % 2 == 0
        box = _own_boxes(drawn, self._jitter, generator)
        _replace_by_negatives(box[:, 1], ~same, drawn, self._sources, self._sizes, generator)
        return PairBatch(
            clip=np.repeat(drawn.clip[:, None], 2, axis=1),
            frame=drawn.frame,
            box=box,
            same=same,
            trajectory=drawn.trajectory,
            flip=generator.random(count) < 0.5,
            colours=_colours((count, 2), self._jitter, generator),
        )


class TripletSampler:
    """Draws triplets: two patches of one trajectory and, for SlowFeat, one of another.

    The third patch lies on another trajectory of the same kind and clip, in a frame where it overlaps
    the anchor's trajectory by less than half. After `ROUNDS` failures, as in a clip with one object, it
    is a hard negative of the anchor's trajectory, as in pairs; without `others` it always is, in the
    frame of the positive.

    Attributes:
        counts: kind → place of a clip → trajectories that can give a triplet.

    Source: the paper, Section 4 ("triplets a, b, c of patches sampled on box and point trajectories");
    that c lies on another trajectory, and on which, is our reading.
    """

    ROUNDS = 8

    def __init__(
        self,
        training_set: TrainingSet,
        regime: str,
        gap: FrameGap,
        jitter: Jitter = NO_JITTER,
        others: bool = True,
    ) -> None:
        """Raises StudioError where the regime finds no trajectory with two usable frames."""
        self._sizes, self._jitter = training_set.sizes, jitter
        self._rounds = self.ROUNDS if others else 0
        self._sources = _sources(training_set, regime, gap)
        self.counts = {source.set.kind: source.by_clip() for source in self._sources}

    def draw(self, count: int, generator: np.random.Generator) -> TripletBatch:
        """The next triplets."""
        drawn = _draw_two_frames(self._sources, count, generator)
        frame = np.concatenate([drawn.frame, drawn.frame[:, 1:]], axis=1)
        own = _own_boxes(drawn, self._jitter, generator)
        box = np.concatenate([own, drawn.box[:, 1:]], axis=1)
        trajectory = np.repeat(drawn.trajectory[:, None], 3, axis=1)
        unfilled = np.ones(count, bool)
        for number, source in enumerate(self._sources):
            for _ in range(self._rounds):
                rows = np.flatnonzero(unfilled & (drawn.source == number))
                anchors = drawn.place[rows]
                others = source.draw_anchors(source.clip_of(anchors), generator)
                apart = source.apart(anchors, others)
                rows, others = rows[apart], others[apart]
                frame[rows, 2], box[rows, 2] = source.set.frame[others], source.set.box[others]
                trajectory[rows, 2] = source.set.ids[source.owner[others]]
                unfilled[rows] = False
        _replace_by_negatives(box[:, 2], unfilled, drawn, self._sources, self._sizes, generator)
        return TripletBatch(
            clip=np.repeat(drawn.clip[:, None], 3, axis=1),
            frame=frame,
            box=box,
            trajectory=trajectory,
            flip=generator.random(count) < 0.5,
            colours=_colours((count, 3), self._jitter, generator),
        )


def sampler_of(
    training_set: TrainingSet,
    method: str,
    regime: str,
    gap: FrameGap,
    frame_bytes: int | None = None,
    jitter: Jitter = NO_JITTER,
) -> PairSampler | TripletSampler:
    """What draws for a method: triplets for `slowfeat` and `nce`, else pairs.

    Args:
        frame_bytes: where all decoded frames take more, a few clips at a time are drawn from.

    Raises:
        StudioError: the regime finds no trajectories.
    """
    sampler: PairSampler | TripletSampler
    if method in ("slowfeat", "nce"):
        sampler = TripletSampler(training_set, regime, gap, jitter, others=method == "slowfeat")
    else:
        sampler = PairSampler(training_set, regime, gap, jitter)
    if frame_bytes is not None:
        visit_clips(sampler, training_set, regime, frame_bytes)
    return sampler


def visit_clips(
    sampler: PairSampler | TripletSampler, training_set: TrainingSet, regime: str, budget: int
) -> None:
    """Draw from a few clips at a time where the decoded frames of all take more than so many bytes.

    Args:
        sampler: changed in place; made of this training set and regime.
    """
    generator, count = np.random.default_rng(0), 64
    before = place_in_stream(generator)
    patches = sampler.draw(count, generator).frame.size
    visits = clip_visits(training_set, regime, budget, (place_in_stream(generator) - before) / patches)
    for source in sampler._sources:
        source.visits = visits


@dataclass(frozen=True, eq=False)
class _TwoFrames:
    """Two observations of one trajectory each: source (B,), place in it (B,), clip (B,), trajectory (B,),
    frame (B, 2), box (B, 2, 4)."""

    source: np.ndarray
    place: np.ndarray
    clip: np.ndarray
    trajectory: np.ndarray
    frame: np.ndarray
    box: np.ndarray


class _Source:
    """One trajectory set with, for every observation, its partners: those a frame gap allows."""

    visits: ClipVisits | None = None
    """Where only a few clips are drawn from at a time."""

    def __init__(self, trajectories: TrajectorySet, gap: FrameGap) -> None:
        self.set = trajectories
        offsets, frame = trajectories.offsets, trajectories.frame.astype(np.int64)
        self.owner = np.repeat(np.arange(len(trajectories)), np.diff(offsets))
        span = frame[offsets[1:] - 1] - frame[offsets[:-1]] + 1
        shortest = np.minimum(max(gap.shortest, 1), np.maximum(span // 2, 1))[self.owner]
        longest = gap.longest or int(frame.max(initial=0)) + 1
        # Frames of all trajectories on one line, each on a stretch of its own, so that one search serves all.
        self._stretch = int(frame.max(initial=0)) + 1
        self._line = self.owner * self._stretch + frame
        start, end = offsets[self.owner], offsets[self.owner + 1]
        self._before = np.maximum(np.searchsorted(self._line, self._line - longest, "left"), start)
        before_end = np.maximum(np.searchsorted(self._line, self._line - shortest, "right"), start)
        self._after = np.minimum(np.searchsorted(self._line, self._line + shortest, "left"), end)
        after_end = np.minimum(np.searchsorted(self._line, self._line + longest, "right"), end)
        self._before_count = np.maximum(before_end - self._before, 0)
        self._partners = self._before_count + np.maximum(after_end - self._after, 0)
        # Observations with a partner, by trajectory; trajectories with such observations, by clip.
        self._anchors = np.flatnonzero(self._partners)
        used, self._first_anchor = np.unique(self.owner[self._anchors], return_index=True)
        self._anchor_count = np.diff(np.append(self._first_anchor, len(self._anchors)))
        self._clips, self._first_trajectory = np.unique(trajectories.clip[used], return_index=True)
        self._trajectory_count = np.diff(np.append(self._first_trajectory, len(used)))

    def __len__(self) -> int:
        """Trajectories that can give a pair."""
        return len(self._first_anchor)

    def by_clip(self) -> dict[int, int]:
        """Place of a clip → how many of its trajectories can give a pair, where there are any."""
        return dict(zip(self._clips.tolist(), self._trajectory_count.tolist(), strict=True))

    def draw_clips(self, count: int, generator: np.random.Generator) -> np.ndarray:
        """(count,) of the clips that can give a pair, each as likely as any other, as places among them."""
        if self.visits is None:
            return generator.integers(0, len(self._first_trajectory), count)
        among = np.flatnonzero(np.isin(self._clips, self.visits.now(generator)))
        if not len(among):  # no trajectory of this kind in any of them
            among = np.searchsorted(self._clips, [self.visits.next_of(self._clips, generator)])
        return among[generator.integers(0, len(among), count)]

    def clip_of(self, observations: np.ndarray) -> np.ndarray:
        """The clips of observations, as `draw_clips` numbers them."""
        return np.searchsorted(self._clips, self.set.clip[self.owner[observations]])

    def draw_anchors(self, clips: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """An observation with a partner in each clip: a trajectory of it, then an observation."""
        trajectory = self._first_trajectory[clips] + generator.integers(0, self._trajectory_count[clips])
        place = self._first_anchor[trajectory] + generator.integers(0, self._anchor_count[trajectory])
        return self._anchors[place]

    def draw_partners(self, anchors: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """A partner of each anchor, uniform over those the gap allows."""
        number = generator.integers(0, self._partners[anchors])
        after = number - self._before_count[anchors]
        return np.where(after < 0, self._before[anchors] + number, self._after[anchors] + after)

    def apart(self, anchors: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Whether others lie on other trajectories, which the anchors' own overlap by less than half.

        The anchor's trajectory must be observed in the other's frame, so that this is known.
        """
        line = self.owner[anchors] * self._stretch + self.set.frame[others]
        there = np.minimum(np.searchsorted(self._line, line), len(self._line) - 1)
        overlap = geometry.iou(self.set.box[there], self.set.box[others])
        another = self.owner[anchors] != self.owner[others]
        return another & (self._line[there] == line) & (overlap < 0.5)


def _sources(training_set: TrainingSet, regime: str, gap: FrameGap) -> list[_Source]:
    sources = [_Source(trajectories, gap) for trajectories in training_set.sets(regime)]
    sources = [source for source in sources if len(source)]
    if not sources:
        words = {"obj": "object", "tr": "point", "objtr": "object or point"}[regime]
        raise StudioError(
            f"There are no {words} trajectories to train on; track points or densify objects first, "
            "or allow shorter gaps between frames."
        )
    return sources


def _draw_two_frames(sources: Sequence[_Source], count: int, generator: np.random.Generator) -> _TwoFrames:
    source = generator.integers(0, len(sources), count)
    place = np.zeros(count, np.int64)
    clip, trajectory = np.zeros(count, np.int32), np.zeros(count, np.int64)
    frame, box = np.zeros((count, 2), np.int32), np.zeros((count, 2, 4), np.float32)
    for number, one in enumerate(sources):
        rows = np.flatnonzero(source == number)
        anchors = one.draw_anchors(one.draw_clips(len(rows), generator), generator)
        both = np.stack([anchors, one.draw_partners(anchors, generator)], axis=1)
        place[rows] = anchors
        clip[rows], trajectory[rows] = one.set.clip[one.owner[anchors]], one.set.ids[one.owner[anchors]]
        frame[rows], box[rows] = one.set.frame[both], one.set.box[both]
    return _TwoFrames(source, place, clip, trajectory, frame, box)


def _own_boxes(drawn: _TwoFrames, jitter: Jitter, generator: np.random.Generator) -> np.ndarray:
    """(B, 2, 4) the trajectories' own boxes, as they are or moved; where nothing moves nothing is drawn."""
    return moved(drawn.box, jitter.place, generator) if jitter.place else drawn.box.copy()


def _colours(shape: tuple[int, int], jitter: Jitter, generator: np.random.Generator) -> np.ndarray | None:
    return colour_maps(shape, jitter.colour, generator) if jitter.colour else None


def _replace_by_negatives(
    box: np.ndarray,
    which: np.ndarray,
    drawn: _TwoFrames,
    sources: Sequence[_Source],
    sizes: np.ndarray,
    generator: np.random.Generator,
) -> None:
    """Overwrite (B, 4) boxes, in place where `which`, by negatives of the trajectory in its second frame."""
    for number, source in enumerate(sources):
        rows = np.flatnonzero(which & (drawn.source == number))
        own, size = drawn.box[rows, 1], sizes[drawn.clip[rows]]
        box[rows] = negative_boxes(own, size, NEGATIVE_SCALES[source.set.kind], generator)
