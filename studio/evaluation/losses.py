"""The losses of fine-tuning: in all, of classes and of boxes."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from studio.plots.curve_plot import CurvePlot, Series
from studio.runs.run import Run

PARTS = {"loss": "in all", "loss_class": "classes", "loss_box": "boxes"}
"""Metric → what it is called beside the others."""

APART = "Choose a single run to see the losses of its classes and boxes, too."


class LossPlot(CurvePlot):
    """All three losses of one run; of several the whole alone, run beside run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Fine-tuning loss",
            "Loss (nats)",
            empty="The loss of Fast R-CNN appears here while it is fine-tuned.",
            logarithmic=False,
            parent=parent,
        )

    def show_runs(self, runs: Sequence[tuple[Run, str]]) -> None:
        """Show the losses of runs with their labels."""
        if len(runs) == 1:
            curves = [(runs[0][0].curve(name), label) for name, label in PARTS.items()]
        else:
            curves = [(run.curve("loss"), label) for run, label in runs]
        self.show_series(
            [Series(label, curve.steps, curve.values, place) for place, (curve, label) in enumerate(curves)]
        )
        self.set_notes(APART if len(runs) > 1 else "")
