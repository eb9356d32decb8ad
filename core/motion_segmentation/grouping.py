"""Points grouped into objects by how they move: those that go together, and those that follow the camera."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.motion_segmentation.affinities import Motions, against_camera, differences, motions, pairs
from core.motion_segmentation.grouping_config import GroupingConfig
from core.motion_segmentation.multicut import multicut
from core.trajectories.model import PointTrajectories, Review

CAMERA = 0
"""The group of what follows the camera."""

SILENT = -1
"""The group of points that say nothing."""


SHORT = 0.5
"""What a pair says that is seen only over a short window, beside one that is seen over a long one."""

FINEST = 0.05
"""Pixels below which motions are not told apart."""

FEWEST = 4
"""Pairs of near points by which two pieces touch, at least."""

USUAL = GroupingConfig()


@dataclass(frozen=True, eq=False)
class Grouping:
    """Which points go together.

    Attributes:
        groups: (N,) int32, for each point: `CAMERA`, 1… for objects, those of most points first, or `SILENT`.
        belonging: (N,) float32 in 0..1, how sure each is of its group.
    """

    groups: np.ndarray
    belonging: np.ndarray


def group_points(
    points: PointTrajectories, width: int, height: int, config: GroupingConfig = USUAL
) -> Grouping:
    """The groups of the points of a clip.

    Args:
        points: of the clip; rejected ones, and those shorter than a window, say nothing.
        width, height: of its frames, pixels.
    """
    groups = np.full(len(points), SILENT, np.int32)
    belonging = np.zeros(len(points), np.float32)
    short = max(config.window // 2, 1)
    places = np.flatnonzero((points.review != Review.REJECTED) & (points.lengths > short))
    if len(places) < 2:
        return Grouping(groups, belonging)
    used = points.take(places)
    scales = [motions(used, config.window, 1), motions(used, short, 1)]
    links = pairs(scales[1], config.neighbours, config.far, max(short, 1), config.seed)
    diagonal = float(np.hypot(width, height))
    gains, near = _gains(scales, links, diagonal, config)
    parts = multicut(
        len(places) + 1,
        np.concatenate(
            (links, np.stack((np.arange(len(places)), np.full(len(places), len(places))), axis=1))
        ),
        gains,
    )
    parts = _rejoined(parts, scales[1], links[near], config.alike)
    sizes = np.bincount(parts[:-1], weights=used.lengths, minlength=parts.max() + 1)
    least = config.smallest / 100 * used.lengths.sum()
    rank = np.full(len(sizes), SILENT, np.int32)
    order = np.argsort(-sizes, kind="stable")
    kept = order[(sizes[order] >= least) & (order != parts[-1])]
    rank[kept] = np.arange(1, len(kept) + 1)
    rank[parts[-1]] = CAMERA
    groups[places] = rank[parts[:-1]]
    belonging[places] = _belonging(links[near], gains[: len(links)][near], parts[:-1])
    belonging[groups == SILENT] = 0
    return Grouping(groups, belonging)


def _gains(
    scales: list[Motions], links: np.ndarray, diagonal: float, config: GroupingConfig
) -> tuple[np.ndarray, np.ndarray]:
    """(P + N,) float64 what it gains to keep pairs of points, and each point and the camera, together; (P,)
    bool, which pairs are near.

    Args:
        scales: motions over windows, the long one first: a pair is judged by the first both are seen in.
        links: (P, 2) int64 pairs.
    """
    result = np.zeros(len(links) + len(scales[0].counts))
    near, open_ = np.zeros(len(links), bool), np.ones(len(result), bool)
    for scale, weight in zip(scales, (1.0, SHORT), strict=True):
        unlike, way, distance, common = differences(scale, links)
        close = (distance <= config.near * diagonal) & (common > 0)
        noise = max(float(np.median(unlike[close])) if close.any() else 0.0, FINEST)
        off, gone = against_camera(scale)
        unlike, way = np.concatenate((unlike, off)), np.concatenate((way, gone))
        apart = np.concatenate((distance, np.zeros(len(off)))) / diagonal
        gains = (
            config.bias
            - config.slope * np.log1p(unlike / noise)
            + config.share * np.log1p(way / noise)
            - config.apart * np.sqrt(apart)
        )
        gains = weight * np.clip(gains, -config.strongest, config.strongest)
        gains[: len(links)][~close] = np.minimum(gains[: len(links)][~close], 0)
        gains[len(links) :] *= config.camera_weight
        now = open_ & np.concatenate((common > 0, scale.counts > 0))
        result[now] = gains[now]
        open_ &= ~now
        near |= close
    return result, near


def _rejoined(parts: np.ndarray, scale: Motions, links: np.ndarray, alike: float) -> np.ndarray:
    """(N + 1,) parts, of which those were joined that touch and go the same way against the camera, more or
    less: what bends or turns comes apart into pieces, which differ less from each other than from the camera.

    Args:
        parts: of N points and of the camera.
        links: (P, 2) int64 near pairs.
        alike: the largest difference, as a share of the motion of the one that moves less.
    """
    ends = np.sort(parts[links], axis=1)
    across = (ends[:, 0] != ends[:, 1]) & (ends != parts[-1]).all(axis=1)
    links, ends = links[across], ends[across]
    unlike, _, _, common = differences(scale, links)
    off = against_camera(scale)[0][links].min(axis=1)
    shares = np.where(common > 0, unlike / np.maximum(off, FINEST), np.inf)
    pairs_, which = np.unique(ends, axis=0, return_inverse=True)
    order = np.lexsort((shares, which.ravel()))
    counts = np.bincount(which.ravel(), minlength=len(pairs_))
    medians = shares[order][np.cumsum(counts) - counts + counts // 2] if len(order) else np.zeros(0)
    joined = pairs_[(medians <= alike) & (counts >= FEWEST)]
    size = int(parts.max()) + 1
    graph = coo_array((np.ones(len(joined)), (joined[:, 0], joined[:, 1])), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1][parts])


def _belonging(links: np.ndarray, gains: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """(N,) float64 in 0..1: of what near points say of each, the share that says what was decided."""
    together = parts[links[:, 0]] == parts[links[:, 1]]
    agrees = np.where(together == (gains > 0), np.abs(gains), 0)
    said = np.bincount(links.ravel(), np.repeat(np.abs(gains), 2), len(parts))
    right = np.bincount(links.ravel(), np.repeat(agrees, 2), len(parts))
    return np.divide(right, said, out=np.zeros(len(parts)), where=said > 0)
