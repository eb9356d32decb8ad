"""How well labelled points agree with annotated regions: the measure of Brox and Malik for BMS-26.

Source: Brox and Malik, Object segmentation by long term analysis of point trajectories, ECCV 2010; written
anew from its definition.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.trajectories.model import PointTrajectories

EXTRACTED = 0.1
"""A region of which a smaller share is wrong counts as found."""


@dataclass(frozen=True)
class Agreement:
    """What the measure says of one clip.

    Attributes:
        density: of the pixels of annotated frames, the share with a labelled point.
        overall: of the labelled observations, the share that is wrong, each as heavy as its penalty.
        average: the mean over visible regions of the share that is wrong in them; 1 where no point is.
        over_segmentation: clusters that no region took.
        extracted: regions of which less than `EXTRACTED` is wrong, without the background.
        objects: regions that are visible, without the background.
    """

    density: float
    overall: float
    average: float
    over_segmentation: int
    extracted: int
    objects: int


def agreement(
    points: PointTrajectories, groups: np.ndarray, truth: Mapping[int, np.ndarray], penalties: np.ndarray
) -> Agreement:
    """The measure for the points of one clip.

    Args:
        points: N trajectories.
        groups: (N,) int, the cluster of each; below 0 where a point is of none, which then does not count.
        truth: annotated frame → (H, W) int, the region of each pixel, below R.
        penalties: (R, R) float, what it costs to take a region (row) for another (column).

    A point lies in the pixel of which it has the whole numbers.
    """
    regions, clusters = len(penalties), int(groups.max(initial=-1)) + 1
    counts = np.zeros((regions, clusters), np.int64)
    covered = pixels = 0
    visible = np.zeros(regions, bool)
    for frame, labels in truth.items():
        height, width = labels.shape
        rows = points.at(frame)
        rows = rows[groups[points.owner[rows]] >= 0]
        x, y = points.xy[rows].astype(np.int64).T
        inside = (points.xy[rows] >= 0).all(axis=1) & (x < width) & (y < height)
        rows, x, y = rows[inside], x[inside], y[inside]
        np.add.at(counts, (labels[y, x], groups[points.owner[rows]]), 1)
        covered += len(np.unique(y * width + x))
        pixels += labels.size
        visible[np.unique(labels)] = True
    owner, surplus = owners(counts)
    wrong = (counts * penalties[:, owner]).sum(axis=1)
    right = np.where(owner == np.arange(regions)[:, None], counts, 0).sum(axis=1)
    shares = np.divide(wrong, wrong + right, out=np.ones(regions), where=counts.sum(axis=1) > 0)[visible]
    return Agreement(
        density=covered / max(pixels, 1),
        overall=float(wrong.sum() / max(counts.sum(), 1)),
        average=float(shares.mean()),
        over_segmentation=surplus,
        extracted=max(int((shares < EXTRACTED).sum()) - 1, 0),
        objects=int(visible.sum()) - 1,
    )


def owners(counts: np.ndarray) -> tuple[np.ndarray, int]:
    """Which region each cluster stands for, and how many clusters no region took.

    Args:
        counts: (R, C) int, observations by region and cluster.

    Returns:
        (C,) int64: each region takes the cluster that covers it most; of several that take the same one it
        belongs to that which it covers most, and one that none takes to the region that it covers most.
    """
    taken = np.zeros(counts.shape, bool)
    some = np.flatnonzero(counts.sum(axis=1))
    if counts.size:
        taken[some, counts[some].argmax(axis=1)] = True
    free = ~taken.any(axis=0)
    owner = np.where(taken | free, counts, -1).argmax(axis=0) if counts.size else np.zeros(0, np.int64)
    return owner, int((free & (counts.sum(axis=0) > 0)).sum())
