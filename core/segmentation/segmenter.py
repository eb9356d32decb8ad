"""An object cut out of a picture by clicks, strokes and a rough box.

Places are x, y in continuous pixels of the picture (see `core.geometry`).
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, Self

import numpy as np

STEP = 2.0
"""Pixels of the picture between places along a stroke, at most."""


@dataclass(frozen=True, eq=False)
class Prompts:
    """What a person says about an object, oldest first.

    Attributes:
        points: (N, 2) float32, clicked places, and places along strokes.
        inside: (N,) bool: whether each lies on the object, or beside it.
        marks: (N,) int32, the number of the click or stroke that each belongs to, from 0, never falling.
        box: (4,) float32 roughly around the object; None where none was drawn.
        mask: (H, W) bool, what is to be corrected: what was found before the last point, or what the object
            had; None at first.
    """

    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    inside: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    marks: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    box: np.ndarray | None = None
    mask: np.ndarray | None = None

    def with_point(self, x: float, y: float, inside: bool) -> Self:
        """These and one more point."""
        return self.with_stroke(np.array([(x, y)]), inside)

    def with_stroke(self, line: np.ndarray, inside: bool) -> Self:
        """These and one more stroke along a line, (M, 2) corners: its places are `STEP` apart or less."""
        places = _along(np.asarray(line, np.float64)).astype(np.float32)
        number = int(self.marks[-1]) + 1 if len(self.marks) else 0
        return replace(
            self,
            points=np.concatenate((self.points, places)),
            inside=np.append(self.inside, np.full(len(places), inside)),
            marks=np.append(self.marks, np.full(len(places), number, np.int32)),
        )

    def with_box(self, box: np.ndarray) -> Self:
        """These around another box, (4,)."""
        return replace(self, box=np.asarray(box, np.float32))

    def correcting(self, mask: np.ndarray | None) -> Self:
        """These about a mask, (H, W) bool, that is to be corrected."""
        return replace(self, mask=mask)

    @property
    def last(self) -> np.ndarray:
        """(M, 2) the places of the last click or stroke; there is one."""
        latest: np.ndarray = self.points[self.marks == self.marks[-1]]
        return latest

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said yet."""
        return len(self.points) == 0 and self.box is None


def _along(line: np.ndarray) -> np.ndarray:
    """Places (K, 2) evenly along a line of corners (M, 2), its ends among them."""
    lengths = np.hypot(*np.diff(line, axis=0).T) if len(line) > 1 else np.zeros(0)
    way = np.concatenate(([0.0], np.cumsum(lengths)))
    at = np.linspace(0, way[-1], int(np.ceil(way[-1] / STEP)) + 1)
    return np.stack([np.interp(at, way, line[:, axis]) for axis in (0, 1)], axis=1)


class Segmented(NamedTuple):
    """An object that was found.

    Attributes:
        mask: (H, W) bool.
        confidence: 0..1, how sure the segmenter is of it.
    """

    mask: np.ndarray
    confidence: float


class Segmenter(Protocol):
    """Anything that cuts an object out of a picture; called from one thread at a time."""

    def segment(self, image: np.ndarray, prompts: Prompts) -> Segmented:
        """The object that prompts mean in a (H, W, 3) uint8 RGB image.

        Raises:
            StudioError: it cannot be done; says what to do.
        """
        ...
