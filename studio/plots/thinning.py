"""What a curve needs before it is drawn: fewer points, and a smooth line through noisy ones."""

import numpy as np

_BLOCK = 256


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


def smoothed(y: np.ndarray, weight: float) -> np.ndarray:
    """The exponential moving average of a curve, without the pull of its start towards zero.

    Args:
        y: (N,) float; NaN and infinity are passed over: the average stays.
        weight: share of the earlier average in the next one, 0.5 <= weight < 1.

    Returns:
        (N,) float; NaN before the first number.

    Source: the debiased average of Kingma and Ba (Adam), ICLR 2015, Section 3.
    """
    known = np.isfinite(y)
    values = y[known]
    sums = np.empty(len(values))
    total = 0.0
    decay = weight ** np.arange(1, _BLOCK + 1)
    for start in range(0, len(values), _BLOCK):
        block = values[start : start + _BLOCK]
        factor = decay[: len(block)]
        # s[k] = w^k (s[0] + (1 - w) sum_j y[j] / w^j): the recursion, a block at a time
        sums[start : start + len(block)] = factor * (total + (1 - weight) * np.cumsum(block / factor))
        total = float(sums[start + len(block) - 1])
    averages = sums / (1 - weight ** np.arange(1, len(values) + 1))
    counts = np.cumsum(known)
    return np.concatenate(([np.nan], averages))[counts]


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
