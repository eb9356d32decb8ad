"""A few trajectories chosen among many."""

import numpy as np

from core.trajectories.model import PointTrajectories

CELLS = 4
"""The frame is cut into so many parts each way, and time into as many."""


def spread(points: PointTrajectories, most: int) -> np.ndarray:
    """Choose at most so many trajectories, spread over frame and time, the long ones first.

    Each part of frame and time gives its longest, then each its second longest, and so on; where
    they start decides the part.

    Returns:
        (K,) int64, their places, ascending.
    """
    if len(points) <= most:
        return np.arange(len(points))
    starts = np.column_stack([points.xy[points.offsets[:-1]], points.first])
    low, high = starts.min(axis=0), starts.max(axis=0)
    parts = np.minimum(((starts - low) / np.maximum(high - low, 1) * CELLS).astype(int), CELLS - 1)
    part = parts @ (1, CELLS, CELLS**2)
    order = np.lexsort((-points.lengths, part))
    begins = np.flatnonzero(np.diff(part[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(begins, np.diff([*begins, len(order)]))
    chosen = order[np.lexsort((-points.lengths[order], rank))[:most]]
    return np.sort(chosen)
