"""Points grouped into objects by how they move: those that go together, and those that follow the camera."""

import numpy as np

from core.motion_segmentation.affinities import Motions, against_camera, differences, motions, pairs
from core.motion_segmentation.grouped import CAMERA, SILENT, Grouping, numbered
from core.motion_segmentation.grouping_config import GroupingConfig
from core.motion_segmentation.joining import join_alike
from core.motion_segmentation.meeting import join_where_they_meet
from core.motion_segmentation.multicut import multicut
from core.trajectories.model import PointTrajectories, Review

SHORT = 0.5
"""What a pair says that is seen only over a short window, beside one that is seen over a long one."""

FINEST = 0.05
"""Pixels below which motions are not told apart."""

FEWEST = 5
"""Points of a group, at least; those of smaller ones say nothing."""

USUAL = GroupingConfig()


def group_points(
    points: PointTrajectories, width: int, height: int, config: GroupingConfig = USUAL
) -> Grouping:
    """The groups of the points of a clip.

    Args:
        points: of the clip; rejected ones, and those shorter than half a window, say nothing.
        width, height: of its frames, pixels.

    What turns or bends comes apart into pieces, which `join_alike` and `join_where_they_meet` put together.
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
    pieces = join_alike(used, _named(parts, used.lengths, config.smallest / 100), width, height)
    pieces = join_where_they_meet(scales[0], links[near], pieces)
    counts = np.bincount(pieces[pieces > CAMERA], minlength=int(pieces.max()) + 1)
    pieces[(pieces > CAMERA) & (counts[pieces] < FEWEST)] = SILENT
    groups[places] = pieces = numbered(pieces)
    belonging[places] = _belonging(links[near], gains[: len(links)][near], pieces)
    belonging[groups == SILENT] = 0
    return Grouping(groups, belonging)


def _named(parts: np.ndarray, lengths: np.ndarray, smallest: float) -> np.ndarray:
    """(N,) int32 groups of N points from the parts (N + 1,) of these and of the camera, those of most
    observations first; `SILENT` in parts that have less than a share of all."""
    sizes = np.bincount(parts[:-1], weights=lengths, minlength=parts.max() + 1)
    rank = np.full(len(sizes), SILENT, np.int32)
    order = np.argsort(-sizes, kind="stable")
    kept = order[(sizes[order] >= smallest * lengths.sum()) & (order != parts[-1])]
    rank[kept] = np.arange(1, len(kept) + 1)
    rank[parts[-1]] = CAMERA
    return rank[parts[:-1]]


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


def _belonging(links: np.ndarray, gains: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """(N,) float64 in 0..1: of what near points say of each, the share that says what was decided."""
    together = parts[links[:, 0]] == parts[links[:, 1]]
    agrees = np.where(together == (gains > 0), np.abs(gains), 0)
    said = np.bincount(links.ravel(), np.repeat(np.abs(gains), 2), len(parts))
    right = np.bincount(links.ravel(), np.repeat(agrees, 2), len(parts))
    return np.divide(right, said, out=np.zeros(len(parts)), where=said > 0)
