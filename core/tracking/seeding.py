"""Where new trajectories start: on a grid, where there is structure and no trajectory is near."""

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
    rows, columns = np.mgrid[BORDER : height - BORDER : spacing, BORDER : width - BORDER : spacing]
    rows, columns = rows.ravel(), columns.ravel()
    free = np.full((height, width), 255, np.uint8)
    places = np.floor(occupied).astype(np.intp)
    free[places[:, 1].clip(0, height - 1), places[:, 0].clip(0, width - 1)] = 0
    if len(occupied):
        away = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[rows, columns] >= spacing
        rows, columns = rows[away], columns[away]
    strength = structure(grey)
    margin = np.minimum.reduce([rows, columns, height - 1 - rows, width - 1 - columns])
    border = np.exp(-0.1 * margin)
    needed = np.maximum(strength.mean() * (texture + border), 1 + border)
    chosen = strength[rows, columns] >= needed
    return np.stack([columns[chosen], rows[chosen]], axis=1).astype(np.float32) + np.float32(0.5)
