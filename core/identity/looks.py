"""What the patches of tracks look like, as unit vectors whose product says how alike two are."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

COLOURS = "colours"
"""What starts a search without a network."""


@dataclass(frozen=True)
class Looks:
    """A way of describing patches.

    Attributes:
        size: pixels of a side of the patches that it takes.
        width: numbers that describe one.
        of: (N, size, size, 3) uint8 RGB → (N, width) float32, rows of norm 1.
    """

    size: int
    width: int
    of: Callable[[np.ndarray], np.ndarray]


def colours(patches: np.ndarray) -> np.ndarray:
    """(N, S, S, 3) uint8 RGB → (N, 128) float32: roots of histograms of hue (8), saturation (4), value (4).

    The product of two is the Bhattacharyya coefficient of the histograms.
    """
    rooted = []
    for patch in patches:
        hsv = cv2.cvtColor(patch, cv2.COLOR_RGB2HSV)
        counts = cv2.calcHist([hsv], [0, 1, 2], None, [8, 4, 4], [0, 180, 0, 256, 0, 256])
        rooted.append(np.sqrt(counts.ravel() / counts.sum()))
    return np.array(rooted, np.float32).reshape(-1, 128)


COLOUR_LOOKS = Looks(64, 128, colours)
