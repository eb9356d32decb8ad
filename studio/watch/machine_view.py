"""What the machine did in each step: gradient, time, memory, use of the GPU, as small curves."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from studio.plots.curve_plot import CurvePlot, Series
from studio.runs.run import Run

COLUMNS = 3


@dataclass(frozen=True)
class Quantity:
    """A metric: its name in the events, title, axis, what it is multiplied by, and when it appears."""

    metric: str
    title: str
    axis: str
    factor: float = 1.0
    when: str = "appears with the run's first report"


QUANTITIES = (
    Quantity("gradient_norm", "Gradient", "Length"),
    Quantity("step_seconds", "Time of a step", "ms", 1000.0),
    Quantity("data_wait", "Waiting for data", "ms a step", 1000.0),
    Quantity("memory", "Memory", "GB"),
    Quantity("gpu_use", "Use of the GPU", "% of the time", 1.0, "appears when a run trains on a GPU"),
    Quantity("learning_rate", "Learning rate", "Step size"),
)


class MachineView(QWidget):
    """A small plot for each of `QUANTITIES`, with the runs overlaid as in the loss curve.

    Signals:
        step_chosen(int): a step of a curve was clicked.
    """

    step_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plots: dict[str, CurvePlot] = {}
        self.steps = self._build()

    def _build(self) -> Iterator[None]:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        for place, one in enumerate(QUANTITIES):
            plot = CurvePlot(one.title, one.axis, empty=f"{one.title} {one.when}.")
            plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            plot.step_clicked.connect(self.step_chosen)
            grid.addWidget(plot, place // COLUMNS, place % COLUMNS)
            grid.setRowStretch(place // COLUMNS, 1)
            grid.setColumnStretch(place % COLUMNS, 1)
            self.plots[one.metric] = plot
            yield

    def show_runs(self, runs: list[tuple[Run, str]]) -> None:
        """Show the curves of runs, each with its label."""
        for one in QUANTITIES:
            curves = [(run.curve(one.metric), label) for run, label in runs]
            self.plots[one.metric].show_series(
                [
                    Series(label, curve.steps, one.factor * np.asarray(curve.values), place)
                    for place, (curve, label) in enumerate(curves)
                ]
            )

    def set_step(self, step: int | None) -> None:
        """Mark a step in every plot; None for none."""
        for plot in self.plots.values():
            plot.set_cursor(step)
