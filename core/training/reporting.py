"""What a training loop has still to report."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from core.errors import StudioError
from core.events import Event, Metric, Progress, from_json, to_json
from core.training.checkpoint import Resumed


class Ledger:
    """Steps done, sums since the last point of the curves, and events that are due but not yet taken.

    All of it goes into the checkpoint, so that a run that is stopped at any event and resumed reports
    exactly what it would have in one go. On a GPU the sums stay on it: the host waits for them only at
    a step where something is due.

    Attributes:
        step: steps done.
        events: due, oldest first.
    """

    def __init__(self, start: Resumed, total: int, device: torch.device) -> None:
        """
        Args:
            start: what `resume` gave.
            total: steps of the whole run; at the last one everything is due.
            device: where the values to be summed come from.
        """
        self.step, self._total = start.step, total
        kept = start.extra
        sums = kept.get("sums", kept.get("losses", []))  # fine-tuning called them losses
        self._sums = torch.tensor(sums, dtype=torch.float64, device=device)
        # Earlier checkpoints do not count the steps in their sums, which were cleared every so many steps.
        self._count = kept.get("count", start.step % start.settings["report_every"] if any(sums) else 0)
        self.events = [from_json(line) for line in kept.get("events", ())]

    def add(self, *values: Tensor) -> None:
        """Take in the values of one more step, scalars on the device, the same ones at every step.

        Raises:
            StudioError: on a CPU: one is no longer finite.
        """
        stacked = torch.stack([value.detach() for value in values])
        self._sums = self._sums + stacked if len(self._sums) else stacked.double()
        self._count += 1
        self.step += 1
        if self._sums.device.type == "cpu":
            self._check()

    def due(self, every: int) -> bool:
        """Whether what is done every so many steps, and at the end, is to be done after this one.

        Raises:
            StudioError: it is, and a sum is no longer finite.
        """
        due = self.step % every == 0 or self.step == self._total
        if due:
            self._check()
        return due

    def means(self) -> list[float]:
        """The mean of each value over the steps since the last call."""
        means: list[float] = (self._sums / self._count).tolist()
        self._sums, self._count = torch.zeros_like(self._sums), 0
        return means

    def report(self, **values: float) -> None:
        """Points of curves at this step, by name."""
        self.events += [Metric(name, self.step, value) for name, value in values.items()]

    def progress(self, what: str) -> None:
        """How far the run is."""
        self.events.append(Progress(self.step, self._total, what))

    def take(self) -> Iterator[Event]:
        """The events due; each is out of the ledger once it is given."""
        while self.events:
            yield self.events.pop(0)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps, as JSON values."""
        events = [to_json(event, 0) for event in self.events]
        return {"sums": self._sums.tolist(), "count": self._count, "events": events}

    def _check(self) -> None:
        if not torch.isfinite(self._sums).all():
            raise StudioError(
                f"The loss is no longer a number at step {self.step}; start again with a lower learning rate."
            )
