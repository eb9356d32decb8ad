"""Points that were grouped: which go together, and which follow the camera."""

from dataclasses import dataclass

import numpy as np

CAMERA = 0
"""The group of what follows the camera."""

SILENT = -1
"""The group of points that say nothing."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """Which points go together.

    Attributes:
        groups: (N,) int32, for each point: `CAMERA`, 1… for objects, those of most points first, or `SILENT`.
        belonging: (N,) float32 in 0..1, how sure each is of its group.
    """

    groups: np.ndarray
    belonging: np.ndarray


def numbered(groups: np.ndarray) -> np.ndarray:
    """(N,) int32 the same groups of N points, objects numbered from 1, those of most points first."""
    sizes = np.bincount(groups[groups > CAMERA], minlength=int(groups.max(initial=CAMERA)) + 1)
    numbers = np.zeros(len(sizes), np.int32)
    order = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]
    numbers[order] = np.arange(1, len(order) + 1)
    return np.where(groups > CAMERA, numbers[groups], groups).astype(np.int32)
