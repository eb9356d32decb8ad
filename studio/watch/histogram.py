"""How often each range of a quantity comes, as steps over each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.plots.figure import Table
from studio.plots.legend import Legend
from studio.plots.plot_panel import PlotPanel


@dataclass(frozen=True, eq=False)
class Counts:
    """One histogram.

    Attributes:
        label: what is counted.
        edges: (N + 1,) float, ascending.
        counts: (N,) how many lie between two edges.
        colour: a place for `Colours.line`.
        faint: drawn as a thin line, to compare with.
    """

    label: str
    edges: np.ndarray
    counts: np.ndarray
    colour: int = 0
    faint: bool = False


def counted(
    values: np.ndarray,
    bins: int,
    label: str = "",
    colour: int = 0,
    *,
    whole: bool = False,
    span: tuple[float, float] | None = None,
) -> Counts:
    """The histogram of finite values in `bins` equal ranges of a span, that of the values where it is None.

    `whole`: the values are whole numbers; each range holds as many of them, and there may be fewer ranges.
    """
    values = values[np.isfinite(values)]
    low, high = span or ((float(values.min()), float(values.max())) if len(values) else (0.0, 1.0))
    if whole:
        width = max(1, int(np.ceil((high - low + 1) / bins)))
        edges = np.arange(low, high + width + 1, width) - 0.5
    else:
        edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    return Counts(label, edges, np.histogram(values, edges)[0], colour)


class Histogram(PlotPanel):
    """Histograms over one axis, by `show_counts`."""

    def __init__(self, title: str, bottom: str, left: str, empty: str, parent: QWidget | None = None) -> None:
        """`bottom`, `left`: quantity and unit; `empty`: what it says while it has nothing to show."""
        super().__init__(title, left, bottom, empty, parent)
        self._legend = Legend()
        self._legend.hide()
        self._column.insertWidget(1, self._legend)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.getViewBox().setLimits(yMin=0)
        self._steps: list[pg.PlotDataItem] = []
        self.shown: tuple[Counts, ...] = ()
        self._dress()
        self._draw()

    def set_axis(self, quantity: str) -> None:
        """Name quantity and unit of the horizontal axis."""
        self._axes["bottom"] = quantity
        self._plot.setLabel("bottom", quantity)

    def show_counts(self, counts: Sequence[Counts]) -> None:
        """Show these and no others."""
        self.shown = tuple(counts)
        self._draw()

    def _draw(self) -> None:
        colours = theme.colours(self)
        while len(self._steps) < len(self.shown):
            self._steps.append(pg.PlotDataItem(stepMode="center"))
            self._plot.addItem(self._steps[-1])
        for place, item in enumerate(self._steps):
            if place >= len(self.shown):
                item.setData([0, 1], [0])
                item.hide()
                continue
            one = self.shown[place]
            colour = QColor(colours.line(one.colour))
            colour.setAlphaF(0.75 if one.faint else 1)
            item.setPen(pg.mkPen(colour, width=self._wide(1 if one.faint else 2)))
            colour.setAlphaF(0.0 if one.faint else 0.3)
            item.setFillLevel(0)
            item.setFillBrush(pg.mkBrush(colour))
            item.setData(one.edges, one.counts)
            item.show()
        something = any(one.counts.sum() for one in self.shown)
        self._empty.setVisible(not something)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setStyle(showValues=something)
        self._legend.setVisible(len(self.shown) > 1)
        self._legend.show_entries(self._legend_entries())

    def _legend_entries(self) -> list[str]:
        colours = theme.colours(self)
        if len(self.shown) < 2:
            return []
        return [
            f'<span style="color:{colours.line(one.colour)}">{"─" if one.faint else "━"}</span>&nbsp;'
            f"{escape(one.label)}"
            for one in self.shown
        ]

    def _table(self) -> Table:
        rows = [
            (one.label, float(low), float(high), int(count))
            for one in self.shown
            for (low, high), count in zip(pairwise(one.edges), one.counts, strict=True)
        ]
        quantity = self._axes["bottom"]
        return Table(("series", f"{quantity}, from", f"{quantity}, to", self._axes["left"]), rows)
