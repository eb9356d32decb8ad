"""The objects of one class: their size, whether they are cut off or crowded, and what found them."""

from dataclasses import dataclass

import numpy as np

from core import geometry
from core.evaluation.judging import JudgedDetections, SetObjects, Touches
from core.evaluation.verdicts import VERDICTS, Verdict
from core.evaluation.voc_ap import average_precision

SIZES = ("XS", "S", "M", "L", "XL")
"""Of objects among those of their class: the smallest tenth, the next fifth, two fifths, fifth, tenth."""

PERCENTILES = (0.1, 0.3, 0.7, 0.9)
"""Of the areas (px²) of the objects of a class that are not difficult, where one size ends and the next
begins; an object as large as a limit is of the smaller size. Source: Hoiem et al., ECCV 2012, Section 3."""

CROWDED = 0.1
"""The smallest IoU with another object of its class, difficult or not, at which one is crowded; ours."""


@dataclass(frozen=True)
class Missed:
    """An object that no detection found.

    Attributes:
        image: its id.
        number: of the object in its image, from 0.
        box: (4,) float64 pixels.
        size: one of `SIZES`.
        truncated: the box does not hold all of the object.
        crowded: it overlaps another object of its class; see `CROWDED`.
        best_overlap: the largest IoU of a detection of its class with it; 0 where none overlaps it.
    """

    image: str
    number: int
    box: np.ndarray
    size: str
    truncated: bool
    crowded: bool
    best_overlap: float


@dataclass(frozen=True)
class GroupRecall:
    """How many of a group of objects were found; `name` is a size, truncated, whole, crowded or alone."""

    name: str
    objects: int
    found: int


@dataclass(frozen=True)
class SizeAP:
    """AP, 0..1, of the objects of one size, and how many there are; NaN where there are none."""

    ap: float
    objects: int


@dataclass(frozen=True)
class ClassObjects:
    """The K objects of one class that count, those that are not difficult.

    Attributes:
        name: of the class.
        rows: (K,) int64, their places in `of`.
        of: all objects of the set.
        limits: (4,) float64 px², the areas at which sizes end; NaN without objects.
        sizes: (K,) int64, places in `SIZES`.
        crowded: (K,) bool.
        found_at: (K,) float64, the score of the detection that found each; NaN where none did.
        touches: what overlaps them.
    """

    name: str
    rows: np.ndarray
    of: SetObjects
    limits: np.ndarray
    sizes: np.ndarray
    crowded: np.ndarray
    found_at: np.ndarray
    touches: Touches

    @classmethod
    def read(cls, name: str, judged: JudgedDetections, touches: Touches, of: SetObjects) -> "ClassObjects":
        """Those of a class, with what its judged detections found."""
        own = of.are(name)
        rows = np.flatnonzero(own & ~of.difficult)
        limits = _limits(geometry.areas(of.boxes[rows]))
        found_at = np.full(len(of.classes), np.nan)
        true = judged.are(Verdict.TRUE)
        found_at[of.starts[judged.pictures[true]] + judged.nearest[true]] = judged.scores[true]
        crowded = _crowded(own, of)
        sizes = _sizes(of.boxes[rows], limits)
        return cls(name, rows, of, limits, sizes, crowded[rows], found_at[rows], touches)

    @property
    def truncated(self) -> np.ndarray:
        """(K,) bool."""
        return np.asarray(self.of.truncated[self.rows])

    def missed(self, judged: JudgedDetections, threshold: float) -> tuple[Missed, ...]:
        """Those that no detection with a score of `threshold` and above found, image after image."""
        of = self.of
        best = np.zeros(len(of.classes))
        used = int(np.searchsorted(self.touches.detections, judged.count_at(threshold)))
        np.maximum.at(best, self.touches.objects[:used], self.touches.overlaps[:used])
        return tuple(
            Missed(
                image=str(of.ids[of.pictures[row]]),
                number=int(of.numbers[row]),
                box=of.boxes[row],
                size=SIZES[self.sizes[place]],
                truncated=bool(of.truncated[row]),
                crowded=bool(self.crowded[place]),
                best_overlap=float(best[row]),
            )
            for place, row in enumerate(self.rows.tolist())
            if not self.found_at[place] >= threshold  # NaN, too
        )

    def recalls(self, threshold: float) -> tuple[GroupRecall, ...]:
        """How many of each group are found by detections with a score of `threshold` and above."""
        found = self.found_at >= threshold
        groups = [(size, self.sizes == place) for place, size in enumerate(SIZES)]
        groups += [("truncated", self.truncated), ("whole", ~self.truncated)]
        groups += [("crowded", self.crowded), ("alone", ~self.crowded)]
        return tuple(
            GroupRecall(name, int(np.count_nonzero(are)), int(np.count_nonzero(are & found)))
            for name, are in groups
        )

    def by_size(self, judged: JudgedDetections, metric: str) -> dict[str, SizeAP]:
        """AP of the objects of each size.

        The objects of other sizes are ignored, as difficult ones are, and so are the detections that hit
        them. Of false detections those count that hit an object of the size, and of the others those whose
        own box is of the size. So each size has its share of false detections, as in COCO's AP of small,
        medium and large objects; Hoiem et al. normalise precision instead (Section 3.2).
        """
        all_sizes = np.full(len(self.of.classes), -1)
        all_sizes[self.rows] = self.sizes
        verdicts = judged.verdicts
        hits = judged.are(Verdict.TRUE) | judged.are(Verdict.DUPLICATE)
        size_of = _sizes(judged.boxes, self.limits) if len(self.rows) else np.zeros(len(verdicts), np.int64)
        size_of[hits] = all_sizes[self.of.starts[judged.pictures[hits]] + judged.nearest[hits]]
        counted = verdicts != VERDICTS.index(Verdict.IGNORED)
        return {
            size: SizeAP(
                ap_of(judged.are(Verdict.TRUE)[of_size], int(np.count_nonzero(self.sizes == place)), metric),
                int(np.count_nonzero(self.sizes == place)),
            )
            for place, size in enumerate(SIZES)
            for of_size in (counted & (size_of == place),)
        }


def ap_of(true: np.ndarray, objects: int, metric: str) -> float:
    """AP, 0..1, of the detections that count, (N,) bool whether each is true, surest first.

    NaN without objects.
    """
    if objects == 0:
        return float("nan")
    found = np.cumsum(true)
    return average_precision(found / objects, found / np.arange(1, len(true) + 1), metric)


def _limits(areas: np.ndarray) -> np.ndarray:
    return np.quantile(areas, PERCENTILES) if len(areas) else np.full(len(PERCENTILES), np.nan)


def _sizes(boxes: np.ndarray, limits: np.ndarray) -> np.ndarray:
    return np.searchsorted(limits, geometry.areas(boxes), side="left")


def _crowded(own: np.ndarray, of: SetObjects) -> np.ndarray:
    """(M,) bool, which of some objects overlap another of them."""
    crowded = np.zeros(len(own), bool)
    rows = np.flatnonzero(own)
    for shift in range(1, int(np.bincount(of.pictures[rows]).max(initial=1))):
        first, second = rows[:-shift], rows[shift:]  # each pair of one image stands next but `shift` once
        near = (of.pictures[first] == of.pictures[second]) & (
            geometry.iou(of.boxes[first], of.boxes[second]) >= CROWDED
        )
        crowded[first[near]] = crowded[second[near]] = True
    return crowded
