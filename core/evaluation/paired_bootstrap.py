"""How far apart two detectors are, class by class, and how sure that is over the choice of test pictures.

Both are measured on the same resamples of the pictures (`bootstrap.draw_pictures`), so what a picture does to
both does not widen the interval of their difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.evaluation.bootstrap import BootstrapInterval, interval_of
from core.evaluation.diagnosis import Diagnosis
from core.evaluation.picture_differences import check_alike


@dataclass(frozen=True, eq=False)
class ResampledAps:
    """The APs of one run in all resamples, without what they come from: some 300 KB for VOC 2007.

    Attributes:
        ids, overlap: the pictures of the set, (P,) str, and the smallest IoU of a correct detection.
        classes: by name, those with objects: AP, 0..1, and (R,) float64 in each resample.
        mean: the same of their mean.
    """

    ids: np.ndarray
    overlap: float
    classes: Mapping[str, tuple[float, np.ndarray]]
    mean: tuple[float, np.ndarray]

    @classmethod
    def of(cls, diagnosis: Diagnosis) -> "ResampledAps":
        """Those of a diagnosis."""
        classes = {each.name: (each.ap, each.resampled) for each in diagnosis.measured}
        return cls(diagnosis.ids, diagnosis.overlap, classes, (diagnosis.mean_ap, diagnosis.resampled))


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


def paired_differences(ours: Sequence[ResampledAps], theirs: Sequence[ResampledAps]) -> PairedDifferences:
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
        name: _paired([one.classes[name] for one in ours], [one.classes[name] for one in theirs])
        for name in ours[0].classes
    }
    return PairedDifferences(classes, _paired([one.mean for one in ours], [one.mean for one in theirs]))


def _paired(
    ours: Sequence[tuple[float, np.ndarray]], theirs: Sequence[tuple[float, np.ndarray]]
) -> PairedDifference:
    gain = float(np.mean([ap for ap, _ in ours]) - np.mean([ap for ap, _ in theirs]))
    means = (np.mean([resampled for _, resampled in each], axis=0) for each in (ours, theirs))
    return PairedDifference(gain, interval_of(next(means) - next(means), gain, lowest=-1.0))
