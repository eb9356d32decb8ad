"""What each trajectory cost and how often it trained: `results/trajectories.npz` of a run.

```
ids        (N,) int64    every trajectory that the run may draw, ascending
anchors    (N,) int32    how often it was the anchor of a pair or triplet
positives  (N,) int32    how often it was the positive
negatives  (N,) int32    how often a negative lay on it or, a hard one of pairs, beside it
mean_loss  (N,) float32  mean loss of the pairs or triplets it was the anchor of; NaN where it never was
last_loss  (N,) float32  the last of them; NaN where it never was
last_step  (N,) int32    the step of the last one; 0 where there is none
```
"""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from core.array_file import read_arrays, write_arrays

FILE = Path("results") / "trajectories.npz"


@dataclass(frozen=True, eq=False)
class TrajectoryLosses:
    """The arrays of the file; see the module."""

    ids: np.ndarray
    anchors: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray
    mean_loss: np.ndarray
    last_loss: np.ndarray
    last_step: np.ndarray

    @property
    def never(self) -> np.ndarray:
        """(K,) int64, ids of the trajectories that have not appeared in any role."""
        return self.ids[self.anchors + self.positives + self.negatives == 0]

    def place(self, trajectory: int) -> int | None:
        """Where a trajectory is in the arrays; None where the run cannot draw it."""
        place = int(np.searchsorted(self.ids, trajectory))
        return place if place < len(self.ids) and self.ids[place] == trajectory else None

    def write(self, folder: Path) -> None:
        """Write the file of a run.

        Raises:
            OSError: it cannot be written.
        """
        path = folder / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, {field.name: getattr(self, field.name) for field in fields(self)})


def read_trajectory_losses(folder: Path) -> TrajectoryLosses | None:
    """Those of a run's folder; None where they were not recorded, or the file is damaged."""
    try:
        arrays = read_arrays(folder / FILE)
        found = TrajectoryLosses(*(arrays[field.name] for field in fields(TrajectoryLosses)))
    except (OSError, ValueError, KeyError):
        return None
    shapes = {getattr(found, field.name).shape for field in fields(found)}
    return found if shapes == {(len(found.ids),)} else None
