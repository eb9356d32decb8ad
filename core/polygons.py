"""Polygons as masks, and masks as polygons.

A polygon is one or several rings, each (K, 2) x and y in continuous pixels (see `core.geometry`), whose
last corner is joined to its first. A pixel is in when its centre is within an odd number of rings
(even-odd), so that a ring within a ring is a hole. A centre that lies on an edge is in where the area
lies below it, or to the right of an upright one: polygons that share an edge share no pixel.
"""

from collections.abc import Sequence

import numpy as np

from core.geometry import decode_mask

_AT_ONCE = 1 << 20  # crossings of edges and columns


def fill(parts: Sequence[np.ndarray], height: int, width: int) -> np.ndarray:
    """The (height, width) bool mask of rings, each (K, 2) finite numbers; what lies outside is cut off."""
    filled = runs(parts, height, width)
    return np.zeros((height, width), bool) if filled is None else decode_mask(filled, height, width)


def runs(parts: Sequence[np.ndarray], height: int, width: int) -> bytes | None:
    """The run lengths of what `fill` gives, without the pixels between; None where no pixel is in."""
    rings = [np.asarray(ring, np.float64).reshape(-1, 2) for ring in parts if len(ring)]
    if not rings:
        return None
    edges = np.vstack([np.hstack([ring, np.roll(ring, -1, axis=0)]) for ring in rings])
    to_the_right = np.where((edges[:, 0] <= edges[:, 2])[:, None], edges, edges[:, [2, 3, 0, 1]])
    places, counts = np.unique(_crossings(to_the_right, height, width), return_counts=True)
    turns = places[(counts % 2 == 1) & (places < height * width)]
    if not len(turns):
        return None
    return np.diff(turns, prepend=0, append=height * width).astype("<u4").tobytes()


def outline(mask: np.ndarray) -> list[np.ndarray]:
    """The rings around a (H, W) bool mask along the edges of its pixels; `fill` gives the same mask again.

    Returns:
        (K, 2) float32 each, from its topmost corner on; clockwise on the screen around pixels, the
        other way around holes. Pixels that touch at a corner alone have rings of their own.
    """
    corners, following = _corners(np.asarray(mask, bool))
    after, left = following.tolist(), [True] * len(following)
    rings = []
    for start in range(len(after)):
        ring, here = [], start
        while left[here]:
            left[here] = False
            ring.append(here)
            here = after[here]
        if ring:
            rings.append(corners[ring].astype(np.float32))
    return rings


def _crossings(edges: np.ndarray, height: int, width: int) -> np.ndarray:
    """(N,) int64: where columns of pixels, one after the other, go in or out of the area.

    `edges` (E, 4) are x, y of the left end, then of the right end.
    """
    first, last = (np.clip(np.ceil(edges[:, at] - 0.5), 0, width).astype(np.int64) for at in (0, 2))
    counts = last - first  # of the columns whose centre an edge crosses
    batch = np.cumsum(counts) // _AT_ONCE
    found = [np.zeros(0, np.int64)]
    for some in np.split(np.arange(len(edges)), np.flatnonzero(np.diff(batch)) + 1):
        edge = np.repeat(some, counts[some])
        x1, y1, x2, y2 = edges[edge].T
        column = np.arange(len(edge)) - np.repeat(
            np.cumsum(counts[some]) - counts[some] - first[some], counts[some]
        )
        y = y1 + (column + 0.5 - x1) * (y2 - y1) / (x2 - x1)
        found.append(column * height + np.clip(np.ceil(y - 0.5), 0, height).astype(np.int64))
    return np.concatenate(found)


def _corners(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The corners (N, 2) of all rings, from top to bottom, and (N,) which corner follows each.

    A corner joins a level edge and an upright one; along a line of the grid corners pair off, each pair
    an edge. Where two pixels touch at a corner it stands twice, first for the western edge.
    """
    padded = np.pad(mask, 1)
    north_west, north_east = padded[:-1, :-1], padded[:-1, 1:]
    south_west, south_east = padded[1:, :-1], padded[1:, 1:]
    odd = north_west ^ north_east ^ south_west ^ south_east
    touching = (north_west == south_east) & (north_east == south_west) & (north_west != north_east)
    y, x = np.nonzero(odd | touching)
    corner = np.repeat(np.arange(len(y)), 1 + touching[y, x])
    second = np.append(False, corner[1:] == corner[:-1])[: len(corner)]
    y, x = y[corner], x[corner]
    below = second == north_west[y, x]  # where the upright edge of the pixel with this level edge goes
    level = np.arange(len(corner)) ^ 1
    order = np.lexsort((below, y, x))
    upright = np.empty_like(order)
    upright[order[0::2]], upright[order[1::2]] = order[1::2], order[0::2]
    goes_right = south_east[y, np.minimum(x, x[level])]  # its pixel is on the right hand
    is_left_end = level > np.arange(len(corner))
    return np.column_stack([x, y]), np.where(is_left_end == goes_right, level, upright)
