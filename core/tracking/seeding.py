"""Where new trajectories start: on a grid, where there is structure and no trajectory is near."""

from collections.abc import Sequence

import cv2
import numpy as np

BORDER = 4
"""Pixels along the edge of the frame where nothing starts."""


def structure(grey: np.ndarray) -> np.ndarray:
    """How well a place can be tracked: the smaller eigenvalue of its structure tensor.

    Args:
        grey: (H, W) uint8.

    Returns:
        (H, W) float32, squared grey levels a pixel squared, averaged over 5 × 5 pixels.
    """
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.8)
    # OpenCV takes Sobel responses / 4 (twice the gradient) of grey levels / 255.
    return cv2.cornerMinEigenVal(smooth, 5, ksize=3) * (255**2 / 4)


def new_seeds(grey: np.ndarray, occupied: np.ndarray, spacing: int, texture: float) -> np.ndarray:
    """Points of the grid that start a trajectory.

    Args:
        grey: (H, W) uint8.
        occupied: (K, 2) float32, where trajectories are already, in pixels.
        spacing: step of the grid and smallest distance to the occupied, in pixels.
        texture: share of the frame's mean structure that a point needs.

    Returns:
        (N, 2) float32, centres of pixels.

    Source: Sundaram, Brox and Keutzer, ECCV 2010, Section 2; the constants of the authors' program,
        whose two tests near the border (0.1 e^-d) are kept. Grey instead of colour gradients.
    """
    height, width = grey.shape
    rows = np.arange(BORDER, height - BORDER, spacing)
    columns = np.arange(BORDER, width - BORDER, spacing)
    taken = _near(rows, columns, occupied, spacing)
    strength = structure(grey)
    margin = np.minimum.outer(np.minimum(rows, height - 1 - rows), np.minimum(columns, width - 1 - columns))
    border = np.exp(-0.1 * margin)
    needed = np.maximum(strength.mean() * (texture + border), 1 + border)
    down, across = np.nonzero(~taken & (strength[np.ix_(rows, columns)] >= needed))
    return np.stack([columns[across], rows[down]], axis=1).astype(np.float32) + np.float32(0.5)


def _near(rows: np.ndarray, columns: np.ndarray, occupied: np.ndarray, spacing: int) -> np.ndarray:
    """(R, C) bool: the points of a grid that are nearer than `spacing` to the pixel of an occupied one."""
    taken = np.zeros((len(rows), len(columns)), bool)
    if taken.size == 0:
        return taken
    x, y = np.floor(occupied).astype(np.intp).T
    above, left = (y - BORDER) // spacing, (x - BORDER) // spacing  # the other three are near too
    for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
        i, j = (above + down).clip(0, len(rows) - 1), (left + across).clip(0, len(columns) - 1)
        near = (rows[i] - y) ** 2 + (columns[j] - x) ** 2 < spacing**2
        taken[i[near], j[near]] = True
    return taken


def within_box(xy: np.ndarray, box: Sequence[float]) -> np.ndarray:
    """(N,) bool: which of (N, 2) points lie within x1, y1, x2, y2."""
    x, y, (x1, y1, x2, y2) = xy[:, 0], xy[:, 1], box
    return (x >= x1) & (x < x2) & (y >= y1) & (y < y2)
