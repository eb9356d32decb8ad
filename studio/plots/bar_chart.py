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
        name: below it; a space in it may become a line's end.
        value: its height; NaN for none.
        words: what stands above it.
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
    """Bars side by side, by `show_bars`.

    Signals:
        bar_clicked(int): a person clicked a bar or its name, by its place.
    """

    FIGURE = (480, 320)
    bar_clicked = Signal(int)

    def __init__(self, title: str, left: str, empty: str = "", parent: QWidget | None = None) -> None:
        """`left`: quantity and unit of the heights."""
        super().__init__(title, left, empty=empty, parent=parent)
        self._bars: tuple[Bar, ...] = ()
        self._items = pg.BarGraphItem(x=np.zeros(0), height=np.zeros(0), width=0.7)
        self._whiskers = pg.PlotDataItem(connect="pairs")
        self._texts: list[pg.TextItem] = []
        self._zero = pg.InfiniteLine(angle=0)
        for item in (self._items, self._whiskers):
            self._plot.addItem(item)
        self._plot.addItem(self._zero, ignoreBounds=True)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.getAxis("bottom").setStyle(tickLength=0)
        self._plot.viewport().installEventFilter(self)
        self._dress()
        self._draw()

    def show_bars(self, bars: Sequence[Bar], title: str = "") -> None:
        """Show these and no others; under another title where one is given."""
        self._bars = tuple(bars)
        if title:
            self._heading.setText(title)
        self._draw()
        self._fit(self.width())

    def heights(self) -> np.ndarray:
        """(N,) float, of the bars as the screen has them; 0 where there is none."""
        return np.asarray(self._items.opts["height"])

    def words(self) -> list[str]:
        """What stands above the bars."""
        return [text.toPlainText() for text in self._texts[: len(self._bars)]]

    def _draw(self) -> None:
        colours, places = theme.colours(self), np.arange(len(self._bars))
        heights = np.nan_to_num(np.array([bar.value for bar in self._bars], float))
        brushes = [pg.mkBrush(QColor(bar.colour or colours.line(0))) for bar in self._bars]
        self._items.setOpts(x=places, height=heights, width=0.7, brushes=brushes, pen=None)
        self._whiskers.setData(*whiskers(places, [(bar.low, bar.high) for bar in self._bars], 0.12))
        while len(self._texts) < len(self._bars):
            self._texts.append(pg.TextItem(anchor=(0.5, 1)))
            self._plot.addItem(self._texts[-1], ignoreBounds=True)
        for place, text in enumerate(self._texts):
            text.setVisible(place < len(self._bars))
            if place < len(self._bars):
                bar = self._bars[place]
                text.setText(bar.words)
                text.setPos(place, max(np.nan_to_num(bar.high), heights[place], 0.0))
        ends = np.nan_to_num([*heights, *(bar.high for bar in self._bars), 0.0])
        low = np.nan_to_num([*heights, *(bar.low for bar in self._bars), 0.0]).min()
        self._plot.setYRange(HEADROOM * low, HEADROOM * (ends.max() or 1.0), padding=0)
        self._plot.setXRange(-0.6, max(len(self._bars), 1) - 0.4, padding=0)
        self._empty.setVisible(not self._bars)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setStyle(showValues=bool(self._bars))

    def _dress(self) -> None:
        super()._dress()
        colours = theme.colours(self)
        self._whiskers.setPen(pg.mkPen(colours.text, width=self._wide(1.5)))
        self._zero.setPen(pg.mkPen(colours.muted))
        for text in self._texts:
            text.setColor(colours.text)

    def _table(self) -> Table:
        rows = [(bar.name, bar.value, bar.low, bar.high, bar.words) for bar in self._bars]
        return Table(("kind", self._axes["left"], "95 % from", "95 % to", "words"), rows)

    def _fit(self, width: float) -> None:
        """Break the names into lines where they would touch."""
        room = (width - 90) / max(len(self._bars), 1)
        metrics = self.fontMetrics()
        names = [bar.name for bar in self._bars]
        if any(metrics.horizontalAdvance(name) > room - 6 for name in names):
            names = [name.replace(" ", "\n") for name in names]
        axis = self._plot.getAxis("bottom")
        axis.setTicks([list(enumerate(names))])
        axis.setHeight(10 + metrics.height() * max((1 + name.count("\n") for name in names), default=1))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            scene = self._plot.mapToScene(event.position().toPoint())
            place = round(self._plot.getViewBox().mapSceneToView(scene).x())
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
