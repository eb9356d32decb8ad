"""Points grouped into objects by how they move: those that go together, and those that follow the camera."""

from dataclasses import dataclass

import numpy as np

from core.motion_segmentation.affinities import against_camera, differences, motions, pairs
from core.motion_segmentation.grouping_config import GroupingConfig
from core.motion_segmentation.multicut import multicut
from core.trajectories.model import PointTrajectories, Review

CAMERA = 0
"""The group of what follows the camera."""

SILENT = -1
"""The group of points that say nothing."""


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
    places = np.flatnonzero((points.review != Review.REJECTED) & (points.lengths > config.window))
    if len(places) < 2:
        return Grouping(groups, belonging)
    found = motions(points.take(places), config.window, 1)
    links = pairs(found, config.neighbours, config.far, max(config.window // 2, 1), config.seed)
    unlike, way, distance, common = differences(found, links)
    diagonal = float(np.hypot(width, height))
    near = distance <= config.near * diagonal
    noise = max(float(np.median(unlike[near & (common > 0)])), 0.05)
    gains = np.clip(
        config.bias
        - config.slope * np.log1p(unlike / noise)
        + config.share * np.log1p(way / noise)
        - config.apart * np.sqrt(distance / diagonal),
        -config.strongest,
        config.strongest,
    )
    off, gone = against_camera(found)
    own = config.bias - config.slope * np.log1p(off / noise) + config.share * np.log1p(gone / noise)
    with_camera = np.clip(own, -config.strongest, config.strongest) * config.camera_weight
    gains = np.where(near, gains, np.minimum(gains, 0))
    nodes = len(places)
    known = common > 0
    labels = multicut(
        nodes + 1,
        np.concatenate((links[known], np.stack((np.arange(nodes), np.full(nodes, nodes)), axis=1))),
        np.concatenate((gains[known], with_camera)),
    )
    own = labels[:-1]
    weight = found.counts.astype(float)
    sizes = np.bincount(own, weights=weight, minlength=labels.max() + 1)
    least = config.smallest / 100 * weight.sum()
    rank = np.full(len(sizes), SILENT, np.int32)
    kept = [part for part in np.argsort(-sizes, kind="stable") if sizes[part] >= least and part != labels[-1]]
    rank[kept] = np.arange(1, len(kept) + 1)
    rank[labels[-1]] = CAMERA
    groups[places] = rank[own]
    belonging[places] = groups[places] >= 0
    return Grouping(groups, belonging)
