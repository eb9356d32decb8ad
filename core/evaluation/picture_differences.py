"""The pictures on which two detectors differ most.

The scores of two detectors mean different things, so no threshold serves both. Of each the surest detections
of a class are taken, as many as the class has objects (ignored ones not counted): there precision equals
recall, and both detectors have the same number of guesses. A mistake is an object that these miss or a
detection among them that is false; the gain of a picture is how many mistakes fewer the first detector makes.
Over all classes mistakes are added up, so frequent classes weigh more than they do in mAP.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.errors import StudioError
from core.evaluation.diagnosis import ClassDiagnosis, Diagnosis
from core.evaluation.verdicts import Verdict


@dataclass(frozen=True)
class Findings:
    """What one detector made of a picture.

    Attributes:
        rows: by class, (K,) int64, its detections there that are taken, places in `detections` of the class.
        objects: the numbers in their image of the objects that it finds.
        missed: how many objects it does not find; difficult ones are not counted.
        false: how many of its detections are wrong.
    """

    rows: Mapping[str, np.ndarray]
    objects: frozenset[int]
    missed: int
    false: int

    @property
    def mistakes(self) -> int:
        return self.missed + self.false


@dataclass(frozen=True)
class PictureDifference:
    """A picture and what two detectors made of it; `gain` is how many mistakes fewer the first makes."""

    image: str
    gain: int
    findings: tuple[Findings, Findings]


class OnPictures(Protocol):
    """What was measured on a set: its pictures, (P,) str, the smallest IoU of a correct detection, and what
    was found out of each class."""

    @property
    def ids(self) -> np.ndarray: ...

    @property
    def overlap(self) -> float: ...

    @property
    def classes(self) -> Mapping[str, object]: ...


def differing_pictures(a: Diagnosis, b: Diagnosis, name: str | None = None) -> tuple[PictureDifference, ...]:
    """The pictures in which two detectors find other objects or make more mistakes, most different first.

    Of equal gains, those come first in which one finds more objects that the other misses; then the order is
    that of the set.

    Args:
        a, b: of runs on the same set, judged with the same overlap.
        name: of a class; all classes if None.

    Raises:
        StudioError: they were measured on different sets, or with different overlaps.
    """
    check_alike(a, b)
    names = [each.name for each in a.measured if name in (None, each.name)]
    both = [[_Surest(of.classes[each]) for each in names] for of in (a, b)]
    ids = a.ids
    differences = []
    pictures = [each.pictures for of in both for each in of]
    for picture in np.unique(np.concatenate([np.zeros(0, np.int64), *pictures])).tolist():
        first, second = (_findings(picture, of) for of in both)
        gain = second.mistakes - first.mistakes
        apart = len(first.objects ^ second.objects)
        if gain or apart:
            difference = PictureDifference(str(ids[picture]), gain, (first, second))
            differences.append((-abs(gain), -apart, int(picture), difference))
    return tuple(difference for *_, difference in sorted(differences, key=lambda each: each[:3]))


def check_alike(a: OnPictures, b: OnPictures) -> None:
    """See that two runs can be compared picture by picture.

    Raises:
        StudioError: they cannot; says why.
    """
    one, other = a.ids, b.ids
    if not np.array_equal(one, other):
        raise StudioError("These runs were measured on different pictures; choose runs on the same set.")
    if set(a.classes) != set(b.classes):
        raise StudioError("These runs were measured on different classes; choose runs of the same classes.")
    if a.overlap != b.overlap:
        raise StudioError(
            f"These runs were measured at different overlaps, {a.overlap:g} and {b.overlap:g}; "
            "evaluate one of them again."
        )


class _Surest:
    """The surest detections of a class, as many as it has objects, picture by picture."""

    def __init__(self, of: ClassDiagnosis) -> None:
        judged = of.detections
        self.of = of
        self._rows = of.surest[np.argsort(judged.pictures[of.surest], kind="stable")]
        self.pictures = judged.pictures[self._rows]
        self._objects = np.bincount(of.found.of.pictures[of.found.rows], minlength=of.found.of.counts.size)
        self._true = judged.are(Verdict.TRUE)

    def of_picture(self, picture: int) -> tuple[np.ndarray, frozenset[int], int, int]:
        """Its rows, the objects that they find, how many they miss, how many are false."""
        first, last = np.searchsorted(self.pictures, [picture, picture + 1])
        rows = self._rows[first:last]
        true = rows[self._true[rows]]
        objects = frozenset(self.of.detections.nearest[true].tolist())
        return rows, objects, int(self._objects[picture]) - len(true), len(rows) - len(true)


def _findings(picture: int, classes: list[_Surest]) -> Findings:
    found = {each.of.name: each.of_picture(picture) for each in classes}
    return Findings(
        {name: rows for name, (rows, *_) in found.items() if len(rows)},
        frozenset[int]().union(*(objects for _, objects, *_ in found.values())),
        sum(missed for *_, missed, _ in found.values()),
        sum(false for *_, false in found.values()),
    )
