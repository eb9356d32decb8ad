"""How differently pairs of points move, against the camera and each other, over the time both are seen.

After Brox and Malik, ECCV 2010: the difference of two trajectories is that of their motions over a window of
frames, normalised by what motion varies by itself. Beyond it: motions are relative to the camera's, told
from the tracks by RANSAC, and vary by a share of themselves, too, as those of one body in depth do.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from core.tracking.camera_motion import BETTER, MOST, NEAR, motion_between, moved
from core.trajectories.model import PointTrajectories

QUANTILE = 0.9
"""Of the differences of a pair over time, the one that counts: short mistakes of the tracker do not."""

FINER = 2.0
"""So many times closer must a motion with more freedom bring points than a shift, to be the camera's."""

MANY = 2
"""So many times fewer points may those be that go with the camera as a rule than those that do now."""

MOST_WINDOWS = 48
"""Windows that a pair is compared in at most, spread evenly over those both are seen in."""

MOST_PAIRS = 40
"""Pairs for each point in all, on the mean; of more, so many at random are kept."""

_CHUNK = 1 << 20  # differences worked out at a time


@dataclass(frozen=True, eq=False)
class Motions:
    """The motions of N points against the camera.

    Attributes:
        first: (N,) int64, the first window that a point is seen in from end to end.
        offsets: (N + 1,) int64, where each point's motions start among all.
        steps: (M, 2) float32, motions from the first to the last frame of the window, pixels.
        ways: (M,) float32, how far the points went in the picture, pixels.
        places: (M, 2) float32, where the points are in the first frame of the window.
    """

    first: np.ndarray
    offsets: np.ndarray
    steps: np.ndarray
    ways: np.ndarray
    places: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """(N,) int64, windows that each point is seen in."""
        return np.diff(self.offsets)


def motions(points: PointTrajectories, window: int, stride: int) -> Motions:
    """The motions of points over windows that start every `stride` frames from frame 0 on.

    What moves may carry as many points as what stands, so in windows in which the points that go with the
    camera for most of their time do not, these say how it moves.
    """
    first = -(-points.first.astype(np.int64) // stride)
    last = (points.last - window) // stride
    counts = np.maximum(last - first + 1, 0)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    which = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts) + np.repeat(first, counts)
    owner = np.repeat(np.arange(len(points)), counts)
    rows = points.offsets[owner] + which * stride - points.first[owner]
    before, after = points.xy[rows], points.xy[rows + window]
    order = np.argsort(which, kind="stable")
    windows = [some for some in np.split(order, np.flatnonzero(np.diff(which[order])) + 1) if len(some)]
    steps = np.zeros((len(rows), 2), np.float32)
    for some in windows:
        steps[some] = _against(camera_between(before[some], after[some]), before[some], after[some])
    follows = np.linalg.norm(steps, axis=1) <= NEAR
    usually = (2 * np.bincount(owner, weights=follows, minlength=len(points)) > counts)[owner]
    for some in windows:
        usual, now = some[usually[some]], some[follows[some]]
        if MANY * len(usual) >= len(now) and 2 * follows[usual].sum() < len(usual):
            steps[some] = _against(camera_between(before[usual], after[usual]), before[some], after[some])
    ways = np.linalg.norm(after - before, axis=1).astype(np.float32)
    return Motions(first, offsets, steps, ways, before)


def _against(camera: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(N, 2), motions against the camera's (3, 3)."""
    return after - moved(before[:, None], camera[None])[:, 0]


def camera_between(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(3, 3) the simplest motion that explains as many points as any: a shift, or else what
    `motion_between` finds. One with more freedom takes in what lies at another depth, so it must explain
    clearly more points, or, where all move little, bring them closer by far."""
    most = after - before
    thin = max(-(-len(most) // MOST), 1)
    tree = cKDTree(most[::thin])
    near = tree.query_ball_point(most[::thin], NEAR, return_length=True)
    shift = np.median(most[np.linalg.norm(most - most[::thin][near.argmax()], axis=1) <= NEAR], axis=0)
    plain = np.eye(3)
    plain[:2, 2] = shift
    other = motion_between(before, after)
    off = [np.linalg.norm(after - moved(before[:, None], one[None])[:, 0], axis=1) for one in (plain, other)]
    follow = [one <= NEAR for one in off]
    finer = FINER * float(np.median(off[1][follow[1]])) < float(np.median(off[0][follow[1]]))
    return other if follow[0].sum() * BETTER < follow[1].sum() or finer else plain


def pairs(found: Motions, neighbours: int, far: int, every: int, seed: int) -> np.ndarray:
    """Pairs of points that are seen at once: those near each other, and some at random.

    Args:
        neighbours: so many nearest to each point, in every `every`th window.
        far: so many at random for each point, all windows together.

    Returns:
        (P, 2) int64, each pair once, the lower first; at most `MOST_PAIRS` a point.
    """
    random = np.random.default_rng(seed)
    counts = found.counts
    owner = np.repeat(np.arange(len(counts)), counts)
    which = np.arange(len(owner)) - np.repeat(found.offsets[:-1] - found.first, counts)
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(int(which.max(initial=-1)) + 2))
    codes = [np.zeros(0, np.int64)]
    left = np.full(len(counts), far)
    for window in range(0, len(starts) - 1, every):
        rows = order[starts[window] : starts[window + 1]]
        here = owner[rows]
        if len(rows) < 2:
            continue
        near = min(neighbours + 1, len(rows))
        _, beside = cKDTree(found.places[rows]).query(found.places[rows], near)
        codes.append(_codes(np.repeat(here, near), here[beside.reshape(-1)], len(counts)))
        wanting = here[left[here] > 0]
        for _ in range(far):
            codes.append(_codes(wanting, random.choice(here, len(wanting)), len(counts)))
        left[wanting] = 0
    each = np.unique(np.concatenate(codes))
    most = MOST_PAIRS * len(counts)
    if len(each) > most:
        each = np.sort(random.choice(each, most, replace=False))
    return np.stack(np.divmod(each, max(len(counts), 1)), axis=1)


def _codes(one: np.ndarray, other: np.ndarray, count: int) -> np.ndarray:
    """Pairs of `count` points as numbers, each once."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    return np.unique((low * count + high)[low != high])


def differences(found: Motions, links: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """How differently the points of pairs move.

    Args:
        links: (P, 2) int64.

    Returns:
        (P,) float32, the difference in pixels a window; (P,) float32, how far the one that went less went;
        (P,) float32, the mean distance in pixels; (P,) int64, the windows both are seen in, 0 where none,
        of which the rest says nothing.
    """
    one, other = links.T
    start = np.maximum(found.first[one], found.first[other])
    end = np.minimum(found.first[one] + found.counts[one], found.first[other] + found.counts[other])
    common = np.maximum(end - start, 0)
    unlike, way, distance = np.zeros((3, len(links)), np.float32)
    order = np.argsort(common, kind="stable")
    order = order[np.searchsorted(common[order], 1) :]
    at = 0
    while at < len(order):
        longest = min(int(common[order[min(at + 999, len(order) - 1)]]), MOST_WINDOWS)
        some = order[at : at + max(_CHUNK // max(longest, 1), 1000)]
        at += len(some)
        along, inside = _spread(common[some])
        a, b = (
            (found.offsets[side[some]] - found.first[side[some]] + start[some])[:, None] + along
            for side in (one, other)
        )
        unlike[some] = _quantile(_length(found.steps[a] - found.steps[b]), inside)
        way[some] = _quantile(np.minimum(found.ways[a], found.ways[b]), inside)
        gap = _length(found.places[a] - found.places[b])
        distance[some] = (gap * inside).sum(axis=1) / inside.sum(axis=1)
    return unlike, way, distance, common


def against_camera(found: Motions) -> tuple[np.ndarray, np.ndarray]:
    """How differently from the camera points move, and how far they went: (N,) float32 each, pixels."""
    off, way = np.zeros((2, len(found.counts)), np.float32)
    seen = np.flatnonzero(found.counts)
    if len(seen):
        along, inside = _spread(found.counts[seen])
        rows = found.offsets[seen][:, None] + along
        off[seen] = _quantile(_length(found.steps[rows]), inside)
        way[seen] = _quantile(found.ways[rows], inside)
    return off, way


def _spread(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of so many windows are looked at: (P, K) int64, from 0, and (P, K) bool, whether that is one; all
    of them, or `MOST_WINDOWS` spread evenly."""
    looked = np.minimum(counts, MOST_WINDOWS)[:, None]
    steps = np.arange(int(looked.max()))
    inside = steps < looked
    return np.where(inside, steps * counts[:, None] // looked, 0), inside


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.hypot(vectors[..., 0], vectors[..., 1])


def _quantile(values: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """(P,) the `QUANTILE` of each row's first values, those that are `inside`."""
    values = np.where(inside, values, np.inf)
    values.sort(axis=1)
    last = np.maximum(np.ceil(QUANTILE * inside.sum(axis=1)).astype(int) - 1, 0)
    return np.asarray(values[np.arange(len(values)), last])
