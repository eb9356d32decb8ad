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

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from core.array_file import Form, measured, read_arrays, write_arrays
from core.errors import StudioError
from core.pairs.sampling import PairBatch, TripletBatch

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
        return TrajectoryLosses(**read_arrays(folder / FILE, _FORMS))
    except StudioError:
        return None


ROLES = ("anchors", "positives", "negatives")

_FORMS = {
    "ids": Form("i8", ("N",)),
    **{name: Form("i4", ("N",), low=0) for name in (*ROLES, "last_step")},
    **{name: measured("f4", "N") for name in ("mean_loss", "last_loss")},
}


class TrajectoryTally:
    """Counts roles and sums losses of trajectories, batch by batch."""

    def __init__(self, ids: np.ndarray, kept: Mapping[str, np.ndarray] | None = None) -> None:
        """
        Args:
            ids: (N,) int64, every trajectory that may be drawn, in any order.
            kept: what `state` gave, to go on from; left aside where it is of other trajectories.
        """
        self._ids = np.sort(ids)
        self._values: dict[str, np.ndarray] = {
            **{name: np.zeros(len(ids), np.int32) for name in (*ROLES, "last_step")},
            "loss_sum": np.zeros(len(ids), np.float64),
            "last_loss": np.zeros(len(ids), np.float32),
        }
        if kept and np.array_equal(kept.get("ids", ()), self._ids):
            self._values |= {name: kept[name].copy() for name in self._values}

    def add(self, step: int, drawn: PairBatch | TripletBatch, losses: np.ndarray) -> None:
        """Take in a batch of the B pairs or triplets drawn, with their losses, (B,) float32.

        A loss counts for the anchor's trajectory. The negative of a pair lies beside its own trajectory, so
        it counts as that one's; of several rows of one trajectory the last is its `last_loss`.
        """
        if isinstance(drawn, PairBatch):
            anchor = self._places(drawn.trajectory)
            positive, negative = anchor[drawn.same], anchor[~drawn.same]
        else:
            anchor, positive, negative = (self._places(ids) for ids in drawn.trajectory.T)
        for role, places in zip(ROLES, (anchor, positive, negative), strict=True):
            np.add.at(self._values[role], places, 1)
        np.add.at(self._values["loss_sum"], anchor, losses.astype(np.float64))
        self._values["last_loss"][anchor] = losses
        self._values["last_step"][anchor] = step

    def losses(self) -> TrajectoryLosses:
        """What has been taken in so far."""
        ever = self._values["anchors"] > 0
        mean = self._values["loss_sum"] / np.where(ever, self._values["anchors"], 1)
        return TrajectoryLosses(
            ids=self._ids,
            mean_loss=np.where(ever, mean, np.nan).astype(np.float32),
            last_loss=np.where(ever, self._values["last_loss"], np.nan).astype(np.float32),
            **{name: self._values[name].copy() for name in (*ROLES, "last_step")},
        )

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps."""
        return {"ids": self._ids, **self._values}

    def _places(self, ids: np.ndarray) -> np.ndarray:
        return np.searchsorted(self._ids, ids)
