"""An object cut out of a picture by clicks and a rough box.

Places are x, y in continuous pixels of the picture (see `core.geometry`).
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, Self

import numpy as np


@dataclass(frozen=True, eq=False)
class Prompts:
    """What a person says about an object, oldest first.

    Attributes:
        points: (N, 2) float32, clicked places.
        inside: (N,) bool: whether each lies on the object, or beside it.
        box: (4,) float32 roughly around the object; None where none was drawn.
        mask: (H, W) bool, what is to be corrected: what was found before the last point, or what the object
            had; None at first.
    """

    points: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    inside: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    box: np.ndarray | None = None
    mask: np.ndarray | None = None

    def with_point(self, x: float, y: float, inside: bool) -> Self:
        """These and one more point."""
        points = np.append(self.points, np.array([(x, y)], np.float32), axis=0)
        return replace(self, points=points, inside=np.append(self.inside, inside))

    def with_box(self, box: np.ndarray) -> Self:
        """These around another box, (4,)."""
        return replace(self, box=np.asarray(box, np.float32))

    def correcting(self, mask: np.ndarray | None) -> Self:
        """These about a mask, (H, W) bool, that is to be corrected."""
        return replace(self, mask=mask)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said yet."""
        return len(self.points) == 0 and self.box is None


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
