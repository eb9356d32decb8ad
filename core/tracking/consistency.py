"""Stricter tests of a link than forward-backward flow; each costs coverage, so each is an option."""

from collections import deque

import numpy as np

from core.tracking.optical_flow import sample

CYCLE = 5
"""Frames that a point is followed back."""

CYCLE_ERROR = 1.5
"""Pixels that it may land from where it was then."""


def at_motion_boundary(forward: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Whether the flow changes so fast about points that two surfaces meet there.

    Args:
        forward: (H, W, 2) float32, the flow out of the frame.
        xy: (N, 2) float32, pixels in it.

    Returns:
        (N,) bool: |∇u|² + |∇v|² > 0.01 |w|² + 0.002.

    Source: Sundaram, Brox and Keutzer, ECCV 2010, equation 6; central differences over two pixels.
    """
    one = np.array([[[1, 0]], [[-1, 0]], [[0, 1]], [[0, -1]]], np.float32)
    right, left, below, above = sample(forward, xy + one)
    change = ((right - left) ** 2 + (below - above) ** 2).sum(axis=1) / 4
    return change > 0.01 * (sample(forward, xy) ** 2).sum(axis=1) + 0.002


class BackwardPath:
    """The flow of the last frames, each to the frame before it."""

    def __init__(self) -> None:
        self.fields: deque[np.ndarray] = deque(maxlen=CYCLE)

    def add(self, backward: np.ndarray) -> None:
        """Take the (H, W, 2) float32 flow from a new frame to the one before."""
        self.fields.append(backward)

    def returns(self, xy: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """Whether points of the newest frame, followed back `CYCLE` frames, land near `origins`.

        Args:
            xy: (N, 2) float32, pixels in the newest frame.
            origins: (N, 2) float32, where they were `CYCLE` frames before.

        Returns:
            (N,) bool; True for all while fewer frames are known.
        """
        if len(self.fields) < CYCLE:
            return np.ones(len(xy), bool)
        for field in reversed(self.fields):
            xy = xy + sample(field, xy)
        return ((xy - origins) ** 2).sum(axis=1) < CYCLE_ERROR**2
