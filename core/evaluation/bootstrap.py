"""How far AP depends on which pictures were tested: resamples of the pictures.

A resample draws as many pictures as there are, with replacement; a picture that is drawn twice counts
twice, with its detections and its objects. The interval holds the middle 95 % of the APs of resamples
(percentiles: Efron and Tibshirani, 1993, Chapter 13), moved so that their mean is the AP that was measured:
AP takes the best precision beyond a recall, which is the higher the fewer different pictures there are, and a
resample has fewer. It says where the mean AP of other sets of as many pictures of this kind lies, not what
another training would give, nor the AP on endless pictures, which is a little lower.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from core.evaluation.voc_ap import average_precision

RESAMPLES = 1000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class BootstrapInterval:
    """From `low` to `high`; NaN where nothing can be said. `resamples` is from how many it was taken."""

    low: float
    high: float
    resamples: int

    @property
    def half(self) -> float:
        """Half its width."""
        return (self.high - self.low) / 2


def draw_pictures(pictures: int, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """How often each picture is in each resample.

    Equal arguments give equal resamples, so two runs on the same set can be compared resample by resample.

    Returns:
        (pictures, resamples) float32 whole numbers; each column sums to `pictures`.
    """
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, pictures, (resamples, pictures))
    numbered = (drawn + pictures * np.arange(resamples)[:, None]).ravel()
    times = np.bincount(numbered, minlength=resamples * pictures)
    return np.ascontiguousarray(times.reshape(resamples, pictures).T, np.float32)


def resampled_aps(
    pictures: np.ndarray, true: np.ndarray, objects: np.ndarray, times: np.ndarray, metric: str
) -> np.ndarray:
    """AP of one class in every resample.

    The curve is followed at its true detections alone: between them precision only falls, and no metric of
    `voc_ap.METRICS` looks at any precision but the best at a recall or beyond. The false detections before
    each true one are summed by a product of a sparse matrix.

    Args:
        pictures: (N,) int64, the picture of each detection that counts (none that is ignored), surest first.
        true: (N,) bool, whether it is true.
        objects: (P,) int64, objects of the class in each picture, without difficult ones.
        times: (P, R) float32 of `draw_pictures`.
        metric: one of `voc_ap.METRICS`.

    Returns:
        (R,) float64, 0..1; NaN for a resample without objects.
    """
    total = objects.astype(np.float64) @ times
    aps = np.where(total > 0, 0.0, np.nan)
    rows = np.flatnonzero(true)
    if len(rows) == 0:
        return aps
    false = np.flatnonzero(~true[: rows[-1]])
    places = (np.searchsorted(rows, false), pictures[false])
    shape = (len(rows), len(objects))
    before = csr_matrix((np.ones(len(false), np.float32), places), shape)
    wrong = np.cumsum(before @ times, axis=0).T
    found = np.cumsum(times[pictures[rows]], axis=0).T.astype(np.float64)
    precision = np.ascontiguousarray(found / np.maximum(found + wrong, 1))
    for resample in np.flatnonzero(total > 0):
        recall = found[resample] / total[resample]
        aps[resample] = average_precision(recall, precision[resample], metric)
    return aps


def mean_aps(aps: Sequence[np.ndarray]) -> np.ndarray:
    """(R,) the mean over the classes that have objects in a resample, of (R,) APs of each class."""
    table = np.array(aps).reshape(len(aps), -1)
    known = np.isfinite(table)
    count = known.sum(axis=0)
    sums = np.where(known, table, 0).sum(axis=0)
    return np.divide(sums, count, out=np.full(table.shape[1], np.nan), where=count > 0)


def interval_of(values: np.ndarray, measured: float, lowest: float = 0.0) -> BootstrapInterval:
    """The interval around what was measured, by the values of resamples.

    Args:
        values: (R,) of the resamples; NaN among them are left out.
        measured: on the pictures as they are.
        lowest: value that is possible; the highest is 1.
    """
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return BootstrapInterval(np.nan, np.nan, 0)
    ends = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]) - known.mean() + measured
    low, high = np.clip(ends, lowest, 1.0)
    return BootstrapInterval(float(low), float(high), len(known))
