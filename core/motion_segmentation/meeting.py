"""Groups joined that are pieces of one thing that bends: where they meet, their motion goes on.

Each piece moves otherwise than the next, but across the place where they meet motion changes hardly faster
than within them. Two things that pass each other differ there at once.
"""

from dataclasses import replace

import numpy as np

from core.motion_segmentation.affinities import Motions, differences
from core.motion_segmentation.grouped import CAMERA

REACH = 2.5
"""Of the usual distance of pairs: those further apart do not tell how motion changes where groups meet."""

FASTER = 2.5
"""So many times faster than within the pieces may motion change with distance where they meet."""

STRETCH = 0.4
"""Share of their distance by which points of one thing draw apart in a window at most, where pieces meet."""

COMMON = 0.7
"""Of how far the slower of a pair goes against the camera, what the two may differ by."""

BORDER = 2.0
"""So many pairs of points lie across the place where two groups meet, at least, for each point that the
smaller is wide: pieces of one thing do not meet at a corner only."""


def join_where_they_meet(found: Motions, links: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(N,) int32 groups in which the pieces of things that bend are one, by the least of their numbers.

    Args:
        found: the motions of N points.
        links: (P, 2) int64, pairs of points that are near each other.
        groups: (N,) int32, the group of each.
    """
    groups = groups.copy()
    links = links[(groups[links] > CAMERA).all(axis=1)]
    against = replace(found, ways=np.hypot(found.steps[:, 0], found.steps[:, 1]))
    unlike, way, distance, common = differences(against, links)
    close = (common > 0) & (distance > 0)
    if not close.any():
        return groups
    close &= distance <= REACH * np.median(distance[close])
    links, unlike, way, faster = links[close], unlike[close], way[close], unlike[close] / distance[close]
    while True:
        ends = np.sort(groups[links], axis=1)
        usual = {k: float(np.median(faster[(ends == k).all(axis=1)])) for k in _inside(ends)}
        best, pair = COMMON, None
        for one, other in np.unique(ends[ends[:, 0] < ends[:, 1]], axis=0).tolist():
            across = (ends == (one, other)).all(axis=1)
            width = np.sqrt(min((groups == one).sum(), (groups == other).sum()))
            if across.sum() < BORDER * width or one not in usual or other not in usual:
                continue
            share = float(np.median(unlike[across])) / max(float(np.median(way[across])), 1e-9)
            most = min(STRETCH, FASTER * max(usual[one], usual[other]))
            goes_on = np.median(faster[across]) <= most
            if goes_on and share < best:
                best, pair = share, (one, other)
        if pair is None:
            return groups
        groups[groups == pair[1]] = pair[0]


def _inside(ends: np.ndarray) -> list[int]:
    """Groups that have pairs within."""
    inside: list[int] = np.unique(ends[ends[:, 0] == ends[:, 1], 0]).tolist()
    return inside
