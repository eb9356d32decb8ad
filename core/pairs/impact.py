"""What trajectories give to training, counted: before an edit is made, and after some were.

A positive pair is two observations of one trajectory whose frames are as far apart as the sampler allows
(`core.pairs.sampling.FrameGap`): each pair of patches that can come up as "the same".
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.pairs.sampling import FrameGap
from core.pairs.training_set import KINDS, MINIMUM_SIDE, TrajectorySet
from core.trajectories.filter_text import parse
from core.trajectories.model import Kind, ObjectTrajectory, PointTrajectories, Review
from core.trajectories.sight import occluded
from core.trajectories.track_rows import track_rows


@dataclass(frozen=True)
class Rules:
    """What a run lets train; the settings of pretraining have the same names, `tracks` is a filter's line."""

    regime: str = "objtr"
    gap: FrameGap = FrameGap()  # noqa: RUF009  # frozen
    minimum_length: int = 10
    tracks: str = ""
    suggestions: bool = False


@dataclass(frozen=True)
class Amount:
    """How much trains: trajectories, their observations, and the positive pairs among these."""

    trajectories: int = 0
    observations: int = 0
    pairs: int = 0


@dataclass(frozen=True, eq=False)
class Material:
    """What each trajectory of a clip gives to training, one row each, ordered by id.

    Attributes:
        ids: (N,) int64.
        observations, pairs: (N,) int64 as if it were accepted; 0 where it is too short or small, or left
            out by the filter of the rules.
        rejected, accepted: (N,) bool.
        waiting: (N,) bool, which are suggested and do not train by the rules before a person accepts them.
    """

    ids: np.ndarray
    observations: np.ndarray
    pairs: np.ndarray
    rejected: np.ndarray
    accepted: np.ndarray
    waiting: np.ndarray

    def amount(self, which: np.ndarray | None = None) -> Amount:
        """What trains, of some rows (bool); all where None."""
        rows = ~self.rejected & ~self.waiting & (self.pairs > 0)
        rows = rows if which is None else rows & which
        pairs, observations = int(self.pairs[rows].sum()), int(self.observations[rows].sum())
        return Amount(int(rows.sum()), observations, pairs)

    def among(self, ids: Collection[int]) -> np.ndarray:
        """(N,) bool: the rows of some ids."""
        return np.isin(self.ids, np.fromiter(ids, np.int64, len(ids)))


def material(points: PointTrajectories, objects: Iterable[ObjectTrajectory], rules: Rules) -> Material:
    """What the trajectories of a clip give; those of a kind that does not train give nothing."""
    kinds, objects = KINDS[rules.regime], list(objects)
    lengths = np.where(points.lengths >= max(rules.minimum_length, 2), points.lengths, 0)
    of_points = [lengths, pairs_of_lengths(lengths, rules.gap)]
    frames = [frames_that_train(one) for one in objects]
    of_objects = [
        np.array([len(one) if len(one) >= 2 else 0 for one in frames], np.int64),
        np.array([pairs_among(one, rules.gap) for one in frames], np.int64),
    ]
    if Kind.POINT not in kinds:
        of_points = [np.zeros_like(counts) for counts in of_points]
    if Kind.OBJECT not in kinds:
        of_objects = [np.zeros_like(counts) for counts in of_objects]
    ids = np.concatenate([np.array([one.id for one in objects], np.int64), points.ids])
    review = np.concatenate([np.array([one.review for one in objects], np.uint8), points.review])
    observations, pairs = (np.concatenate(both) for both in zip(of_objects, of_points, strict=True))
    suggested, is_object = review == Review.SUGGESTED, np.arange(len(ids)) < len(objects)
    order = np.argsort(ids, kind="stable")
    passed = np.ones(len(ids), bool)
    if rules.tracks:
        rows = track_rows(points, objects)
        passed = np.isin(ids[order], rows.ids[parse(rules.tracks).holds(rows)])
    return Material(
        ids[order],
        np.where(passed, observations[order], 0),
        np.where(passed, pairs[order], 0),
        (review == Review.REJECTED)[order],
        (review == Review.ACCEPTED)[order],
        (suggested & ~(rules.suggestions & is_object))[order],
    )


def frames_that_train(one: ObjectTrajectory) -> np.ndarray:
    """(K,) int32, the frames of an object whose boxes are large enough, and where it is not occluded."""
    boxes = one.boxes.astype(np.float64)
    large = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) >= MINIMUM_SIDE
    return one.frames[large & ~occluded(one)]


def shortest_gap(span: int, gap: FrameGap) -> int:
    """Frames that a trajectory over `span` frames needs between the two of a pair."""
    return min(max(gap.shortest, 1), max(span // 2, 1))


def pairs_of_lengths(lengths: np.ndarray, gap: FrameGap) -> np.ndarray:
    """(N,) int64 positive pairs of trajectories of so many observations without gaps."""
    shortest = np.minimum(max(gap.shortest, 1), np.maximum(lengths // 2, 1))
    longest = np.minimum(lengths - 1, gap.longest or lengths - 1)
    count = np.maximum(longest - shortest + 1, 0)  # gaps that are allowed, of length - gap pairs each
    return count * lengths - count * (shortest + longest) // 2


def pairs_among(frames: np.ndarray, gap: FrameGap, at_least: int = 0) -> int:
    """The positive pairs of a trajectory observed at some frames, ascending; `at_least` so far apart."""
    if len(frames) < 2:
        return 0
    shortest = max(shortest_gap(int(frames[-1] - frames[0]) + 1, gap), at_least)
    longest = gap.longest or int(frames[-1])
    first = np.searchsorted(frames, frames + shortest, "left")
    last = np.searchsorted(frames, frames + longest, "right")
    return int(np.maximum(last - first, 0).sum())


def parts_of(one: ObjectTrajectory | PointTrajectories, frame: int, rules: Rules) -> tuple[int, int]:
    """Positive pairs that a track gives whole, and in two parts, the second from a frame on.

    Args:
        one: an object, or a single point.
    """
    kind = Kind.OBJECT if isinstance(one, ObjectTrajectory) else Kind.POINT
    if kind not in KINDS[rules.regime]:
        return 0, 0
    frames = frames_that_train(one) if isinstance(one, ObjectTrajectory) else one.frame
    least = 2 if kind is Kind.OBJECT else max(rules.minimum_length, 2)
    whole, *parts = (
        pairs_among(some, rules.gap) if len(some) >= least else 0
        for some in (frames, frames[frames < frame], frames[frames >= frame])
    )
    return whole, sum(parts)


def share(part: Amount, whole: Amount) -> str:
    """A part of what trains, such as "2 of 9 tracks, 40 of 180 observations, 300 of 2,000 positive pairs"."""
    pairs = f"{part.pairs:,} of {whole.pairs:,} positive pair{'s' if whole.pairs != 1 else ''}"
    tracks = f"{part.trajectories:,} of {whole.trajectories:,} track{'s' if whole.trajectories != 1 else ''}"
    return f"{tracks}, {part.observations:,} of {whole.observations:,} observations, {pairs}"


# --- after the fact ---------------------------------------------------------------------------


def gone_and_new(
    before: Sequence[TrajectorySet], now: Sequence[TrajectorySet], gap: FrameGap
) -> tuple[int, int]:
    """Positive pairs that a clip's trajectories gave and give no more, and those that are new.

    A pair is the same where both of its boxes are still observations of one trajectory, whichever.

    Args:
        before, now: of one clip, a set for each kind, the same kinds in both.
    """
    gone = new = 0
    for old, fresh in zip(before, now, strict=True):
        same = _unchanged(old, fresh)
        old, fresh = (one.take(~np.isin(one.ids, same)) for one in (old, fresh))
        kept = _kept(old, fresh, gap)
        gone += sum(pairs_among(frames, gap) for frames in _frames(old)) - kept
        new += sum(pairs_among(frames, gap) for frames in _frames(fresh)) - kept
    return gone, new


def _unchanged(old: TrajectorySet, fresh: TrajectorySet) -> list[int]:
    """The ids of trajectories that are the same in both."""
    _, places, others = np.intersect1d(old.ids, fresh.ids, return_indices=True)
    return [
        int(old.ids[place])
        for place, other in zip(places, others, strict=True)
        if np.array_equal(_seen(old, place), _seen(fresh, other))
    ]


def _seen(trajectories: TrajectorySet, place: int) -> np.ndarray:
    """(K, 5) frame and box of each observation of the trajectory at a place."""
    rows = slice(trajectories.offsets[place], trajectories.offsets[place + 1])
    return np.column_stack((trajectories.frame[rows], trajectories.box[rows]))


def _frames(trajectories: TrajectorySet) -> list[np.ndarray]:
    return np.split(trajectories.frame, trajectories.offsets[1:-1]) if len(trajectories) else []


def _kept(before: TrajectorySet, now: TrajectorySet, gap: FrameGap) -> int:
    """Pairs of trajectories as they were that are pairs of one trajectory now."""
    if not len(before) or not len(now):
        return 0
    seen = np.concatenate([np.column_stack((one.frame, one.box)) for one in (before, now)])
    keys = np.ascontiguousarray(seen, np.float32).view(f"V{4 * seen.shape[1]}").ravel()
    _, key = np.unique(keys, return_inverse=True)
    owners = [np.repeat(np.arange(len(one)), np.diff(one.offsets)) for one in (before, now)]
    whose = np.full(int(key.max()) + 1, -1)
    whose[key[len(before.frame) :]] = owners[1]
    pairs = np.column_stack((owners[0], whose[key[: len(before.frame)]]))
    rows = np.flatnonzero(pairs[:, 1] >= 0)
    rows = rows[np.lexsort((before.frame[rows], pairs[rows, 1], pairs[rows, 0]))]
    if not len(rows):
        return 0
    starts = np.flatnonzero(np.diff(pairs[rows], axis=0).any(1)) + 1
    spans = [[int(frames[-1] - frames[0]) + 1 for frames in _frames(one)] for one in (before, now)]
    kept = 0
    for group in np.split(rows, starts):
        then, since = pairs[group[0]]
        apart = max(shortest_gap(spans[0][then], gap), shortest_gap(spans[1][since], gap))
        kept += pairs_among(before.frame[group], gap, apart)
    return kept
