"""Precision over recall of one class, run beside run."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from core.array_file import Form, read_arrays
from core.errors import StudioError
from studio import theme
from studio.plots.figure import Table
from studio.plots.legend import Legend
from studio.plots.plot_panel import PlotPanel
from studio.plots.thinning import thinned

POINTS_DRAWN = 2000
"""Points of one curve on the screen at most."""

_CURSORS = {False: Qt.CursorShape.ArrowCursor, True: Qt.CursorShape.CrossCursor}


@dataclass(frozen=True, eq=False)
class PrSeries:
    """Recall and precision after each detection, both (N,) in 0..1, and a place for `Colours.line`."""

    label: str
    recall: np.ndarray
    precision: np.ndarray
    colour: int = 0


@dataclass(frozen=True)
class PrPoint:
    """A place of a curve: recall and precision in 0..1, and what is said of it."""

    recall: float
    precision: float
    words: str


def read_pr(results: Path, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Recall and precision, (N,) float32 each, of a class as the job `evaluate` left them; None without."""
    try:
        return _read(results / "pr.npz", name, (results / "pr.npz").stat().st_mtime_ns)
    except (OSError, StudioError):
        return None


@lru_cache(maxsize=256)
def _read(path: Path, name: str, stamp: int) -> tuple[np.ndarray, np.ndarray]:
    """The curve of a class in a file that changed last at `stamp`; asked for at every report of a run."""
    form = Form("f4", ("N",), low=0, high=1, nan=True)
    found = read_arrays(path, {f"{name}_recall": form, f"{name}_precision": form})
    return found[f"{name}_recall"], found[f"{name}_precision"]


class PrCurve(PlotPanel):
    """The curve of a class, by `show_class`, and a point of the first curve, which a person can drag.

    Signals:
        place_chosen(int): a person wants the point at a place of the first curve, its number of detections
            less one.
    """

    FIGURE = (440, 400)
    place_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Precision and recall", "Precision (%)", "Recall (%)", parent=parent)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.setXRange(0, 100, padding=0.02)
        self._plot.setYRange(0, 100, padding=0.02)
        self._lines: list[pg.PlotDataItem] = []
        self._series: tuple[PrSeries, ...] = ()
        self._point: PrPoint | None = None
        self._dot = pg.PlotDataItem(pen=None, symbol="o")
        self._dot.setZValue(10)
        self._plot.addItem(self._dot)
        self._readout = Legend()
        self._column.insertWidget(1, self._readout)
        self._plot.viewport().installEventFilter(self)
        self._dress()
        self.show_class("", [])

    def show_class(self, name: str, series: Sequence[PrSeries], why_not: str = "") -> None:
        """Show the curves of a class; with an empty name, what to do to see one; else why there is none."""
        self._series = tuple(series)
        self._heading.setText(f"Precision and recall · {name}" if name else "Precision and recall")
        when = f"The curve of {name} appears when the run has measured all classes."
        what = "Click a class in the bars or in the table to see its curve."
        self._empty.setText((why_not or when) if name else what)
        self._empty.setVisible(not series)
        self._point = None
        self._draw()

    def show_point(self, point: PrPoint | None) -> None:
        """Mark a place of the first curve; none where it is None."""
        self._point = point
        self._plot.viewport().setCursor(_CURSORS[point is not None])
        self._draw_point()

    def point(self) -> tuple[float, float] | None:
        """Recall and precision in percent of the point drawn."""
        x, y = self._dot.getOriginalDataset()
        return None if x is None or len(x) == 0 else (float(x[0]), float(y[0]))

    def drawn(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Recall and precision in percent of each line as the screen has them."""
        return [line.getOriginalDataset() for line in self._lines[: len(self._series)]]

    def _legend_entries(self) -> list[str]:
        colours = theme.colours(self)
        entries = [
            f'<span style="color:{colours.line(one.colour)}">━</span>&nbsp;{escape(one.label)}'
            for one in self._series
        ]
        return entries + ([f"●&nbsp;{escape(self._point.words)}"] if self._point is not None else [])

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
                line.setData(*thinned(100.0 * one.recall, 100.0 * one.precision, POINTS_DRAWN))
            else:
                line.setData([], [])
        self._draw_point()

    def _draw_point(self) -> None:
        point, colours = self._point, theme.colours(self)
        self._dot.setSymbolBrush(pg.mkBrush(colours.base))
        self._dot.setSymbolPen(pg.mkPen(colours.text, width=self._wide(2)))
        self._dot.setSymbolSize(11)
        self._dot.setData(*([], []) if point is None else ([100 * point.recall], [100 * point.precision]))
        self._readout.show_entries(self._legend_entries() if len(self._series) > 1 or point else [])

    def _place_at(self, event: QMouseEvent) -> int | None:
        """The place of the first curve nearest to the mouse; None where there is no curve."""
        if not self._series or not len(self._series[0].recall):
            return None
        at = self._plot.getViewBox().mapSceneToView(self._plot.mapToScene(event.position().toPoint()))
        first = self._series[0]
        apart = (100 * first.recall - at.x()) ** 2 + (100 * first.precision - at.y()) ** 2
        return int(np.nanargmin(apart)) if np.isfinite(apart).any() else None

    # --- Qt -----------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        moves = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove)
        if event.type() in moves and isinstance(event, QMouseEvent) and self._point is not None:
            place = self._place_at(event) if event.buttons() & Qt.MouseButton.LeftButton else None
            if place is not None:
                self.place_chosen.emit(place)
        return False
