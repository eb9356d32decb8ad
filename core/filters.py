"""Pictures of convolution filters."""

import math
from pathlib import Path

import numpy as np

from core.array_file import OTHER, measured, read_arrays
from core.errors import StudioError

GAP = 1
"""Pixels of a filter between two filters."""


def read_filters(path: Path) -> np.ndarray:
    """(F, 3, k, k) float32, RGB, of a file that `core.events.Filters` names.

    Raises:
        StudioError: the file is missing or damaged, or holds no filters of colours.
    """
    filters = read_arrays(path, {"filters": measured("f4", "F", 3, "k", "k")})["filters"]
    if not filters.size:
        raise StudioError(f"{path} holds no filters; {OTHER}.")
    return filters


DEAD = 0.1
"""Of the median length of all filters: a shorter one is dead."""

ALIKE = 0.9
"""Cosine of two filters, each less its mean: more alike ones are duplicates."""


def dead(filters: np.ndarray) -> np.ndarray:
    """Which filters have faded away: those shorter than `DEAD` times the median length, and all-zero ones.

    Args:
        filters: (F, 3, k, k) float.

    Returns:
        (F,) bool. A filter that is long but never responds is not among them: its bias is not in the file;
        `core.pretraining.record.excitations` finds those.
    """
    length = np.linalg.norm(filters.reshape(len(filters), -1), axis=1)
    return (length < DEAD * np.median(length)) | (length == 0)


def duplicates(filters: np.ndarray) -> np.ndarray:
    """Which filters are near copies: those whose cosine with another one is above `ALIKE`.

    Dead ones are left out. A filter of the opposite sign is no copy: it responds to the opposite edge. The
    cosine of random filters of 7 × 7 × 3 weights is 0 ± .08.

    Args:
        filters: (F, 3, k, k) float.

    Returns:
        (F,) int64, the filter that each one is most alike, where they are duplicates; else -1.
    """
    flat = filters.reshape(len(filters), -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    flat = flat / np.where(length > 0, length, 1)
    flat[dead(filters)] = 0
    cosine = flat @ flat.T
    np.fill_diagonal(cosine, -1)
    return np.where(cosine.max(axis=1, initial=-1) > ALIKE, cosine.argmax(axis=1), -1)


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
