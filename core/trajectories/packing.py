"""Where the observations of many point trajectories lie when they are packed one after the other (CSR)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class Layout:
    """Which observations of packed point trajectories lie in which frame, worked out when it is asked for.

    Attributes:
        first, offsets: as in `PointTrajectories`.
    """

    first: np.ndarray
    offsets: np.ndarray

    @cached_property
    def owner(self) -> np.ndarray:
        """(M,) int64, the trajectory of each observation."""
        return np.repeat(np.arange(len(self.first)), np.diff(self.offsets))

    @cached_property
    def frame(self) -> np.ndarray:
        """(M,) int64, the frame of each observation."""
        starts = np.repeat(self.offsets[:-1] - self.first, np.diff(self.offsets))
        return np.arange(len(starts)) - starts

    @cached_property
    def by_frame(self) -> tuple[np.ndarray, np.ndarray]:
        """(M,) int64 observations by frame, then trajectory, and where each frame starts among them."""
        count = int(self.frame.max(initial=-1)) + 1
        narrow = (
            self.frame.astype(np.uint16) if count <= 2**16 else self.frame
        )  # sorted by radix, tenfold faster
        starts = np.concatenate(([0], np.cumsum(np.bincount(self.frame, minlength=count))))
        return np.argsort(narrow, kind="stable"), starts
