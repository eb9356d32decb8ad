"""Why the average precision of a detector is what it is, class by class."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets.voc import CLASSES, VocImage
from core.evaluation.bootstrap import (
    BootstrapInterval,
    draw_pictures,
    interval_of,
    mean_aps,
    resampled_aps,
)
from core.evaluation.judging import JudgedDetections, SetObjects, judge
from core.evaluation.missed import ClassObjects, GroupRecall, Missed, SizeAP
from core.evaluation.repairs import REPAIRS, gains
from core.evaluation.verdicts import Verdict
from core.evaluation.voc_ap import Detections, average_precision


@dataclass(frozen=True)
class ClassDiagnosis:
    """All that explains the AP of one class.

    Attributes:
        name: of the class.
        ap: 0..1, as `voc_ap.evaluate_class` gives it; NaN without objects.
        objects: how many there are that are not difficult.
        metric: one of `voc_ap.METRICS`.
        overlap: the smallest IoU of a correct detection.
        detections: each with its verdict, surest first.
        resampled: (R,) float64, AP in each resample of the pictures (`bootstrap`); the same resamples for
            every run on the same set.
        interval: of AP, 95 %, by those.
        by_size: AP of the objects of each of `missed.SIZES`.
        without: how much AP it would gain, 0..1, if a kind of error were repaired; keys of `REPAIRS`.
        found: the objects, and what found them.
    """

    name: str
    ap: float
    objects: int
    metric: str
    overlap: float
    detections: JudgedDetections
    resampled: np.ndarray
    interval: BootstrapInterval
    by_size: dict[str, SizeAP]
    without: dict[str, float]
    found: ClassObjects

    @property
    def surest(self) -> np.ndarray:
        """(K,) int64, the rows of the surest detections that count, as many as there are objects.

        There precision equals recall; Hoiem et al. count errors among these, too (Section 2.1).
        """
        return np.flatnonzero(~self.detections.are(Verdict.IGNORED))[: self.objects]

    @property
    def break_even(self) -> float:
        """The score of the last of the `surest`; infinity where there is none."""
        return float(self.detections.scores[self.surest[-1]]) if len(self.surest) else float("inf")

    def missed(self, threshold: float) -> tuple[Missed, ...]:
        """The objects that no detection with a score of `threshold` and above finds, image after image."""
        return self.found.missed(self.detections, threshold)

    def recalls(self, threshold: float) -> tuple[GroupRecall, ...]:
        """How many objects are found so, by size, cut off or whole, crowded or alone."""
        return self.found.recalls(threshold)


@dataclass(frozen=True)
class Diagnosis:
    """All that explains the mAP of a detector.

    Attributes:
        metric, overlap: as of its classes.
        images: how many were tested.
        classes: by name, in VOC's order, those without objects, too.
        mean_ap: 0..1, the mean over the classes that have objects; NaN where none has.
        resampled: (R,) float64, mAP in each resample of the pictures.
        mean_interval: of mAP, 95 %, by those.
    """

    metric: str
    overlap: float
    images: int
    classes: dict[str, ClassDiagnosis]
    mean_ap: float
    resampled: np.ndarray
    mean_interval: BootstrapInterval

    @property
    def ids(self) -> np.ndarray:
        """(P,) str, the pictures of the set."""
        return next(iter(self.classes.values())).found.of.ids

    @property
    def measured(self) -> tuple[ClassDiagnosis, ...]:
        """The classes that have objects, which the mean is over."""
        return tuple(each for each in self.classes.values() if each.objects)

    @property
    def mean_without(self) -> dict[str, float]:
        """How much mAP would gain, 0..1, if a kind of error were repaired in all classes."""
        return {
            kind: float(np.mean([each.without[kind] for each in self.measured])) if self.measured else np.nan
            for kind in REPAIRS
        }


def diagnose(
    images: Sequence[VocImage],
    detections: Mapping[str, Detections],
    metric: str,
    overlap: float = 0.5,
    on_class: Callable[[ClassDiagnosis], None] | None = None,
    names: Sequence[str] = CLASSES,
) -> Diagnosis:
    """Judge detections and explain their AP.

    Args:
        images: of the set that was detected in, at least one, with objects of the classes alone; their files
            are not read.
        detections: by class; a class that is left out has none.
        metric: one of `voc_ap.METRICS`.
        overlap: the smallest IoU of a correct detection, above 0.
        on_class: called as classes finish, in the order of `names`; what it raises ends the work.
        names: of the classes.

    Raises:
        StudioError: a detection is in an image that the set does not list, or there is no such metric.
    """
    objects = SetObjects.of(images, names)
    all_judged: dict[str, JudgedDetections] = {}
    all_found: dict[str, ClassObjects] = {}
    for name in names:
        judged, touches = judge(name, detections.get(name, Detections.none()), objects, overlap)
        all_judged[name] = judged
        all_found[name] = ClassObjects.read(name, judged, touches, objects)
    without = gains(all_judged, objects, metric, overlap)
    times = draw_pictures(len(images))
    classes = {}
    for name, judged in all_judged.items():
        found = all_found[name]
        counted = ~judged.are(Verdict.IGNORED)
        true = judged.are(Verdict.TRUE)[counted]
        per_picture = np.bincount(objects.pictures[found.rows], minlength=len(images))
        resampled = resampled_aps(judged.pictures[counted], true, per_picture, times, metric)
        ap = average_precision(judged.recall, judged.precision, metric) if len(found.rows) else float("nan")
        classes[name] = ClassDiagnosis(
            name,
            ap,
            len(found.rows),
            metric,
            overlap,
            judged,
            resampled,
            interval_of(resampled, ap),
            found.by_size(judged, metric),
            without[name],
            found,
        )
        if on_class is not None:
            on_class(classes[name])
    means = mean_aps([each.resampled for each in classes.values()])
    known = [each.ap for each in classes.values() if each.objects]
    mean = float(np.mean(known)) if known else float("nan")
    return Diagnosis(metric, overlap, len(images), classes, mean, means, interval_of(means, mean))
