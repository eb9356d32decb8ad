"""Precision over recall of one class, run beside run."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio import theme


@dataclass(frozen=True, eq=False)
class PrSeries:
    """Recall and precision after each detection, both (N,) in 0..1, and a place in `Colours.series`."""

    label: str
    recall: np.ndarray
    precision: np.ndarray
    colour: int = 0


def read_pr(results: Path, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Recall and precision, (N,) float32 each, of a class as the job `evaluate` left them; None without."""
    try:
        with open(results / "pr.npz", "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return arrays[f"{name}_recall"], arrays[f"{name}_precision"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


class PrCurve(QWidget):
    """The curve of a class, by `show_class`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = QLabel()
        self._heading.setProperty("role", "heading")
        self._plot = pg.PlotWidget()
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.setLabel("left", "Precision (%)")
        self._plot.setLabel("bottom", "Recall (%)")
        self._plot.getPlotItem().layout.setContentsMargins(4, 8, 12, 4)
        self._plot.setXRange(0, 100, padding=0.02)
        self._plot.setYRange(0, 100, padding=0.02)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).enableAutoSIPrefix(False)
            self._plot.getAxis(side).setStyle(hideOverlappingLabels=False)
        self._lines: list[pg.PlotDataItem] = []
        self._series: tuple[PrSeries, ...] = ()
        self._empty = QLabel(self._plot)
        self._empty.setProperty("quiet", True)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.setSpacing(theme.SPACE // 2)
        layout.addWidget(self._heading)
        layout.addWidget(self._plot, 1)
        self._dress()
        self.show_class("", [])

    def show_class(self, name: str, series: Sequence[PrSeries]) -> None:
        """Show the curves of a class; with an empty name, what to do to see one."""
        self._series = tuple(series)
        self._heading.setText(f"Precision and recall · {name}" if name else "Precision and recall")
        self._empty.setText(
            f"The curve of {name} appears when the run has measured all classes."
            if name
            else "Click a class in the bars or in the table to see its curve."
        )
        self._empty.setVisible(not series)
        self._draw()

    def drawn(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Recall and precision in percent of each line as the screen has them."""
        return [line.getOriginalDataset() for line in self._lines[: len(self._series)]]

    def _draw(self) -> None:
        colours = theme.colours(self)
        while len(self._lines) < len(self._series):
            self._lines.append(pg.PlotDataItem(antialias=True))
            self._plot.addItem(self._lines[-1])
        for place, line in enumerate(self._lines):
            if place < len(self._series):
                one = self._series[place]
                line.setPen(pg.mkPen(colours.series[one.colour % len(colours.series)], width=2))
                line.setData(100.0 * one.recall, 100.0 * one.precision)
            else:
                line.setData([], [])

    def _dress(self) -> None:
        colours = theme.colours(self)
        self._plot.setBackground(colours.base)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(colours.border))
            axis.setTextPen(pg.mkPen(colours.muted))
        self._plot.showGrid(x=False, y=True, alpha=0.15)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._empty.setGeometry(self._plot.rect().adjusted(60, 12, -24, -48))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
            self._draw()
