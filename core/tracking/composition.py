"""Flow over many frames, made of the flow between neighbours, and how far it is to be trusted."""

import functools

import cv2
import numpy as np

from core.tracking.optical_flow import remap

DISTRUST = 0.3
"""What a failed forward-backward test leaves of a pixel's confidence."""


def pull(field: np.ndarray, displacement: np.ndarray) -> np.ndarray:
    """A field seen through a displacement: out(p) = field(p + displacement(p)); 0 from outside the frame.

    Args:
        field: (H, W) or (H, W, C), uint8 or float32.
        displacement: (H, W, 2) float32, pixels.

    Returns:
        As the field, bilinear.
    """
    height, width = displacement.shape[:2]
    return remap(field, displacement + _grid(height, width), cv2.BORDER_CONSTANT)


@functools.lru_cache(maxsize=2)
def _grid(height: int, width: int) -> np.ndarray:
    return np.ascontiguousarray(np.mgrid[:height, :width][::-1].transpose(1, 2, 0), np.float32)


class Composition:
    """The displacement from the frame one is at back to a keyframe, and its confidence, step by step.

    Attributes:
        displacement: (H, W, 2) float32, pixels, from the present frame to the keyframe.
        confidence: (H, W) float32 in 0..1: times 0.3 at each step whose forward-backward test fails,
            0 where the path leaves the frame.
    """

    def __init__(self, height: int, width: int) -> None:
        self.displacement = np.zeros((height, width, 2), np.float32)
        self.confidence = np.ones((height, width), np.float32)

    def step(self, back: np.ndarray, out: np.ndarray) -> None:
        """Go on to the next frame.

        Args:
            back: (H, W, 2) float32, flow from the next frame to the present one.
            out: (H, W, 2) float32, flow from the present frame to the next one.
        """
        returned = pull(out, back) + back
        squared = (returned**2).sum(axis=2)
        trusted = squared < 0.01 * ((back**2).sum(axis=2) + ((returned - back) ** 2).sum(axis=2)) + 0.5
        self.confidence = pull(self.confidence, back) * np.where(trusted, np.float32(1), np.float32(DISTRUST))
        self.displacement = pull(self.displacement, back) + back
