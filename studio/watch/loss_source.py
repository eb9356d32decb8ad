"""Which run's losses colour and sort the tracks: chosen, or the newest that recorded any."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.overlay.track_losses import TrackLosses
from core.pretraining.record.trajectory_losses import TrajectoryLosses, read_trajectory_losses
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import labels
from studio.view_state import ViewState
from studio.watch.reading import Reading


class LossSource(QObject):
    """Reads a run's losses, in a thread, into the layers of the view.

    They are read when a run is chosen or ends, and by `refresh`, but not at each report of a run that goes
    on: the table would be sorted anew under the hands of the person who works in it.

    Signals:
        choices_changed(): `choices` or `chosen` are other ones now.
    """

    choices_changed = Signal()

    def __init__(self, runs: Runs, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs, self._view = runs, view
        self._asked: Run | None = None
        self.chosen: Run | None = None
        self._reading = Reading(self)
        self._reading.done.connect(self._take)
        for changed in (runs.added, runs.removed, runs.finished):
            changed.connect(self.refresh)
        self.refresh()

    @property
    def choices(self) -> list[tuple[Run, str]]:
        """Runs that can have losses, the newest first, with their labels."""
        runs = [one for one in self._runs.for_job("pretrain") if _has_trajectories(one)]
        return list(zip(runs, labels(runs), strict=True))

    def choose(self, run: Run) -> None:
        """Show the losses of this run from now on."""
        self._asked = run
        self.refresh()

    def refresh(self) -> None:
        """Read them again."""
        choices = self.choices
        if self._asked is not None and self._asked not in [run for run, _ in choices]:
            self._asked = None
        wanted = [self._asked] if self._asked is not None else [run for run, _ in choices]
        paths = [run.path for run in wanted if run.path is not None]
        self._reading.want((*paths, *(len(run.curve("loss")) for run in wanted)), partial(_first, paths))
        self.choices_changed.emit()

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    def _take(self, found: tuple[Path, TrajectoryLosses] | None) -> None:
        by_path = {run.path: (run, label) for run, label in self.choices}
        self.chosen, label = by_path.get(found[0], (None, "")) if found is not None else (None, "")
        losses = TrackLosses(label, found[1]) if found is not None and self.chosen is not None else None
        self._view.set_layers(replace(self._view.layers, losses=losses))
        self.choices_changed.emit()


def _has_trajectories(run: Run) -> bool:
    return run.path is not None and run.settings.get("method") != "caltech101"


def _first(paths: Sequence[Path]) -> tuple[Path, TrajectoryLosses] | None:
    """The first of some runs that recorded losses; None where none did."""
    for path in paths:
        losses = read_trajectory_losses(path)
        if losses is not None:
            return path, losses
    return None
