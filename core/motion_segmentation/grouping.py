"""Points grouped into objects by how they move: those that go together, and those that follow the camera."""

from dataclasses import dataclass

import numpy as np

from core.motion_segmentation.affinities import Motions, differences, motions, pairs
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
    noise = config.noise * height / 480
    links = pairs(found, config.neighbours, config.far, max(config.window // 2, 1), config.seed)
    unlike, distance, common = differences(found, links, noise)
    gains = np.clip(config.tolerance - unlike, -config.strongest, config.strongest)
    near = distance <= config.near * np.hypot(width, height)
    camera = _against_camera(found, noise)
    gains = np.where(near, gains, np.minimum(gains, 0))
    # edges to a node of the camera
    nodes = len(places)
    with_camera = np.clip(config.camera_tolerance - camera, 0, config.strongest) * config.camera_weight
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


def _against_camera(found: Motions, noise: float) -> np.ndarray:
    """(N,) how far each goes against the camera over a window, in units of noise: the 90th percentile."""
    size = np.linalg.norm(found.steps, axis=1) / noise
    owner = np.repeat(np.arange(len(found.counts)), found.counts)
    order = np.lexsort((size, owner))
    last = found.offsets[:-1] + np.maximum(np.ceil(0.9 * found.counts).astype(int) - 1, 0)
    return np.asarray(size[order][last])
