"""Where a frame lies in a picture."""

from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True)
class Placement:
    """Frame coordinates times `scale`, plus `dx`, `dy`, are those of the picture; both are continuous."""

    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0

    def times(self, ratio: float) -> Self:
        """The same in a picture with `ratio` times as many pixels a side, as on a high-density screen."""
        return type(self)(self.scale * ratio, self.dx * ratio, self.dy * ratio)

    def to_view(self, xy: np.ndarray) -> np.ndarray:
        """(..., 2) places of the frame → (..., 2) places of the picture."""
        found = xy * np.float32(self.scale)
        found[..., 0] += np.float32(self.dx)
        found[..., 1] += np.float32(self.dy)
        return found
