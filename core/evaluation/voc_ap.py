"""Average precision as PASCAL VOC measures it; the rules of the devkit's `VOCevaldet.m` and `VOCap.m`.

Objects marked difficult are neither found nor missed; a second detection of an object is false;
a detection is compared with the object that it overlaps most, and no other. Boxes are ours (see
`core/geometry.py`), in which the devkit's areas, with their + 1, are `(x2 - x1) * (y2 - y1)`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core import geometry
from core.datasets.voc import CLASSES, VocImage
from core.errors import StudioError


@dataclass(frozen=True)
class ApMetric:
    """One way to average the precision of a class over recall.

    Attributes:
        name: what it is called on the command line and in results.
        title: what follows "AP" in a sentence, such as "by area".
        what: what it averages, for help.
        average: AP, 0..1, of recall (N,) float, rising, and precision (N,) float; 0 where they are empty.
        years: of VOC, for which `auto` takes it.
    """

    name: str
    title: str
    what: str
    average: Callable[[np.ndarray, np.ndarray], float]
    years: range


def best_beyond(precision: np.ndarray) -> np.ndarray:
    """(N + 1,) float: the best precision at each recall or beyond; beyond the last recall it is 0."""
    return np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)


def _at_eleven_points(recall: np.ndarray, precision: np.ndarray) -> float:
    # arange holds 0.30000000000000004 at 3/10, as MATLAB's 0:0.1:1 and voc_eval.py do.
    first = np.searchsorted(recall, np.arange(0.0, 1.1, 0.1), side="left")
    return float(best_beyond(precision)[first].mean())


def _by_area(recall: np.ndarray, precision: np.ndarray) -> float:
    return float(np.sum(np.diff(recall, prepend=0.0) * best_beyond(precision)[:-1]))


METRICS: dict[str, ApMetric] = {
    metric.name: metric
    for metric in (
        ApMetric(
            "voc07_11point",
            "at eleven points",
            "the mean over recalls 0, 0.1 … 1 of the best precision at that recall or beyond",
            _at_eleven_points,
            range(2007, 2010),
        ),
        ApMetric(
            "voc10_area",
            "by area",
            "the area under the best precision at each recall or beyond",
            _by_area,
            range(2010, 2013),
        ),
    )
}
"""Every metric by its name; the years are those in which VOC measured so."""


def metric_of(name: str, year: int) -> ApMetric:
    """The metric of a name; `auto` stands for the one with which VOC measured in that year, or last before.

    Raises:
        StudioError: there is no such metric, or none of that year.
    """
    if name == "auto":
        begun = [metric for metric in METRICS.values() if metric.years[0] <= year]
        found = max(begun, key=lambda metric: metric.years[0], default=None)
    else:
        found = METRICS.get(name)
    if found is None:
        of_year = f" for VOC {year}" if name == "auto" else ""
        raise StudioError(f"There is no metric {name!r}{of_year}; choose {' or '.join(METRICS)}.")
    return found


OVERLAP = 0.5
"""The devkit's: the smallest IoU of a correct detection."""


def metric_title(name: str, overlap: float = OVERLAP) -> str:
    """How AP was measured, in words: where no metric has the name any more, by the name itself.

    Args:
        name: of a metric.
        overlap: the smallest IoU of a correct detection, which is said unless it is the devkit's.
    """
    title = METRICS[name].title if name in METRICS else f"by {name}"
    return title if overlap == OVERLAP else f"{title}, correct from an IoU of {overlap:g}"


@dataclass(frozen=True)
class Objects:
    """The objects of one class in one image: `boxes` (N, 4) float, `difficult` (N,) bool."""

    boxes: np.ndarray
    difficult: np.ndarray


@dataclass(frozen=True)
class Detections:
    """The detections of one class in a set of images, in any order.

    Attributes:
        images: (N,) str, the id of the image each lies in.
        scores: (N,) float, higher is more certain.
        boxes: (N, 4) float pixels.
    """

    images: np.ndarray
    scores: np.ndarray
    boxes: np.ndarray

    @classmethod
    def none(cls) -> "Detections":
        """No detection at all."""
        return cls(np.zeros(0, "U1"), np.zeros(0), np.zeros((0, 4)))

    def within(self, images: Collection[str]) -> "Detections":
        """Those in some images, by their ids."""
        kept = np.array([image in images for image in self.images.tolist()], bool)
        return self if kept.all() else Detections(self.images[kept], self.scores[kept], self.boxes[kept])


@dataclass(frozen=True)
class ClassResult:
    """How well one class was found.

    Attributes:
        ap: average precision, 0..1; NaN for a class without objects.
        objects: how many there are that are not difficult.
        recall, precision: (N,) float64, after each detection, the highest score first.
    """

    ap: float
    objects: int
    recall: np.ndarray
    precision: np.ndarray


@dataclass(frozen=True)
class Result:
    """What a detector reached on a set of images, by class, in the order of the classes."""

    metric: str
    classes: dict[str, ClassResult]

    @property
    def mean_ap(self) -> float:
        """The mean over the classes that have objects; NaN where none has."""
        known = [result.ap for result in self.classes.values() if result.objects]
        return float(np.mean(known)) if known else float("nan")


def truth_of(images: Iterable[VocImage], classes: Sequence[str] = CLASSES) -> dict[str, dict[str, Objects]]:
    """The objects of a set by class, in their order, and by image; those of others are left out."""
    truth: dict[str, dict[str, Objects]] = {name: {} for name in classes}
    for image in images:
        for name in {each.name for each in image.objects}.intersection(truth):
            objects = [each for each in image.objects if each.name == name]
            truth[name][image.id] = Objects(
                np.stack([each.box for each in objects]), np.array([each.difficult for each in objects])
            )
    return truth


def evaluate(
    detections: Mapping[str, Detections], truth: Mapping[str, Mapping[str, Objects]], metric: str
) -> Result:
    """Evaluate class after class; a class in `truth` without detections has AP 0.

    Args:
        detections: by class.
        truth: by class, then by image, for every image of the set (one without objects may be left out).
        metric: one of `METRICS`.
    """
    return Result(
        metric,
        {
            name: evaluate_class(detections.get(name, Detections.none()), objects, metric)
            for name, objects in truth.items()
        },
    )


def evaluate_class(
    detections: Detections, truth: Mapping[str, Objects], metric: str, overlap: float = OVERLAP
) -> ClassResult:
    """Precision, recall and AP of one class.

    Detections of equal score keep their order (MATLAB's sort is stable). A detection is correct from an
    IoU of `overlap` on, as in the devkit (`>=`); the Python `voc_eval.py` asks for more than it (`>`).

    Args:
        detections: of this class.
        truth: the objects of this class by image.
        metric: one of `METRICS`.
        overlap: the smallest IoU of a correct detection.
    """
    objects = sum(int(np.count_nonzero(~each.difficult)) for each in truth.values())
    order = np.argsort(-detections.scores, kind="stable")
    match, best, difficult = (values[order] for values in _matches(detections, truth))
    hits = best >= overlap
    ignored = hits & difficult
    found = hits & ~difficult
    # Of the detections that hit an object, that of the highest score finds it; the others are duplicates.
    correct = np.zeros(len(order), bool)
    candidates = np.flatnonzero(found)
    correct[candidates[np.unique(match[candidates], return_index=True)[1]]] = True

    true_positives = np.cumsum(correct)
    counted = np.cumsum(~ignored)
    precision = true_positives / np.maximum(counted, 1)
    if objects == 0:
        return ClassResult(float("nan"), 0, np.full(len(order), np.nan), precision)
    recall = true_positives / objects
    return ClassResult(average_precision(recall, precision, metric), objects, recall, precision)


def average_precision(recall: np.ndarray, precision: np.ndarray, metric: str) -> float:
    """AP of a curve of precision over recall.

    Args:
        recall: (N,) float, rising.
        precision: (N,) float.
        metric: one of `METRICS`.

    Returns:
        0..1; 0 for an empty curve.

    Raises:
        StudioError: there is no such metric.
    """
    if metric not in METRICS:
        raise StudioError(f"There is no metric {metric!r}; choose {' or '.join(METRICS)}.")
    return METRICS[metric].average(recall, precision)


def _matches(
    detections: Detections, truth: Mapping[str, Objects]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each detection the object it overlaps most: its number in the set, their IoU, whether difficult."""
    count = len(detections.scores)
    match, best, difficult = np.full(count, -1), np.zeros(count), np.zeros(count, bool)
    held = {image: objects for image, objects in truth.items() if len(objects.boxes)}
    number_of = {image: number for number, image in enumerate(held)}
    image_of = np.array([number_of.get(image, -1) for image in detections.images.tolist()], np.int64)
    rows = np.flatnonzero(image_of >= 0)
    if len(rows) == 0:
        return match, best, difficult
    boxes = np.concatenate([objects.boxes for objects in held.values()]).astype(np.float64)
    counts = np.array([len(objects.boxes) for objects in held.values()])
    # Every detection with every object of its image, one after another: pairs of a detection lie together.
    of_row = counts[image_of[rows]]
    starts = np.cumsum(of_row) - of_row
    first = (np.cumsum(counts) - counts)[image_of[rows]]
    objects = np.arange(of_row.sum()) + np.repeat(first - starts, of_row)
    overlaps = geometry.iou(
        np.repeat(detections.boxes[rows].astype(np.float64), of_row, axis=0), boxes[objects]
    )
    best[rows] = np.maximum.reduceat(overlaps, starts)
    is_best = overlaps == np.repeat(best[rows], of_row)
    match[rows] = np.minimum.reduceat(np.where(is_best, objects, len(boxes)), starts)
    difficult[rows] = np.concatenate([objects.difficult for objects in held.values()])[match[rows]]
    return match, best, difficult
