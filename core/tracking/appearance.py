"""Whether the surface at a point still looks like itself."""

import cv2
import numpy as np

SIDE = 11
"""Pixels of a patch each way."""

NEIGHBOURHOOD = 7
"""Pixels each way over which light is levelled."""

FLAT = 4.0
"""Grey levels: where a neighbourhood varies less, it is not stretched further."""

NOISE = 0.1
"""Of a patch of levelled light: one that varies less is taken for flat, and resembles nothing."""

_DOWN, _ACROSS = (np.mgrid[:SIDE, :SIDE].reshape(2, -1) - SIDE // 2).astype(np.float32) - np.float32(0.5)
_MEAN = np.full(SIDE**2, 1 / SIDE**2, np.float32)
_ROWS = 16_384  # cv2.remap takes no side above 32,767


def levelled(grey: np.ndarray) -> np.ndarray:
    """A frame with the mean of every neighbourhood taken off and its contrast made even.

    Shadows and flicker, the edges of shadows too, are nearly gone from it, so that what looks unlike
    itself is another surface.

    Args:
        grey: (H, W) uint8.

    Returns:
        (H, W) float32.
    """
    light = grey.astype(np.float32)
    light -= cv2.blur(light, (NEIGHBOURHOOD, NEIGHBOURHOOD))
    light /= np.sqrt(cv2.blur(light * light, (NEIGHBOURHOOD, NEIGHBOURHOOD))) + np.float32(FLAT)
    return light


def patches(level: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Patches about points, of mean 0 and norm 1, so that the product of two is their correlation.

    Args:
        level: (H, W) float32, a `levelled` frame.
        xy: (N, 2) float32, pixels.

    Returns:
        (N, SIDE²) float32; of a norm below 1 where the patch is flat.
    """
    values = np.empty((len(xy), SIDE**2), np.float32)
    for start in range(0, len(xy), _ROWS):
        part = slice(start, start + _ROWS)
        values[part] = cv2.remap(
            level,
            xy[part, :1] + _ACROSS,
            xy[part, 1:] + _DOWN,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    values -= (values @ _MEAN)[:, None]
    norm = np.sqrt(correlation(values, values))
    values /= np.maximum(norm, np.float32(NOISE * SIDE))[:, None]
    return values


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N,) float32 in -1..1: zero-mean normalised cross-correlation of `patches` pair by pair."""
    return np.einsum("nk,nk->n", a, b)
