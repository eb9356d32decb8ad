"""What each track cost a pretraining run, for table, canvas and timeline."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.pretraining.record.trajectory_losses import TrajectoryLosses

CLASSES = 5
"""Ranges of the loss that are told apart by colour, each with as many tracks."""


@dataclass(frozen=True, eq=False)
class TrackLosses:
    """The losses of a run.

    Attributes:
        run: which one, for people.
        losses: as it wrote them; ids ascending.
    """

    run: str
    losses: TrajectoryLosses

    @cached_property
    def bounds(self) -> np.ndarray:
        """(CLASSES - 1,) float, what parts the ranges; fewer where no track was drawn."""
        known = self.losses.mean_loss[np.isfinite(self.losses.mean_loss)]
        shares = np.arange(1, CLASSES) / CLASSES
        return np.quantile(known, shares) if len(known) else np.zeros(0)

    def mean(self, ids: np.ndarray) -> np.ndarray:
        """(N,) int ids → (N,) float32, their mean losses; NaN where the run never drew them as an anchor."""
        known = self.losses.ids
        if len(known) == 0:
            return np.full(len(ids), np.nan, np.float32)
        places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
        return np.where(known[places] == ids, self.losses.mean_loss[places], np.nan).astype(np.float32)

    def about(self, trajectory: int) -> str:
        """A line about one track."""
        place, one = self.losses.place(trajectory), self.losses
        if place is None or one.anchors[place] == 0:
            return f"never drawn as an anchor in {self.run}"
        times = "once" if one.anchors[place] == 1 else f"{one.anchors[place]:,} times"
        return (
            f"mean loss {one.mean_loss[place]:.3g}, drawn {times}, last {one.last_loss[place]:.3g} at step "
            f"{one.last_step[place]:,} of {self.run}"
        )


def class_of(losses: TrackLosses | None, ids: np.ndarray) -> np.ndarray:
    """(N,) int ids → (N,) int64, the range of each loss from 0; `CLASSES` where it is not known."""
    if losses is None:
        return np.full(len(ids), CLASSES, np.int64)
    values = losses.mean(ids)
    return np.where(np.isnan(values), CLASSES, np.searchsorted(losses.bounds, values))


def names_of(losses: TrackLosses | None) -> list[str]:
    """What the ranges are called, with the unknown at the end."""
    if losses is None or len(losses.bounds) == 0:
        return ["no loss recorded"]
    bounds = [f"{bound:.3g}" for bound in losses.bounds]
    return [f"loss ≤ {bounds[0]}", *(f"≤ {bound}" for bound in bounds[1:]), f"> {bounds[-1]}", "never drawn"]
