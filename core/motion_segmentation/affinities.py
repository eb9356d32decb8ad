"""How differently pairs of points move, against the camera and each other, over the time both are seen.

After Brox and Malik, ECCV 2010: the difference of two trajectories is that of their motions over a window of
frames, normalised by what motion varies by itself. Beyond it: motions are relative to the camera's, told
from the tracks by RANSAC, and vary by a share of themselves, too, as those of one body in depth do.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from core.tracking.camera_motion import motion_between, moved
from core.trajectories.model import PointTrajectories

SHARE = 0.5
"""Of the motion itself, by which motions of one object may differ."""

QUANTILE = 0.9
"""Of the differences of a pair over time, the one that counts: short mistakes of the tracker do not."""

_CHUNK = 1 << 21  # differences worked out at a time


@dataclass(frozen=True, eq=False)
class Motions:
    """The motions of N points against the camera.

    Attributes:
        first: (N,) int64, the first window that a point is seen in from end to end.
        offsets: (N + 1,) int64, where each point's motions start among all.
        steps: (M, 2) float32, motions from the first to the last frame of the window, pixels.
        places: (M, 2) float32, where the points are in the first frame of the window.
    """

    first: np.ndarray
    offsets: np.ndarray
    steps: np.ndarray
    places: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """(N,) int64, windows that each point is seen in."""
        return np.diff(self.offsets)


def motions(points: PointTrajectories, window: int, stride: int) -> Motions:
    """The motions of points over windows that start every `stride` frames from frame 0 on."""
    first = -(-points.first.astype(np.int64) // stride)
    last = (points.last - window) // stride
    counts = np.maximum(last - first + 1, 0)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    which = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts) + np.repeat(first, counts)
    owner = np.repeat(np.arange(len(points)), counts)
    rows = points.offsets[owner] + which * stride - points.first[owner]
    before, after = points.xy[rows], points.xy[rows + window]
    steps = np.zeros((len(rows), 2), np.float32)
    order = np.argsort(which, kind="stable")
    for some in np.split(order, np.flatnonzero(np.diff(which[order])) + 1):
        if len(some):
            camera = motion_between(before[some], after[some])
            steps[some] = after[some] - moved(before[some][:, None], camera[None])[:, 0]
    return Motions(first, offsets, steps, before)


def pairs(found: Motions, neighbours: int, far: int, every: int, seed: int) -> np.ndarray:
    """Pairs of points that are seen at once: those near each other, and some at random.

    Args:
        neighbours: so many nearest to each point, in every `every`th window.
        far: so many at random for each point, all windows together.

    Returns:
        (P, 2) int64, each pair once, the lower first.
    """
    random = np.random.default_rng(seed)
    counts = found.counts
    owner = np.repeat(np.arange(len(counts)), counts)
    which = np.arange(len(owner)) - np.repeat(found.offsets[:-1] - found.first, counts)
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(int(which.max(initial=-1)) + 2))
    links, looks = [np.zeros((0, 2), np.int64)], range(0, len(starts) - 1, every)
    left = np.full(len(counts), far)
    for window in looks:
        rows = order[starts[window] : starts[window + 1]]
        here = owner[rows]
        if len(rows) < 2:
            continue
        near = min(neighbours + 1, len(rows))
        _, beside = cKDTree(found.places[rows]).query(found.places[rows], near)
        links.append(np.stack((np.repeat(here, near), here[beside.reshape(-1)]), axis=1))
        wanting = here[left[here] > 0]
        for _ in range(far):
            links.append(np.stack((wanting, random.choice(here, len(wanting))), axis=1))
        left[wanting] = 0
    both = np.sort(np.concatenate(links), axis=1)
    both = both[both[:, 0] != both[:, 1]]
    codes = np.unique(both[:, 0] * len(counts) + both[:, 1])
    return np.stack(np.divmod(codes, max(len(counts), 1)), axis=1)


def differences(found: Motions, links: np.ndarray, noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How differently the points of pairs move.

    Args:
        links: (P, 2) int64.
        noise: pixels that motions over a window vary by themselves.

    Returns:
        (P,) float32, in units of what motions of one object vary by; (P,) float32, the mean distance in
        pixels; (P,) int64, the windows both are seen in, 0 where none, of which the rest says nothing.
    """
    one, other = links.T
    start = np.maximum(found.first[one], found.first[other])
    end = np.minimum(found.first[one] + found.counts[one], found.first[other] + found.counts[other])
    common = np.maximum(end - start, 0)
    result, distance = np.full(len(links), np.inf, np.float32), np.full(len(links), np.inf, np.float32)
    order = np.argsort(common, kind="stable")
    order = order[np.searchsorted(common[order], 1) :]
    at = 0
    while at < len(order):
        size = max(_CHUNK // max(int(common[order[min(at + 999, len(order) - 1)]]), 1), 1000)
        some = order[at : at + size]
        at += size
        lengths = common[some]
        along = np.arange(lengths.max())
        inside = along < lengths[:, None]
        along = np.minimum(along, lengths[:, None] - 1)
        rows = [
            (found.offsets[side[some]] - found.first[side[some]] + start[some])[:, None] + along
            for side in (one, other)
        ]
        a, b = (found.steps[row] for row in rows)
        apart = np.linalg.norm(a - b, axis=2)
        size_a, size_b = np.linalg.norm(a, axis=2), np.linalg.norm(b, axis=2)
        unlike = apart / (noise + SHARE * np.minimum(size_a, size_b))
        unlike[~inside] = np.inf
        unlike.sort(axis=1)
        last = np.maximum(np.ceil(QUANTILE * lengths).astype(int) - 1, 0)
        result[some] = unlike[np.arange(len(some)), last]
        gap = np.linalg.norm(found.places[rows[0]] - found.places[rows[1]], axis=2)
        distance[some] = (gap * inside).sum(axis=1) / lengths
    return result, distance, common
