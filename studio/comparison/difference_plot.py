"""AP differences by class to a reference, with their intervals over test pictures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from core.evaluation.paired_bootstrap import PairedDifference
from studio import theme
from studio.plots.class_plot import MEAN, ClassPlot
from studio.plots.figure import Table

SPREAD = 0.7
"""Of the room of a class, what the points of the rows share."""


@dataclass(frozen=True, eq=False)
class DifferenceSeries:
    """The differences of one row.

    Attributes:
        label: what it is.
        differences: class, or `MEAN` → how far it lies above the reference.
        colour: a place for `Colours.line`.
    """

    label: str
    differences: Mapping[str, PairedDifference]
    colour: int = 0


class DifferencePlot(ClassPlot):
    """A point and an interval for each class and row; filled where the interval leaves 0 out."""

    FIGURE = (900, 420)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("AP differences", "Difference (percentage points)", parent=parent)
        self._series: tuple[DifferenceSeries, ...] = ()
        self._zero = pg.InfiniteLine(pos=0, angle=0)
        self._plot.addItem(self._zero, ignoreBounds=True)
        self._items: list[tuple[pg.ErrorBarItem, pg.ScatterPlotItem]] = []
        self._dress()
        self.show_differences("", [], "")

    def show_differences(self, reference: str, series: Sequence[DifferenceSeries], sentence: str) -> None:
        """Show how far rows lie above a reference; without rows, a sentence that says why there are none."""
        self._series = tuple(series)
        named = dict.fromkeys(name for one in series for name in one.differences)
        self._set_groups([*(name for name in named if name != MEAN), *([MEAN] if MEAN in named else [])])
        self._heading.setText(f"AP differences to {reference}" if reference else "AP differences")
        self._empty.setText(sentence)
        self._empty.setVisible(not series)
        self._draw()
        self._fit(self.width())

    def points(self, place: int) -> dict[str, tuple[float, float, float]]:
        """Difference, low and high end of the interval, in percentage points, of the row at a place."""
        return {
            name: (100 * one.gain, 100 * one.interval.low, 100 * one.interval.high)
            for name, one in self._series[place].differences.items()
        }

    # --- drawing ------------------------------------------------------------------------------

    def _places(self, row: int) -> np.ndarray:
        """Where the points of a row are, along the classes."""
        count = len(self._series)
        return np.arange(len(self.groups)) + SPREAD * ((row + 0.5) / max(count, 1) - 0.5)

    def _draw(self) -> None:
        colours = theme.colours(self)
        while len(self._items) < len(self._series):
            items = (pg.ErrorBarItem(), pg.ScatterPlotItem())
            for item in items:
                self._plot.addItem(item)
            self._items.append(items)
        ends = [0.0]
        for row, (bars, dots) in enumerate(self._items):
            for item in (bars, dots):
                item.setVisible(row < len(self._series))
            if row >= len(self._series):
                continue
            one = self._series[row]
            colour = QColor(colours.line(one.colour))
            found = [one.differences.get(name) for name in self.groups]
            there = np.array([each is not None and math.isfinite(each.interval.low) for each in found], bool)
            known = [
                each for each, is_there in zip(found, there, strict=True) if each is not None and is_there
            ]
            x = self._places(row)[there]
            y = np.array([100 * each.gain for each in known])
            low = np.array([100 * each.interval.low for each in known])
            high = np.array([100 * each.interval.high for each in known])
            ends += [*low.tolist(), *high.tolist()]
            pen = pg.mkPen(colour, width=self._wide(1.5))
            bars.setData(
                x=x, y=y, top=high - y, bottom=y - low, beam=0.5 * SPREAD / len(self._series), pen=pen
            )
            empty = pg.mkBrush(colours.base)
            filled = pg.mkBrush(colour)
            brushes = [filled if each.is_clear else empty for each in known]
            dots.setData(x=x, y=y, size=8, pen=pen, brush=brushes)
        room = 0.06 * (max(ends) - min(ends)) or 1.0
        self._plot.setYRange(min(ends) - room, max(ends) + room, padding=0)
        self._readout.show_entries(self._legend_entries())

    def _dress(self) -> None:
        super()._dress()
        self._zero.setPen(pg.mkPen(theme.colours(self).muted, width=self._wide(1)))

    def _fit(self, width: float) -> None:
        self._name_groups(self._tiers(width))

    # --- reading ------------------------------------------------------------------------------

    def _legend_entries(self) -> list[str]:
        texts = [self._named("●", one.colour, one.label) for one in self._series]
        if texts:
            texts.append("lines: 95 % over test pictures, paired; filled where they leave 0 out")
        return texts

    def _table(self) -> Table:
        columns = ("series", "class", "difference (points)", "low", "high")
        rows = [
            (one.label, name, *values)
            for place, one in enumerate(self._series)
            for name, values in self.points(place).items()
        ]
        return Table(columns, rows)

    def _readings(self, group: str) -> list[str]:
        texts = []
        for place, one in enumerate(self._series):
            if group in one.differences:
                gain, low, high = self.points(place)[group]
                named = self._named("●", one.colour, one.label)
                texts.append(f"{named}: {gain:+.1f} [{low:+.1f}, {high:+.1f}]")
        return texts
