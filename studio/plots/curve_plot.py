"""Curves over training steps: raw values faint, their moving average strong, several runs in one plot."""

from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from studio import theme
from studio.plots.legend import Legend
from studio.plots.plot_panel import PlotPanel, heading
from studio.plots.thinning import smoothed, thinned

POINTS_DRAWN = 2000
"""Points of one line on the screen at most."""

REDRAW_PERIOD = 100
"""Milliseconds between redraws at least."""

SMOOTHING = 0.9
"""Share of the earlier average in the next."""


@dataclass(frozen=True, eq=False)
class Series:
    """One curve to draw.

    Attributes:
        label: what it is, for legend and readout.
        steps, values: (N,) float64 each; NaN where there is no value.
        colour: a place for `Colours.line`.
        dashed: whether it is drawn dashed, to tell two curves of one run apart.
        smooth: whether its average is drawn over faint raw values; else the values alone, strong.
    """

    label: str
    steps: np.ndarray
    values: np.ndarray
    colour: int = 0
    dashed: bool = False
    smooth: bool = True


class CurvePlot(PlotPanel):
    """A plot of one quantity over training steps; `show_series` gives it what to show."""

    def __init__(
        self,
        title: str,
        axis: str,
        *,
        empty: str,
        logarithmic: bool | None = None,
        chance: tuple[float, str] | None = None,
        span: tuple[float, float] | None = None,
        dashed_means: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """An empty plot.

        Args:
            title: what it shows.
            axis: quantity and unit on the vertical axis, such as `Loss (nats)`.
            empty: what it says while it has nothing to show.
            logarithmic: whether the vertical axis starts so; None to offer no choice.
            chance: a value to draw as a line, and what it is called.
            span: the lowest and highest value on the vertical axis; by the data where it is None.
            dashed_means: what dashed curves are, for the legend.
        """
        super().__init__(title, axis, "Training step", empty, parent)
        self._series: tuple[Series, ...] = ()
        self._lines: list[tuple[pg.PlotDataItem, ...]] = []
        self._averages: dict[int, tuple[int, np.ndarray]] = {}
        self._dashed_means = dashed_means
        self._readout = Legend()
        self._log = QToolButton()
        self._log.setText("log")
        self._log.setCheckable(True)
        self._log.setAutoRaise(True)
        self._log.setToolTip("Logarithmic vertical axis")
        self._log.setVisible(logarithmic is not None)
        head = QHBoxLayout()
        head.addWidget(heading(title), 1)
        head.addWidget(self._log)
        self._column.insertLayout(0, head)
        self._column.insertWidget(1, self._readout)
        if span is not None:
            self._plot.setYRange(*span, padding=0.02)
        self._chance = pg.InfiniteLine(
            angle=0, label="", labelOpts={"position": 0.985, "anchors": [(1, 0), (1, 1)]}
        )
        self.set_chance(chance)
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.hide()
        for line in (self._chance, self._cursor):
            self._plot.addItem(line, ignoreBounds=True)
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_PERIOD)
        self._redraw.timeout.connect(self._draw)
        self._plot.getPlotItem().sigXRangeChanged.connect(self._ask_redraw)
        self._plot.scene().sigMouseMoved.connect(self._read_at)
        self._plot.viewport().installEventFilter(self)
        self._log.toggled.connect(self._set_logarithmic)
        self._log.setChecked(bool(logarithmic))
        self._dress()
        self._draw()

    def show_series(self, series: "list[Series]") -> None:
        """Show these curves and no others, at the next redraw."""
        if len(series) != len(self._series):
            self._averages.clear()
        self._series = tuple(series)
        self._ask_redraw()

    def set_axis(self, axis: str) -> None:
        """Name quantity and unit of the vertical axis."""
        self._plot.setLabel("left", axis)

    def set_chance(self, chance: tuple[float, str] | None) -> None:
        """Draw a line at a value with its name, or none."""
        self._has_chance = chance is not None
        if chance is not None:
            self._chance.setPos(chance[0])
            self._chance.label.setFormat(chance[1])

    def drawn(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The points of each strong line as the screen has them, in the order of the series."""
        return [strong.getOriginalDataset() for _, strong in self._lines[: len(self._series)]]

    # --- drawing ------------------------------------------------------------------------------

    def _ask_redraw(self, *_: object) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _draw(self) -> None:
        while len(self._lines) < len(self._series):
            pair = tuple(pg.PlotDataItem(connect="finite", antialias=True) for _ in range(2))
            for line in pair:
                self._plot.addItem(line)
            self._lines.append(pair)
        colours = theme.colours(self)
        for place, (faint, strong) in enumerate(self._lines):
            if place >= len(self._series):
                faint.setData([], [])
                strong.setData([], [])
                continue
            series = self._series[place]
            colour = QColor(colours.line(series.colour))
            style = Qt.PenStyle.DashLine if series.dashed else Qt.PenStyle.SolidLine
            strong.setPen(pg.mkPen(colour, width=2, style=style))
            colour.setAlphaF(0.28)
            faint.setPen(pg.mkPen(colour, width=1))
            strong.setSymbol("o" if len(series.steps) == 1 else None)
            strong.setSymbolBrush(pg.mkBrush(QColor(colours.line(series.colour))))
            strong.setSymbolSize(6)
            if series.smooth:
                faint.setData(*self._visible(series.steps, series.values))
                strong.setData(*self._visible(series.steps, self._average(place, series)))
            else:
                faint.setData([], [])
                strong.setData(*self._visible(series.steps, series.values))
        something = any(len(series.steps) for series in self._series)
        self._empty.setVisible(not something)
        self._chance.setVisible(something and self._has_chance)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setStyle(showValues=something)
        if not self._cursor.isVisible():
            self._legend()

    def _average(self, place: int, series: Series) -> np.ndarray:
        """The smooth values, computed once for each length of the curve."""
        key = _fingerprint(series)
        if place not in self._averages or self._averages[place][0] != key:
            self._averages[place] = (key, smoothed(series.values, SMOOTHING))
        return self._averages[place][1]

    def _visible(self, steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The points to draw: all of them while the plot follows the data, else those in view."""
        view = self._plot.getViewBox()
        if not view.autoRangeEnabled()[0]:
            low, high = view.viewRange()[0]
            start = max(int(np.searchsorted(steps, low)) - 1, 0)
            stop = int(np.searchsorted(steps, high, side="right")) + 1
            steps, values = steps[start:stop], values[start:stop]
        if self._log.isChecked():
            values = np.where(values > 0, values, np.nan)
        return thinned(steps, values, POINTS_DRAWN)

    def _set_logarithmic(self, logarithmic: bool) -> None:
        self._plot.setLogMode(y=logarithmic)
        self._draw()

    def _dress(self) -> None:
        super()._dress()
        colours = theme.colours(self)
        self._chance.setPen(pg.mkPen(colours.muted, style=Qt.PenStyle.DotLine))
        self._chance.label.setColor(colours.muted)
        self._cursor.setPen(pg.mkPen(colours.faint))

    # --- reading ------------------------------------------------------------------------------

    def _legend(self) -> None:
        colours = theme.colours(self)
        there = [series for series in self._series if len(series.steps)]
        texts = [_entry(colours, series, series.label) for series in there if not series.dashed]
        if self._dashed_means and any(series.dashed for series in there):
            texts.append(f"┅&nbsp;{self._dashed_means}")
        self._readout.show_entries(texts if len(texts) > 1 else [])

    def _read_at(self, position: QPointF) -> None:
        view = self._plot.getViewBox()
        if not any(len(series.steps) for series in self._series) or not view.sceneBoundingRect().contains(
            position
        ):
            self._leave()
            return
        step = view.mapSceneToView(position).x()
        nearest = [
            float(series.steps[_nearest(series.steps, step)]) for series in self._series if len(series.steps)
        ]
        step = min(nearest, key=lambda one: abs(one - step))
        self._cursor.setPos(step)
        self._cursor.show()
        colours, texts = theme.colours(self), [f"step {step:,.0f}"]
        for place, series in enumerate(self._series):
            if len(series.steps):
                here = _nearest(series.steps, step)
                text = f"{series.label} {series.values[here]:.4g}"
                if series.smooth:
                    text += f" (avg {self._average(place, series)[here]:.4g})"
                texts.append(_entry(colours, series, text))
        self._readout.show_readout(texts)

    def _leave(self) -> None:
        self._cursor.hide()
        self._readout.leave()

    # --- Qt -----------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._leave()
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self._plot.getViewBox().enableAutoRange()
            self._ask_redraw()
        return False


def _fingerprint(series: Series) -> int:
    return hash((len(series.values), series.label, float(series.values[-1]) if len(series.values) else 0.0))


def _nearest(steps: np.ndarray, step: float) -> int:
    place = int(np.searchsorted(steps, step))
    if place > 0 and (place == len(steps) or step - steps[place - 1] <= steps[place] - step):
        place -= 1
    return place


def _entry(colours: theme.Colours, series: Series, text: str) -> str:
    mark = "┅" if series.dashed else "━"
    return f'<span style="color:{colours.line(series.colour)}">{mark}</span>&nbsp;{escape(text)}'
