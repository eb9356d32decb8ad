"""A smooth line through noisy values that neither lags behind them nor starts from the first one."""

import numpy as np

SMOOTHINGS = {"off": 0.0, "little": 0.01, "medium": 0.03, "strong": 0.08}
"""What a person chooses → standard deviation of the kernel, as a share of the steps that a plot shows."""

USUAL = "medium"

_REACH = 4
"""Standard deviations after which the kernel is cut off."""

_BLOCKS, _LONG = 16, 2048
"""A longer curve is reckoned with the means of blocks, so many in a standard deviation: finer is not seen."""

_SINGULAR = 1e-6
"""Below this share of its usual spread a neighbourhood has no slope: it is a point or two."""


def smoothed(y: np.ndarray, deviation: float) -> np.ndarray:
    """A local line through each value's neighbours, weighted by a Gaussian over their distance.

    Neighbours on both sides count alike, so that it does not lag; at the ends, where one side is missing,
    the slope of the line takes its place.

    Args:
        y: (N,) float, values at even distances; NaN and infinity count as missing.
        deviation: standard deviation of the Gaussian in distances between values; 0 changes nothing.

    Returns:
        (N,) float; NaN where the value is missing.

    Source: Fan, "Design-adaptive nonparametric regression", JASA 1992, Section 2.
    """
    known = np.isfinite(y)
    if deviation <= 0 or not known.any():
        return np.where(known, y, np.nan)
    base = y[known].mean()  # so that rounding is that of the differences
    block = max(1, int(deviation / _BLOCKS)) if len(y) > _LONG else 1
    starts = np.arange(0, len(y), block)
    smooth = _local_lines(
        np.add.reduceat(known.astype(float), starts),
        np.add.reduceat(np.where(known, y - base, 0.0), starts),
        deviation / block,
    )
    if block > 1:
        smooth = _between(smooth, block, len(y))
    return np.where(known, base + smooth, np.nan)


def _local_lines(counts: np.ndarray, sums: np.ndarray, deviation: float) -> np.ndarray:
    """(B,) the lines at even places, each with a number of values and their sum; NaN where none is near."""
    reach = min(int(np.ceil(_REACH * deviation)), len(counts) - 1)
    away = np.arange(-reach, reach + 1)
    weight = np.exp(-0.5 * (away / deviation) ** 2)
    n0, n1, n2 = _sums(counts, [weight, weight * away, weight * away**2])
    v0, v1 = _sums(sums, [weight, weight * away])
    spread = n0 * n2 - n1**2
    sloped = spread > _SINGULAR * counts.max() ** 2 * weight.sum() * (weight * away**2).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        smooth = np.where(sloped, (n2 * v0 - n1 * v1) / spread, v0 / n0)
    return np.where(n0 > _SINGULAR, smooth, np.nan)


def _between(smooth: np.ndarray, block: int, length: int) -> np.ndarray:
    """(length,) the values of blocks at every place of them; straight on at both ends."""
    there = np.flatnonzero(np.isfinite(smooth))
    middles, values = there * block + (block - 1) / 2, smooth[there]
    if len(there) > 1:
        ends = middles[[0, -1]] + [-block, block]
        slopes = np.diff(values)[[0, -1]] / np.diff(middles)[[0, -1]]
        values = np.concatenate((values[:1] - block * slopes[0], values, values[-1:] + block * slopes[1]))
        middles = np.concatenate((ends[:1], middles, ends[1:]))
    return np.interp(np.arange(length), middles, values)


def _sums(values: np.ndarray, kernels: list[np.ndarray]) -> list[np.ndarray]:
    """For each kernel (2R + 1,) and place i the sum over j of kernel[R + j] values[i + j]: (N,) each."""
    reach = len(kernels[0]) // 2
    size = 1 << (len(values) + 2 * reach).bit_length()
    transformed = np.fft.rfft(values, size)
    found = [np.fft.irfft(transformed * np.fft.rfft(kernel[::-1], size), size) for kernel in kernels]
    return [one[reach : reach + len(values)] for one in found]
