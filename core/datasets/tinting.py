"""Patches in other colours."""

import cv2
import numpy as np


def tinted(patches: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Patches in other colours.

    Args:
        patches: (N, H, W, 3) uint8 RGB.
        maps: (N, 3, 4) float32 such as `core.pairs.jitter` draws.

    Returns:
        (N, H, W, 3) uint8, to one grey level, cut off at 0 and 255.
    """
    changed = np.empty_like(patches)
    for patch, colours, into in zip(patches, maps, changed, strict=True):
        cv2.transform(patch, colours, dst=into)
    return changed
