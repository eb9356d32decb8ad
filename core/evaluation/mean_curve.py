"""One curve of precision over recall for several detectors: their mean at each recall."""

from collections.abc import Sequence

import numpy as np

from core.evaluation.voc_ap import best_beyond

RECALLS = np.linspace(0.0, 1.0, 201)
"""Where the mean is taken."""

ROUNDING = 1e-6
"""Curves are kept as float32: a recall that is less than a point by so little reaches it."""


def mean_curve(curves: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """The mean curve; of each curve the best precision at a recall or beyond counts, as AP takes it.

    This is vertical averaging (Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 2006,
    there for ROC curves). Beyond the last recall of a curve its precision is 0.

    Args:
        curves: recall, rising, and precision, (N,) float each, 0..1.

    Returns:
        (201,) float64 recall, and as many precisions.
    """
    sums = np.zeros(len(RECALLS))
    for recall, precision in curves:
        sums += best_beyond(precision)[np.searchsorted(recall, RECALLS - ROUNDING, side="left")]
    return RECALLS.copy(), sums / max(len(curves), 1)
