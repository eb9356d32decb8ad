"""What is right or wrong with a detection: the words, their order, and the colours that stand for them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Verdict(StrEnum):
    """What a detection turned out to be, in the order in which verdicts are shown.

    It is that in which they are decided, too: the first holds that can, but a detection that hits a difficult
    object is `ignored` at once. `MEANINGS` says each in a sentence, `judging.judge` in numbers.

    Source: Hoiem, Chodpathumwan and Dai, ECCV 2012, Section 2.1. They call `duplicate` and `poorly placed`
    together localisation errors; we tell them apart, as TIDE does.
    """

    TRUE = "true"
    DUPLICATE = "duplicate"
    POORLY_PLACED = "poorly placed"
    SIMILAR_CLASS = "similar class"
    OTHER_CLASS = "other class"
    BACKGROUND = "background"
    IGNORED = "ignored"

    @property
    def is_error(self) -> bool:
        """Whether it counts against the detector."""
        return self not in (Verdict.TRUE, Verdict.IGNORED)


VERDICTS = tuple(Verdict)
"""A verdict is kept as its place in here."""

ERRORS = tuple(verdict for verdict in VERDICTS if verdict.is_error)

MEANINGS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.TRUE: "the surest detection of an object of its class",
        Verdict.DUPLICATE: "on an object that a surer detection found",
        Verdict.POORLY_PLACED: "on an object of its class, but overlaps it too little",
        Verdict.SIMILAR_CLASS: "on an object of a similar class",
        Verdict.OTHER_CLASS: "on an object of another class",
        Verdict.BACKGROUND: "on no labelled object",
        Verdict.IGNORED: "on a difficult object, so it counts neither way",
    }
)

COLOURS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.TRUE: "#009e73",
        Verdict.DUPLICATE: "#56b4e9",
        Verdict.POORLY_PLACED: "#0072b2",
        Verdict.SIMILAR_CLASS: "#e69f00",
        Verdict.OTHER_CLASS: "#d55e00",
        Verdict.BACKGROUND: "#cc79a7",
        Verdict.IGNORED: "#8c8c8c",
    }
)
"""`#rrggbb`, which the colour-blind can distinguish (Okabe and Ito, 2008); the word always goes with it."""

TOUCHES = 0.1
"""The smallest IoU with which a detection is said to be on an object that it does not find (Hoiem et al.)."""

SIMILAR: tuple[frozenset[str], ...] = (
    frozenset({"aeroplane", "bicycle", "boat", "bus", "car", "motorbike", "train"}),
    frozenset({"bird", "cat", "cow", "dog", "horse", "person", "sheep"}),
    frozenset({"chair", "diningtable", "sofa"}),
    frozenset({"aeroplane", "bird"}),
)
"""Classes within one of these sets are similar: vehicles, animals with people, furniture, and what flies
(Hoiem et al., Section 2.1). Bottle, pottedplant and tvmonitor are similar to nothing."""


def similar_to(name: str) -> frozenset[str]:
    """The other classes that are similar to a class."""
    return frozenset[str]().union(*(group for group in SIMILAR if name in group)) - {name}
