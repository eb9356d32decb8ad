"""Numbers of tracks or frames as people write them: `3,7-9`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.errors import StudioError

LAST = 2**62
"""Where a span without an end ends."""

_SPAN = re.compile(r"(\d{0,18})(?:\s*([-–])\s*(\d{0,18}))?", re.ASCII)


@dataclass(frozen=True)
class Spans:
    """Whole numbers from 0 as spans.

    Attributes:
        parts: first and last number of each, ascending, apart from each other.
    """

    parts: tuple[tuple[int, int], ...]

    @staticmethod
    def parsed(text: str) -> "Spans":
        """What `3,7-9`, `10-` or `-50` says.

        Raises:
            StudioError: it says something else.
        """
        found = []
        for word in text.split(","):
            match = _SPAN.fullmatch(word.strip())
            first, dash, last = match.groups("") if match else ("", "", "")
            low, high = int(first or 0), int(last or (LAST if dash else first or 0))
            if not (first or last) or low > high or high > LAST:
                raise StudioError(f"{text!r} is no list of numbers; write them such as 3,7-9.")
            found.append((low, high))
        return _joined(found)

    @staticmethod
    def of(numbers: Iterable[int]) -> "Spans":
        """The spans of single numbers."""
        ordered = np.unique(np.fromiter(numbers, np.int64))
        starts = np.flatnonzero(np.diff(ordered, prepend=-2) > 1)
        ends = np.append(starts[1:], len(ordered))[: len(starts)] - 1
        return Spans(tuple(zip(ordered[starts].tolist(), ordered[ends].tolist(), strict=True)))

    def holds(self, numbers: np.ndarray) -> np.ndarray:
        """(N,) int → (N,) bool, which of them lie in a span."""
        if not self.parts:
            return np.zeros(len(numbers), bool)
        first, last = np.array(self.parts, np.int64).T
        place = np.searchsorted(first, numbers, side="right") - 1
        return (place >= 0) & (numbers <= last[place])

    def __str__(self) -> str:
        return ",".join(_words(*part) for part in self.parts)


def _joined(parts: Iterable[tuple[int, int]]) -> Spans:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(parts):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return Spans(tuple(joined))


def _words(first: int, last: int) -> str:
    if last == LAST:
        return f"{first}-"
    return str(first) if first == last else f"{first}-{last}"
