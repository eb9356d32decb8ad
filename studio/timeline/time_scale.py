"""Frames along the width of the timeline."""

from dataclasses import dataclass

import numpy as np

WIDEST = 48.0
"""View pixels a frame takes at most."""

_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class TimeScale:
    """Frame f takes the pixels from `left + f * width` on, `width` many."""

    left: float = 0.0
    width: float = 8.0

    def x(self, frame: float) -> float:
        """Where a frame begins."""
        return self.left + frame * self.width

    def xs(self, frames: np.ndarray) -> np.ndarray:
        """Where frames begin."""
        return self.left + frames * self.width

    def middle(self, frame: float) -> float:
        """The middle of a frame."""
        return self.x(frame + 0.5)

    def frame(self, x: float) -> int:
        """The frame at a pixel; may lie outside the clip."""
        return int(np.floor((x - self.left) / self.width))

    def zoomed(self, factor: float, at: float, narrowest: float) -> "TimeScale":
        """Frames wider by a factor, with what lies at pixel `at` staying there."""
        width = min(max(self.width * factor, narrowest), max(WIDEST, narrowest))
        return TimeScale(at - (at - self.left) * width / self.width, width)

    def step(self, apart: float) -> int:
        """The least of 1, 2, 5, 10, 20 … frames that takes `apart` pixels or more."""
        step = 1
        while True:
            for factor in _STEPS:
                if step * factor * self.width >= apart:
                    return step * factor
            step *= 10
