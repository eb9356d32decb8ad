"""Precision over recall of one class, run beside run."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from core.array_file import read_arrays
from studio import theme
from studio.plots.figure import Table
from studio.plots.plot_panel import PlotPanel


@dataclass(frozen=True, eq=False)
class PrSeries:
    """Recall and precision after each detection, both (N,) in 0..1, and a place for `Colours.line`."""

    label: str
    recall: np.ndarray
    precision: np.ndarray
    colour: int = 0


def read_pr(results: Path, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Recall and precision, (N,) float32 each, of a class as the job `evaluate` left them; None without."""
    try:
        curves = _read(results / "pr.npz", (results / "pr.npz").stat().st_mtime_ns)
        return curves[f"{name}_recall"], curves[f"{name}_precision"]
    except (OSError, ValueError, KeyError):
        return None


@lru_cache(maxsize=16)
def _read(path: Path, stamp: int) -> dict[str, np.ndarray]:
    """The curves of a file that changed last at `stamp`; asked for at every report of a run."""
    return read_arrays(path)


class PrCurve(PlotPanel):
    """The curve of a class, by `show_class`."""

    FIGURE = (440, 400)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Precision and recall", "Precision (%)", "Recall (%)", parent=parent)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.setXRange(0, 100, padding=0.02)
        self._plot.setYRange(0, 100, padding=0.02)
        self._lines: list[pg.PlotDataItem] = []
        self._series: tuple[PrSeries, ...] = ()
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

    def _legend_entries(self) -> list[str]:
        colours = theme.colours(self)
        return [
            f'<span style="color:{colours.line(one.colour)}">━</span>&nbsp;{escape(one.label)}'
            for one in self._series
        ]

    def _table(self) -> Table:
        rows = [
            (one.label, *pair)
            for one in self._series
            for pair in zip(100.0 * one.recall, 100.0 * one.precision, strict=True)
        ]
        return Table(("series", "Recall (%)", "Precision (%)"), rows)

    def _draw(self) -> None:
        colours = theme.colours(self)
        while len(self._lines) < len(self._series):
            self._lines.append(pg.PlotDataItem(antialias=True))
            self._plot.addItem(self._lines[-1])
        for place, line in enumerate(self._lines):
            if place < len(self._series):
                one = self._series[place]
                line.setPen(pg.mkPen(colours.line(one.colour), width=self._wide(2)))
                line.setData(100.0 * one.recall, 100.0 * one.precision)
            else:
                line.setData([], [])
