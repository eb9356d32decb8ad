"""Whether the surface at a point still looks like itself."""

import numpy as np

from core.tracking.optical_flow import sample

SIDE = 11
"""Pixels of a patch each way."""

NOISE = 2.0
"""Grey levels: patches that vary less are taken for flat, and resemble nothing."""

_OFFSETS = (np.mgrid[:SIDE, :SIDE][::-1].reshape(2, -1).T - SIDE // 2).astype(np.float32)


def patches(grey: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Patches about points, of mean 0 and norm 1, so that the product of two is their correlation.

    Args:
        grey: (H, W) uint8.
        xy: (N, 2) float32, pixels.

    Returns:
        (N, SIDE²) float32; of a norm below 1 where the patch is flat.
    """
    values = sample(grey.astype(np.float32), xy[:, None] + _OFFSETS)
    values -= values.mean(axis=1, keepdims=True)
    norm = np.sqrt(np.einsum("nk,nk->n", values, values))
    values /= np.maximum(norm, NOISE * SIDE)[:, None]
    return values


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(N,) float32 in -1..1: zero-mean normalised cross-correlation of `patches` pair by pair."""
    return np.einsum("nk,nk->n", a, b)
