"""One class of a measured run, as the views show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.datasets.voc import VocImage
from core.evaluation.diagnosis import ClassDiagnosis
from core.evaluation.judging import JudgedDetections
from core.evaluation.verdicts import Verdict
from core.runs.measured_run import MeasuredRun


@dataclass(frozen=True, eq=False)
class ShownClass:
    """A class of a run, and what its pictures hold of other classes.

    Attributes:
        run: the files it comes from.
        images: of the set, by id.
        classes: by name; those that are worked out so far, `name` among them.
        name: the class that is looked at.
    """

    run: MeasuredRun
    images: Mapping[str, VocImage]
    classes: Mapping[str, ClassDiagnosis]
    name: str

    @property
    def diagnosis(self) -> ClassDiagnosis:
        return self.classes[self.name]

    @property
    def detections(self) -> JudgedDetections:
        return self.diagnosis.detections

    @cached_property
    def best_threshold(self) -> float:
        """The score at which the harmonic mean of precision and recall (F1) is highest.

        Infinite without detections or objects.
        """
        judged = self.detections
        sums = judged.precision + judged.recall
        if len(sums) == 0 or not np.isfinite(sums).all() or sums.max() == 0:
            return float(judged.scores[0]) if len(judged.scores) else np.inf
        product = judged.precision * judged.recall
        f1 = np.divide(product, sums, out=np.zeros(len(sums)), where=sums > 0)
        return float(judged.scores[int(f1.argmax())])

    def pictures(self, threshold: float) -> list[str]:
        """Those with an object or, at a threshold, a detection of the class, in the set's order."""
        of, judged = self.diagnosis.found.of, self.detections
        there = np.zeros(len(of.ids), bool)
        there[of.pictures[of.are(self.name)]] = True
        there[judged.pictures[: judged.count_at(threshold)]] = True
        ids: list[str] = of.ids[there].tolist()
        return ids

    def rows_in(self, image: str, name: str) -> np.ndarray:
        """(K,) int64, the places of the detections of a class in an image, surest first."""
        (place,) = self.diagnosis.found.of.places_of(np.array([image]))
        return np.flatnonzero(self.classes[name].detections.pictures == place)

    def found_in(self, image: str, threshold: float) -> dict[int, int]:
        """Number of an object of an image → the place of the detection at a threshold that finds it."""
        judged, true = self.detections, self.detections.are(Verdict.TRUE)
        rows = self.rows_in(image, self.name).tolist()
        return {
            int(judged.nearest[row]): row for row in rows if true[row] and judged.scores[row] >= threshold
        }
