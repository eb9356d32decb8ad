"""Precision over recall of one class, the curves of all rows over each other."""

from collections.abc import Hashable, Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.evaluation.mean_curve import mean_curve
from studio import theme
from studio.comparison.compared_row import ComparedRow
from studio.plots.pr_curve import PrCurve, PrSeries, read_pr
from studio.watch.reading import Reading

Curve = tuple[np.ndarray, np.ndarray]


class CurvesView(QWidget):
    """A choice of class above the plot; of several seeds the mean curve is drawn.

    Signals:
        class_chosen(str): a person chose a class.
    """

    class_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[ComparedRow, ...] = ()
        self.choice = QComboBox()
        self.choice.setObjectName("curve_class")
        self.choice.setAccessibleName("Class of the curves")
        self.plot = PrCurve()
        self._words = QLabel()
        self._words.setProperty("quiet", True)
        label = QLabel("Class")
        label.setBuddy(self.choice)
        head = QHBoxLayout()
        head.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 0)
        head.addWidget(label)
        head.addWidget(self.choice)
        head.addWidget(self._words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.plot, 1)
        self._reading = Reading(self)
        self._reading.done.connect(self._take)
        self.choice.textActivated.connect(self.class_chosen)

    def show_rows(self, rows: Sequence[ComparedRow], classes: Sequence[str], name: str) -> None:
        """Show the curves of a class of these.

        Args:
            rows: of runs.
            classes: those that can be chosen.
            name: the one that is; empty for none.
        """
        self._rows = tuple(rows)
        if [self.choice.itemText(place) for place in range(self.choice.count())] != list(classes):
            self.choice.clear()
            self.choice.addItems(classes)
        self.choice.setCurrentIndex(self.choice.findText(name))
        self._read()

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read()

    def _read(self) -> None:
        if self.isVisible():
            rows = self._rows
            key = self._key()
            self._reading.want(key, lambda: (key, [_curve(row, key[0]) for row in rows]))

    def _key(self) -> tuple[str, tuple[Hashable, ...]]:
        """The class, and what decides the curves."""
        shown = (tuple((run.name, run.status.updated) for run in row.runs) for row in self._rows)
        return self.choice.currentText(), tuple(shown)

    def _take(self, found: tuple[tuple[str, tuple[Hashable, ...]], list[Curve | None]]) -> None:
        key, curves = found
        if key != self._key():
            return
        name, rows = key[0], self._rows
        series = [
            PrSeries(_label(row), *curve, row.colour or 0)
            for row, curve in zip(rows, curves, strict=True)
            if curve is not None
        ]
        self.plot.show_class(name, series)
        without = [row.name for row, curve in zip(rows, curves, strict=True) if curve is None]
        self._words.setText(f"Without curves: {', '.join(without)}." if without and name else "")


def _label(row: ComparedRow) -> str:
    return f"{row.name} · mean of {len(row.runs)} seeds" if len(row.runs) > 1 else row.name


def _curve(row: ComparedRow, name: str) -> Curve | None:
    """Called in a thread: the curve of a run, or the mean of those of the seeds; None where one has none."""
    read = [read_pr(run.path / "results", name) if run.path is not None else None for run in row.runs]
    found = [curve for curve in read if curve is not None and np.isfinite(curve[0]).all()]
    if not found or len(found) < len(read):
        return None
    return found[0] if len(found) == 1 else mean_curve(found)
