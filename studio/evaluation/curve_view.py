"""Precision over recall of a class, run beside run, with the point at the threshold."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.percent import percent
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold
from studio.plots.pr_curve import PrCurve, PrPoint, PrSeries, read_pr
from studio.runs.run import Run
from studio.watch.reading import Reading

Curves = list[tuple[np.ndarray, np.ndarray] | None]


class CurveView(QWidget):
    """The curves of the chosen runs; drag the point of the first along its own."""

    def __init__(self, threshold: Threshold, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._threshold = threshold
        self._runs: list[tuple[Run, str]] = []
        self._name = ""
        self._shown: ShownClass | None = None
        self._curves: tuple[str, Curves] = ("", [])
        self._drawn: tuple[object, ...] = ()
        self.plot = PrCurve()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)
        self._reading = Reading(self)
        self._reading.done.connect(self._take)
        self.plot.place_chosen.connect(self._choose_place)
        threshold.changed.connect(self._show_point)

    def show_runs(self, runs: Sequence[tuple[Run, str]], name: str) -> None:
        """Show the curves of a class, of runs with their labels."""
        self._runs, self._name = list(runs), name
        paths = [run.path / "results" if run.path is not None else None for run, _ in runs]
        # The last AP is told before the curves are written; the end of the run is told after.
        measured = tuple(None if run.is_active else run.status.updated for run, _ in runs)
        if not name:
            self._curves = ("", [])
            self._draw()
        self._reading.want((name, tuple(paths), measured), partial(_read, name, paths))

    def show_class(self, shown: ShownClass | None) -> None:
        """Show where the threshold lies on the curve of the first run; nowhere where it is None."""
        self._shown = shown
        self._draw()

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    def _take(self, curves: tuple[str, Curves]) -> None:
        self._curves = curves
        self._draw()

    def _draw(self) -> None:
        name, curves = self._curves
        if name != self._name:
            curves = []
        drawn = (
            self._name,
            id(curves) if curves else 0,
            self._shown,
            tuple(label for _, label in self._runs),
        )
        if drawn == self._drawn:  # the same many points
            self._show_point()
            return
        self._drawn = drawn
        series = []
        for place, (_, label) in enumerate(self._runs):
            found = curves[place] if place < len(curves) else None
            if place == 0 and self._shown is not None and self._shown.name == self._name:
                judged = self._shown.detections
                found = (judged.recall, judged.precision) if self._shown.diagnosis.objects else None
            if found is not None:
                series.append(PrSeries(label, *found, place))
        absent = self._shown is not None and not self._shown.diagnosis.objects
        why_not = f"The set has no {self._name}, so there is no recall and no curve." if absent else ""
        self.plot.show_class(self._name, series, why_not)
        self._show_point()

    def _show_point(self) -> None:
        shown = self._shown
        if shown is None or shown.name != self._name or not shown.diagnosis.objects:
            self.plot.show_point(None)
            return
        judged = shown.detections
        place = judged.count_at(self._threshold.value) - 1
        if place < 0:
            self.plot.show_point(None)
            return
        recall, precision = float(judged.recall[place]), float(judged.precision[place])
        words = f"score ≥ {judged.scores[place]:.3g}: "
        words += f"precision {percent(precision, 1)}, recall {percent(recall, 1)}"
        self.plot.show_point(PrPoint(recall, precision, words))

    def _choose_place(self, place: int) -> None:
        if self._shown is not None and place < len(self._shown.detections.scores):
            self._threshold.choose(float(self._shown.detections.scores[place]))


def _read(name: str, results: Sequence[Path | None]) -> tuple[str, Curves]:
    """Called in a thread."""
    return name, [read_pr(path, name) if path is not None and name else None for path in results]
