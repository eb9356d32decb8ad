"""How far apart two detectors are, class by class, and how sure that is over the choice of test pictures.

Both are measured on the same resamples of the pictures (`bootstrap.draw_pictures`), so what a picture does to
both does not widen the interval of their difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.bootstrap import BootstrapInterval, interval_of
from core.evaluation.diagnosis import Diagnosis
from core.evaluation.picture_differences import check_alike


@dataclass(frozen=True)
class PairedDifference:
    """How much more AP the first has, -1..1, and the 95 % interval over pictures; NaN without objects."""

    gain: float
    interval: BootstrapInterval

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.interval.low > 0 or self.interval.high < 0


@dataclass(frozen=True)
class PairedDifferences:
    """By class, in VOC's order, those with objects alone; and of the mean over these."""

    classes: dict[str, PairedDifference]
    mean: PairedDifference


def paired_differences(ours: Sequence[Diagnosis], theirs: Sequence[Diagnosis]) -> PairedDifferences:
    """How far a detector lies above another.

    Args:
        ours, theirs: of one run each, or of runs that differ in their seed: of several the mean AP counts, in
            every resample and in all.

    Raises:
        StudioError: two of them were measured on different pictures, or with different overlaps.
    """
    for other in (*ours[1:], *theirs):
        check_alike(ours[0], other)
    classes = {
        each.name: _paired(
            [one.classes[each.name].ap for one in ours],
            [one.classes[each.name].ap for one in theirs],
            [one.classes[each.name].resampled for one in ours],
            [one.classes[each.name].resampled for one in theirs],
        )
        for each in ours[0].measured
    }
    mean = _paired(
        [one.mean_ap for one in ours],
        [one.mean_ap for one in theirs],
        [one.resampled for one in ours],
        [one.resampled for one in theirs],
    )
    return PairedDifferences(classes, mean)


def _paired(
    ours: Sequence[float],
    theirs: Sequence[float],
    resampled_ours: Sequence[np.ndarray],
    resampled_theirs: Sequence[np.ndarray],
) -> PairedDifference:
    gain = float(np.mean(ours) - np.mean(theirs))
    apart = np.mean(resampled_ours, axis=0) - np.mean(resampled_theirs, axis=0)
    return PairedDifference(gain, interval_of(apart, gain, lowest=-1.0))
