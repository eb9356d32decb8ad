"""Fewer points for a curve that has more than the screen."""

import numpy as np


def thinned(x: np.ndarray, y: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """At most `limit` points of a curve that look like all of it: of each stretch the lowest and the highest.

    Args:
        x: (N,) float, ascending.
        y: (N,) float; NaN where there is no value.
        limit: even, at least 2.

    Returns:
        (M,) and (M,) float with M <= limit, points of the curve in their order; NaN are left out where
        a stretch has numbers.
    """
    if len(x) <= limit:
        return x, y
    bounds = np.linspace(0, len(x), limit // 2 + 1).astype(int)[:-1]
    lowest = _argmin_by_stretch(y, bounds)
    highest = _argmin_by_stretch(-y, bounds)
    places = np.sort(np.stack([lowest, highest], axis=1), axis=1).ravel()
    return x[places], y[places]


def _argmin_by_stretch(y: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """Where the lowest number of each stretch is; its first place if it holds none."""
    filled = np.where(np.isfinite(y), y, np.inf)
    lows = np.minimum.reduceat(filled, bounds)
    stretch = np.searchsorted(bounds, np.arange(len(y)), side="right") - 1
    hits = np.flatnonzero(filled == lows[stretch])
    places = bounds.copy()
    which, first = np.unique(stretch[hits], return_index=True)
    places[which] = hits[first]
    return places
