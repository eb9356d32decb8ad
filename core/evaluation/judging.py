"""Whether each detection of a class is right, and if it is not, what it is on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core import geometry
from core.datasets.voc import CLASSES, VocImage
from core.errors import StudioError
from core.evaluation.verdicts import TOUCHES, VERDICTS, Verdict, similar_to
from core.evaluation.voc_ap import Detections


@dataclass(frozen=True)
class SetObjects:
    """The objects of a set of P images, image after image, M in all.

    Attributes:
        ids: (P,) str, the images.
        starts: (P + 1,) int64; image p has the objects starts[p] … starts[p + 1] - 1.
        classes: (M,) int64, places in `names`.
        boxes: (M, 4) float64 pixels.
        difficult, truncated: (M,) bool.
        names: of the classes.
    """

    ids: np.ndarray
    starts: np.ndarray
    classes: np.ndarray
    boxes: np.ndarray
    difficult: np.ndarray
    truncated: np.ndarray
    names: tuple[str, ...] = CLASSES

    @classmethod
    def of(cls, images: Sequence[VocImage], names: Sequence[str] = CLASSES) -> "SetObjects":
        """Those of images whose objects are all of some classes."""
        objects = [each for image in images for each in image.objects]
        counts = [len(image.objects) for image in images]
        place = {name: number for number, name in enumerate(names)}
        return cls(
            np.array([image.id for image in images], np.str_),
            np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64),
            np.array([place[each.name] for each in objects], np.int64),
            np.array([each.box for each in objects], np.float64).reshape(-1, 4),
            np.array([each.difficult for each in objects], bool),
            np.array([each.truncated for each in objects], bool),
            tuple(names),
        )

    def are(self, name: str) -> np.ndarray:
        """(M,) bool, those of a class."""
        return np.asarray(self.classes == self.names.index(name))

    @cached_property
    def counts(self) -> np.ndarray:
        """(P,) int64, objects of each image."""
        return np.diff(self.starts)

    @cached_property
    def pictures(self) -> np.ndarray:
        """(M,) int64, the image of each object, by its place in `ids`."""
        return np.repeat(np.arange(len(self.ids)), self.counts)

    @cached_property
    def numbers(self) -> np.ndarray:
        """(M,) int64, the number of each object in its image, from 0."""
        return np.arange(len(self.classes)) - self.starts[self.pictures]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {str(id): place for place, id in enumerate(self.ids)}

    def places_of(self, images: np.ndarray) -> np.ndarray:
        """(N,) str ids of images → (N,) int64, their places in the set.

        Raises:
            StudioError: one is not of the set.
        """
        try:
            return np.array([self._places[id] for id in images.tolist()], np.int64)
        except KeyError as error:
            raise StudioError(
                f"There are detections in image {error.args[0]}, which the set does not list; "
                "choose the right set."
            ) from error


@dataclass(frozen=True)
class JudgedDetections:
    """The detections of one class, surest first, each with its verdict; equal scores keep their order.

    Attributes:
        images: (N,) str, the image each lies in.
        pictures: (N,) int64, the same by its place in the set.
        scores: (N,) float64.
        boxes: (N, 4) float64 pixels.
        verdicts: (N,) int8, places in `VERDICTS`.
        overlaps: (N,) float64, IoU with `nearest`; of one on background the largest with any object.
        nearest: (N,) int64, the number in its image of the object that the verdict is about: that of its own,
            of a similar or of another class that it overlaps most; -1 on background.
        recall, precision: (N,) float64, after each detection, as `voc_ap.evaluate_class` gives them.
    """

    images: np.ndarray
    pictures: np.ndarray
    scores: np.ndarray
    boxes: np.ndarray
    verdicts: np.ndarray
    overlaps: np.ndarray
    nearest: np.ndarray
    recall: np.ndarray
    precision: np.ndarray

    def are(self, verdict: Verdict) -> np.ndarray:
        """(N,) bool, which have a verdict."""
        return self.verdicts == VERDICTS.index(verdict)

    def counts(self, threshold: float = -np.inf) -> dict[Verdict, int]:
        """How many of those with a score of `threshold` and above have each verdict."""
        counts = np.bincount(self.verdicts[: self.count_at(threshold)], minlength=len(VERDICTS))
        return dict(zip(VERDICTS, counts.tolist(), strict=True))

    def count_at(self, threshold: float) -> int:
        """How many have a score of `threshold` and above: the first so many."""
        return int(np.searchsorted(-self.scores, -threshold, side="right"))


@dataclass(frozen=True)
class Touches:
    """Pairs of a detection and an object of its class that overlap at all, the surest detections first.

    Attributes:
        detections: (K,) int64, places among the judged detections.
        objects: (K,) int64, places in the set's objects.
        overlaps: (K,) float64, their IoU.
    """

    detections: np.ndarray
    objects: np.ndarray
    overlaps: np.ndarray


def judge(
    name: str, detections: Detections, objects: SetObjects, overlap: float
) -> tuple[JudgedDetections, Touches]:
    """Judge the detections of one class.

    A detection is compared with the object of its class that it overlaps most, difficult or not, as VOC
    does; at an IoU of `overlap` and above it is true, a duplicate or ignored. Of those with less the first
    of these holds: poorly placed, if it touches (IoU of `TOUCHES` and above) an object of its class; similar
    class or other class, if it touches an object of such; background.

    Args:
        name: of the class.
        detections: of this class.
        objects: of the set that was detected in, all classes.
        overlap: the smallest IoU of a correct detection, above 0.

    Raises:
        StudioError: a detection is in an image that the set does not list.
    """
    order = np.argsort(-detections.scores, kind="stable")
    images, scores = detections.images[order], detections.scores[order].astype(np.float64)
    boxes = detections.boxes[order].astype(np.float64)
    pictures = objects.places_of(images)
    pairs = _Pairs(pictures, boxes, objects)
    own = objects.are(name)
    alike_to = similar_to(name) if objects.names == CLASSES else ()  # what is similar is known of VOC's alone
    similar = np.isin(objects.classes, [CLASSES.index(other) for other in alike_to])

    match, best = pairs.largest(own)
    alike, most_alike = pairs.largest(similar)
    another, most_another = pairs.largest(~own & ~similar)
    hits = best >= overlap
    ignored = hits & np.append(objects.difficult, False)[match]  # -1 is of none
    candidates = np.flatnonzero(hits & ~ignored)
    true = np.zeros(len(order), bool)
    true[candidates[np.unique(match[candidates], return_index=True)[1]]] = True
    cases = (
        (Verdict.TRUE, true, match, best),
        (Verdict.IGNORED, ignored, match, best),
        (Verdict.DUPLICATE, hits, match, best),
        (Verdict.POORLY_PLACED, best >= TOUCHES, match, best),
        (Verdict.SIMILAR_CLASS, most_alike >= TOUCHES, alike, most_alike),
        (Verdict.OTHER_CLASS, most_another >= TOUCHES, another, most_another),
    )
    verdicts = np.full(len(order), VERDICTS.index(Verdict.BACKGROUND), np.int8)
    nearest = np.full(len(order), -1, np.int64)
    overlaps = np.maximum(best, np.maximum(most_alike, most_another))
    open_cases = np.ones(len(order), bool)
    for verdict, holds, matched, shared in cases:
        rows = np.flatnonzero(holds & open_cases)
        verdicts[rows] = VERDICTS.index(verdict)
        nearest[rows] = objects.numbers[matched[rows]]
        overlaps[rows] = shared[rows]
        open_cases[rows] = False

    counted = int(np.count_nonzero(own & ~objects.difficult))
    found = np.cumsum(true)
    precision = found / np.maximum(np.cumsum(~ignored), 1)
    recall = found / counted if counted else np.full(len(order), np.nan)
    judged = JudgedDetections(images, pictures, scores, boxes, verdicts, overlaps, nearest, recall, precision)
    return judged, pairs.touching(own)


class _Pairs:
    """Every detection with every object of its image."""

    def __init__(self, pictures: np.ndarray, boxes: np.ndarray, objects: SetObjects) -> None:
        counts = objects.counts[pictures]
        self._count = len(pictures)
        self._rows = np.flatnonzero(counts)
        self._firsts = (np.cumsum(counts) - counts)[self._rows]
        self._detections = np.repeat(np.arange(len(pictures)), counts)
        within = np.arange(len(self._detections)) - np.repeat(np.cumsum(counts) - counts, counts)
        self._objects = objects.starts[pictures[self._detections]] + within
        self._overlaps = geometry.iou(boxes[self._detections], objects.boxes[self._objects])

    def largest(self, among: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each detection the first object of the largest IoU, and that IoU; -1 and 0 where none overlaps.

        Args:
            among: (M,) bool, the objects that are looked at.
        """
        match, best = np.full(self._count, -1), np.zeros(self._count)
        if len(self._rows) == 0:
            return match, best
        overlaps = np.where(among[self._objects], self._overlaps, 0.0)
        best[self._rows] = np.maximum.reduceat(overlaps, self._firsts)
        attained = np.flatnonzero((overlaps == best[self._detections]) & (overlaps > 0))
        detections, first = np.unique(self._detections[attained], return_index=True)
        match[detections] = self._objects[attained[first]]
        return match, best

    def touching(self, among: np.ndarray) -> Touches:
        """The pairs with objects among some that overlap at all."""
        rows = np.flatnonzero(among[self._objects] & (self._overlaps > 0))
        return Touches(self._detections[rows], self._objects[rows], self._overlaps[rows])
