"""Named bars, such as a share or an AP for each kind, with whiskers where a value is uncertain."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.plots.figure import Table
from studio.plots.plot_panel import PlotPanel

HEADROOM = 1.18
"""Of the highest bar or whisker: what stands above it must fit."""


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        name: beside it.
        value: its length; NaN for none.
        words: what stands at its end.
        colour: `#rrggbb`; the first of the plot's lines where it is empty.
        low, high: ends of its whisker; NaN for none.
    """

    name: str
    value: float
    words: str = ""
    colour: str = ""
    low: float = math.nan
    high: float = math.nan


class BarChart(PlotPanel):
    """Bars below one another, the first on top, by `show_bars`.

    Signals:
        bar_clicked(int): a person clicked a bar or beside it, by its place.
    """

    FIGURE = (480, 320)
    bar_clicked = Signal(int)

    def __init__(self, title: str, quantity: str, empty: str = "", parent: QWidget | None = None) -> None:
        """`quantity`: what their lengths are, with the unit."""
        super().__init__(title, empty=empty, parent=parent)
        self._quantity = quantity
        self._bars: tuple[Bar, ...] = ()
        self._items = pg.BarGraphItem(x0=np.zeros(0), y=np.zeros(0), width=np.zeros(0), height=0.7)
        self._whiskers = pg.PlotDataItem(connect="pairs")
        self._texts: list[pg.TextItem] = []
        self._zero = pg.InfiniteLine(angle=90)
        for item in (self._items, self._whiskers):
            self._plot.addItem(item)
        self._plot.addItem(self._zero, ignoreBounds=True)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.invertY(True)
        self._plot.getAxis("left").setStyle(tickLength=0)
        self._plot.hideAxis("bottom")  # the words at their ends say more
        self._plot.viewport().installEventFilter(self)
        self._dress()
        self._draw()

    def show_bars(self, bars: Sequence[Bar], title: str = "") -> None:
        """Show these and no others; under another title where one is given."""
        self._bars = tuple(bars)
        if title:
            self._heading.setText(title)
        self._draw()

    def lengths(self) -> np.ndarray:
        """(N,) float, of the bars as the screen has them; 0 where there is none."""
        return np.asarray(self._items.opts["width"])

    def words(self) -> list[str]:
        """What stands at the ends of the bars."""
        return [text.toPlainText() for text in self._texts[: len(self._bars)]]

    def _draw(self) -> None:
        colours, places = theme.colours(self), np.arange(len(self._bars))
        lengths = np.nan_to_num(np.array([bar.value for bar in self._bars], float))
        brushes = [pg.mkBrush(QColor(bar.colour or colours.line(0))) for bar in self._bars]
        self._items.setOpts(
            x0=np.zeros(len(places)), y=places, width=lengths, height=0.7, brushes=brushes, pen=None
        )
        self._whiskers.setData(*whiskers(places, [(bar.low, bar.high) for bar in self._bars], 0.12)[::-1])
        while len(self._texts) < len(self._bars):
            self._texts.append(pg.TextItem(anchor=(0, 0.5)))
            self._plot.addItem(self._texts[-1], ignoreBounds=True)
        for place, text in enumerate(self._texts):
            text.setVisible(place < len(self._bars))
            if place < len(self._bars):
                bar = self._bars[place]
                text.setText(bar.words, colours.text)
                text.setPos(max(np.nan_to_num(bar.high), lengths[place], 0.0), place)
        self._plot.getAxis("left").setTicks([[(place, bar.name) for place, bar in enumerate(self._bars)]])
        self._plot.setYRange(-0.6, max(len(self._bars), 1) - 0.4, padding=0)
        self._empty.setVisible(not self._bars)
        self._plot.getAxis("left").setStyle(showValues=bool(self._bars))
        self._fit(self.width())

    def _dress(self) -> None:
        super()._dress()
        colours = theme.colours(self)
        self._whiskers.setPen(pg.mkPen(colours.text, width=self._wide(1.5)))
        self._whiskers.setShadowPen(pg.mkPen(colours.base, width=self._wide(4)))
        self._zero.setPen(pg.mkPen(colours.muted))
        self._plot.showGrid(x=False, y=False)

    def _fit(self, width: float) -> None:
        """Leave room for the words at the ends of the longest bars."""
        metrics = self.fontMetrics()
        names = max((metrics.horizontalAdvance(bar.name) for bar in self._bars), default=0)
        room = max(width - names - 50, 40.0)
        lengths = [max(np.nan_to_num(bar.value), np.nan_to_num(bar.high), 0.0) for bar in self._bars]
        wide = [metrics.horizontalAdvance(bar.words) for bar in self._bars]
        top = max(lengths, default=0.0) or 1.0
        low = min(np.nan_to_num([bar.value for bar in self._bars] + [0.0]).min(), 0.0)
        # Each bar with its words must fit: a bar of a part p of the longest leaves 1 - p of that for them.
        spans = [one / max(1 - (words + 10) / room, 0.25) for one, words in zip(lengths, wide, strict=True)]
        self._plot.setXRange(low, max(spans, default=0.0) or top, padding=0)

    def _table(self) -> Table:
        rows = [(bar.name, bar.value, bar.low, bar.high, bar.words) for bar in self._bars]
        return Table(("kind", self._quantity, "95 % from", "95 % to", "words"), rows)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            scene = self._plot.mapToScene(event.position().toPoint())
            place = round(self._plot.getViewBox().mapSceneToView(scene).y())
            if 0 <= place < len(self._bars):
                self.bar_clicked.emit(place)
        return False


def whiskers(
    places: np.ndarray, ends: Sequence[tuple[float, float]], half: float
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of points of vertical lines with a bar at each end; none where an end is NaN.

    Args:
        places: (N,) float, where they stand.
        ends: lowest and highest value of each.
        half: of the width of the bars at the ends.

    Returns:
        x and y, (6 M,) float each, for lines between every second point and the next.
    """
    x: list[float] = []
    y: list[float] = []
    for place, (low, high) in zip(places.tolist(), ends, strict=True):
        if math.isfinite(low) and math.isfinite(high):
            x += [place, place, place - half, place + half, place - half, place + half]
            y += [low, high, low, low, high, high]
    return np.array(x), np.array(y)
