"""Which tracks are meant: conditions on what the table says of them, all of which must hold."""

import operator
from dataclasses import dataclass

import numpy as np

from core.trajectories.model import EndReason, Kind, Origin, Review
from core.trajectories.track_rows import TrackRows

NUMBERS = {
    "error": "mean_error",
    "worst": "max_error",
    "conf": "confidence",
    "audit": "audit",
    "check": "to_check",
    "length": "length",
    "keys": "keyframes",
    "start": "first",
    "end": "last",
    "id": "ids",
}
"""Word of a number, as the table heads its column → the column of `TrackRows`."""

PARTLY_KNOWN = ("error", "worst", "conf", "audit")
"""Words of numbers that some tracks do not have."""

SIGNS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq}


@dataclass(frozen=True, order=True)
class Bound:
    """A limit of a number.

    Attributes:
        word: one of `NUMBERS`.
        sign: one of `SIGNS`.
        value: of the column: pixels, frames, or a share in 0..1.
        or_unknown: whether a track passes that has no such number; else it does not, whatever the sign.
    """

    word: str
    sign: str
    value: float
    or_unknown: bool = False

    def holds(self, rows: TrackRows) -> np.ndarray:
        """(N,) bool."""
        numbers = getattr(rows, NUMBERS[self.word])
        passed: np.ndarray = SIGNS[self.sign](numbers, self.value)
        return passed | np.isnan(numbers) if self.or_unknown else passed


@dataclass(frozen=True, kw_only=True)
class TrackFilter:
    """What a track must be; what is empty limits nothing.

    Attributes:
        text: part of its label, or its id.
        kind: objects or points.
        labels: one of these is its label, without regard to case; the empty one is that of the nameless.
        reviews: one of these is its review.
        origins: one of these is the origin of an observation of it.
        ends: one of these is why it ends, which only points have.
        bounds: of its numbers.
    """

    text: str = ""
    kind: Kind | None = None
    labels: frozenset[str] = frozenset()
    reviews: frozenset[Review] = frozenset()
    origins: frozenset[Origin] = frozenset()
    ends: frozenset[EndReason] = frozenset()
    bounds: tuple[Bound, ...] = ()

    def __post_init__(self) -> None:
        order = [*NUMBERS]
        bounds = sorted(set(self.bounds), key=lambda one: (order.index(one.word), one.sign[0] != ">", one))
        object.__setattr__(self, "bounds", tuple(bounds))
        object.__setattr__(self, "text", " ".join(self.text.split()))

    @property
    def is_empty(self) -> bool:
        """Whether every track passes."""
        return self == EVERYTHING

    def holds(self, rows: TrackRows) -> np.ndarray:
        """(N,) bool: which tracks pass."""
        passed = np.ones(len(rows), bool)
        if self.kind is not None:
            passed &= rows.is_object == (self.kind is Kind.OBJECT)
        if self.reviews:
            passed &= np.isin(rows.review, [int(review) for review in self.reviews])
        if self.origins:
            passed &= (rows.origins & sum(1 << origin for origin in self.origins)) != 0
        if self.ends:
            passed &= np.isin(rows.end_reason, [int(end) for end in self.ends])
        for bound in self.bounds:
            passed &= bound.holds(rows)
        if self.labels:
            labels = {label.casefold() for label in self.labels}
            passed &= _of_names(rows, [name in labels for name in rows.folded])
        if self.text:
            text = self.text.casefold()
            found = _of_names(rows, [text in name for name in rows.folded])
            if text.isdecimal() and len(text) < 19:  # as an int64 holds
                found |= rows.ids == int(text)
            passed &= found
        return passed


EVERYTHING = TrackFilter()
"""The filter that every track passes."""


def _of_names(rows: TrackRows, named: list[bool]) -> np.ndarray:
    return np.array(named, bool)[rows.name]
