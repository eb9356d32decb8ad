"""A mean of a few values and how far from it the true mean may lie."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit


@dataclass(frozen=True)
class Interval:
    """The mean of `count` values ± `half`, NaN for one value, which says nothing about others."""

    mean: float
    half: float
    count: int


def t_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Student's t-interval of a mean: half = t · s / √n, t with n − 1 degrees of freedom.

    It covers what differs between the values and nothing else: over draws of training images, for example,
    neither other test images nor another pretraining. For a paired interval give the differences of pairs.

    Args:
        values: at least one, independent of each other.
    """
    count = len(values)
    mean = float(np.mean(values))
    if count < 2:
        return Interval(mean, math.nan, count)
    error = float(np.std(values, ddof=1)) / math.sqrt(count)
    return Interval(mean, float(stdtrit(count - 1, (1 + confidence) / 2)) * error, count)
