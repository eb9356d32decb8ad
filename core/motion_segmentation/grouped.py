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
