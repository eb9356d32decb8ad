"""Pictures of convolution filters."""

import math
from pathlib import Path

import numpy as np

from core.array_file import read_arrays

GAP = 1
"""Pixels of a filter between two filters."""


def read_filters(path: Path) -> np.ndarray:
    """(F, 3, k, k) float32, RGB, of a file that `core.events.Filters` names.

    Raises:
        OSError: the file is missing.
        ValueError: it is damaged, or holds no filters of colours.
    """
    filters = read_arrays(path).get("filters")
    if filters is None or filters.ndim != 4 or filters.shape[1] != 3:
        raise ValueError(f"{path} holds no filters")
    return filters


def tiled(filters: np.ndarray, columns: int) -> np.ndarray:
    """Filters side by side, each stretched to its own contrast.

    Args:
        filters: (F, 3, k, k) float, RGB.
        columns: filters in a row.

    Returns:
        (H, W, 4) uint8, RGBA; transparent between filters. A filter's lowest value is 0 and its highest
        255; one of a single value is middle grey.
    """
    count, _, side, _ = filters.shape
    low = filters.min(axis=(1, 2, 3), keepdims=True)
    span = filters.max(axis=(1, 2, 3), keepdims=True) - low
    flat = ~(span > 0)
    levels = np.where(flat, 0.5, (filters - low) / np.where(flat, 1, span))
    pixels = np.nan_to_num(levels * 255).round().astype(np.uint8).transpose(0, 2, 3, 1)
    rows = math.ceil(count / columns)
    step = side + GAP
    picture = np.zeros((rows * step - GAP, columns * step - GAP, 4), np.uint8)
    for place in range(count):
        top, left = place // columns * step, place % columns * step
        picture[top : top + side, left : left + side, :3] = pixels[place]
        picture[top : top + side, left : left + side, 3] = 255
    return picture
