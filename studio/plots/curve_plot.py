"""Curves over training steps: raw values as points, a smooth line through them, several runs in one plot."""

from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from studio import theme
from studio.plots.figure import Table
from studio.plots.legend import Legend
from studio.plots.plot_panel import PlotPanel
from studio.plots.smoothing import SMOOTHINGS, USUAL, smoothed
from studio.plots.smoothing_button import SmoothingButton
from studio.plots.thinning import thinned

POINTS_DRAWN = 2000
"""Points of one line on the screen at most."""

DOTS_DRAWN = 400
"""Raw values that are drawn as dots at most; more become a thin line."""

DOTS, DENSE = 0.8, 0.72
"""How much of their colour raw values have, 0..1: as dots, and as a thin line."""

REDRAW_PERIOD = 100
"""Milliseconds between redraws at least."""


@dataclass(frozen=True, eq=False)
class Series:
    """One curve to draw.

    Attributes:
        label: what it is, for legend and readout.
        steps, values: (N,) float64 each; NaN where there is no value.
        colour: a place for `Colours.line`.
        dashed: whether it is drawn dashed, to tell two curves of one run apart.
        smooth: whether a smooth line may be drawn through it; else its values alone, strong.
    """

    label: str
    steps: np.ndarray
    values: np.ndarray
    colour: int = 0
    dashed: bool = False
    smooth: bool = True


class CurvePlot(PlotPanel):
    """A plot of one quantity over training steps; `show_series` gives it what to show.

    Signals:
        smoothing_chosen(str): a person chose one of `SMOOTHINGS`.
        step_clicked(int): a person clicked at a step that a curve has.
        step_hovered(object): the mouse is at such a step (int), or no longer at any (None).
    """

    smoothing_chosen = Signal(str)
    step_clicked = Signal(int)
    step_hovered = Signal(object)

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
        self._lines: list[tuple[pg.PlotDataItem, pg.PlotDataItem]] = []
        self._smooth_values: dict[int, tuple[int, np.ndarray]] = {}
        self._dashed_means = dashed_means
        self._smoothing, self._spans = USUAL, span is not None
        self._readout, self._notes = Legend(), QLabel(wordWrap=True)
        self._notes.setProperty("quiet", True)
        self._notes.hide()
        self._log = QToolButton()
        self._log.setText("log")
        self._log.setCheckable(True)
        self._log.setToolTip("Logarithmic vertical axis")
        self._smoothing_button = SmoothingButton()
        for place, tool in enumerate((self._smoothing_button, self._log), start=1):
            self._head.insertWidget(place, tool)
        self._log.setVisible(logarithmic is not None)
        self._column.insertWidget(1, self._readout)
        self._column.addWidget(self._notes)
        if span is not None:
            self._plot.setYRange(*span, padding=0.02)
        self._chance = pg.InfiniteLine(
            angle=0, label="", labelOpts={"position": 0.985, "anchors": [(1, 0), (1, 1)]}
        )
        self.set_chance(chance)
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.hide()
        self._chosen = pg.InfiniteLine(angle=90)
        self._chosen.hide()
        self._screen_only += [self._cursor, self._chosen]
        for line in (self._chance, self._cursor, self._chosen):
            self._plot.addItem(line, ignoreBounds=True)
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_PERIOD)
        self._redraw.timeout.connect(self._draw)
        self._plot.getPlotItem().sigXRangeChanged.connect(self._ask_redraw)
        self._plot.scene().sigMouseMoved.connect(self._read_at)
        self._plot.scene().sigMouseClicked.connect(self._tell_click)
        self._plot.viewport().installEventFilter(self)
        self._smoothing_button.chosen.connect(self.set_smoothing)
        self._smoothing_button.chosen.connect(self.smoothing_chosen)
        self._log.toggled.connect(self._set_logarithmic)
        self._log.setChecked(bool(logarithmic))
        self._dress()
        self._draw()

    def show_series(self, series: "list[Series]") -> None:
        """Show these curves and no others, at the next redraw."""
        if len(series) != len(self._series):
            self._smooth_values.clear()
        self._series = tuple(series)
        self._ask_redraw()

    def set_axis(self, axis: str) -> None:
        """Name quantity and unit of the vertical axis."""
        self._axes["left"] = axis
        self._plot.setLabel("left", axis)

    def set_chance(self, chance: tuple[float, str] | None) -> None:
        """Draw a line at a value with its name, or none."""
        self._has_chance = chance is not None
        if chance is not None:
            self._chance.setPos(chance[0])
            self._chance.label.setFormat(chance[1])

    def set_smoothing(self, name: str) -> None:
        """Smooth the curves as one of `SMOOTHINGS` says."""
        self._smoothing = name
        self._smoothing_button.show_choice(name)
        self._draw()

    def set_notes(self, text: str) -> None:
        """Say something below the plot, such as why a curve is not shown; nothing where it is empty."""
        self._notes.setText(text)
        self._notes.setVisible(bool(text))

    def set_cursor(self, step: int | None) -> None:
        """Mark a step with a line that stays; None to take it away."""
        self._chosen.setVisible(step is not None)
        if step is not None:
            self._chosen.setPos(step)

    def drawn(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The points of each strong line as the screen has them, in the order of the series."""
        return [strong.getOriginalDataset() for _, strong in self._lines[: len(self._series)]]

    # --- drawing ------------------------------------------------------------------------------

    def _ask_redraw(self, *_: object) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _draw(self) -> None:
        while len(self._lines) < len(self._series):
            raw, strong = (pg.PlotDataItem(connect="finite", antialias=True) for _ in range(2))
            for line in (raw, strong):
                self._plot.addItem(line)
            self._lines.append((raw, strong))
        for place, lines in enumerate(self._lines):
            if place < len(self._series):
                self._draw_series(place, *lines)
            else:
                for line in lines:
                    line.setData([], [])
        something = any(len(series.steps) for series in self._series)
        self._empty.setVisible(not something)
        self._chance.setVisible(something and self._has_chance)
        for side in ("left", "bottom"):
            self._plot.getAxis(side).setStyle(showValues=something)
        self._plot.getPlotItem().layout.activate()  # not a paint later: numbers need room
        self._keep_axes_sane()
        if not self._cursor.isVisible():
            self._readout.show_entries(self._legend_entries())

    def _draw_series(self, place: int, raw: pg.PlotDataItem, strong: pg.PlotDataItem) -> None:
        series = self._series[place]
        colours = theme.colours(self)
        colour, base = QColor(colours.line(series.colour)), QColor(colours.base)
        style = Qt.PenStyle.DashLine if series.dashed else Qt.PenStyle.SolidLine
        strong.setPen(pg.mkPen(colour, width=self._wide(2), style=style))
        strong.setSymbol("o" if len(series.steps) == 1 else None)
        strong.setSymbolBrush(pg.mkBrush(colour))
        strong.setSymbolPen(None)
        strong.setSymbolSize(6)
        steps, values = self._visible(series.steps, series.values)
        dots = len(steps) <= DOTS_DRAWN
        strong.setShadowPen(None if dots else pg.mkPen(base, width=self._wide(5)))
        if not self._deviation(series):
            strong.setShadowPen(None)
            raw.setData([], [])
            strong.setData(steps, values)
            return
        pale = mixed(colour, base, DOTS if dots else DENSE)
        raw.setPen(None if dots else pg.mkPen(pale, width=self._wide(1)))
        raw.curve.setSegmentedLineMode("off" if dots else "on")  # a long path takes a painter seconds
        raw.setSymbol("o" if dots else None)
        raw.setSymbolBrush(pg.mkBrush(pale))
        raw.setSymbolPen(None)
        raw.setSymbolSize(4)
        raw.setData(steps, values)
        strong.setData(*self._visible(series.steps, self._smooth(place, series)))

    def _keep_axes_sane(self) -> None:
        """A single value, or a single step, gets an axis around it, with round numbers."""
        shown = [one for one in self._series if len(one.steps)]
        steps = np.concatenate([one.steps for one in shown]) if shown else np.zeros(0)
        values = np.concatenate([one.values for one in shown]) if shown else np.zeros(0)
        values = values[np.isfinite(values)]
        across = high = None
        if len(steps) and np.ptp(steps) == 0:
            across = max(10.0, 0.2 * abs(float(steps[0])))
        if len(values) and np.ptp(values) <= 1e-6 * abs(values[0]) and not self._spans:
            high = 0.5 if self._log.isChecked() else 0.2 * abs(float(values[0])) or 1.0
        self._plot.setLimits(minXRange=across, maxXRange=across, minYRange=high, maxYRange=high)

    def _deviation(self, series: Series) -> float:
        """How far the smoothing of a series reaches, in values of it; 0 where it is not smoothed."""
        if not series.smooth or len(series.steps) < 3:
            return 0.0
        between = float(np.median(np.diff(series.steps)))
        return self._reach() / between if between > 0 else 0.0

    def _reach(self) -> float:
        """Standard deviation of the smoothing in training steps, the same for all curves shown."""
        spans = [float(one.steps[-1] - one.steps[0]) for one in self._series if len(one.steps)]
        return SMOOTHINGS[self._smoothing] * max(spans, default=0.0)

    def _smooth(self, place: int, series: Series) -> np.ndarray:
        """The smooth values, computed once for each length of the curve."""
        deviation = self._deviation(series)
        key = hash((_fingerprint(series), deviation))
        if place not in self._smooth_values or self._smooth_values[place][0] != key:
            self._smooth_values[place] = (key, smoothed(series.values, deviation))
        return self._smooth_values[place][1]

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
        self._chosen.setPen(pg.mkPen(colours.mark, style=Qt.PenStyle.DashLine))

    # --- reading ------------------------------------------------------------------------------

    def _legend_entries(self) -> list[str]:
        colours = theme.colours(self)
        there = [series for series in self._series if len(series.steps)]
        texts = [_entry(colours, series, escape(series.label)) for series in there if not series.dashed]
        if self._dashed_means and any(series.dashed for series in there):
            texts.append(f"┅&nbsp;{self._dashed_means}")
        entries = texts if len(texts) > 1 else []
        if self.property(theme.PRINTING) and any(self._deviation(series) for series in there):
            entries.append(f"pale: as reported; strong: smoothed (Gaussian, σ = {self._reach():.3g} steps)")
        return entries

    def _table(self) -> Table:
        """Every value, also those out of view, and the smooth ones beside them."""
        rows = []
        for place, series in enumerate(self._series):
            smooth = (
                self._smooth(place, series) if self._deviation(series) else np.full(len(series.steps), np.nan)
            )
            columns = (series.steps.astype(int), series.values, smooth)
            rows += [(series.label, *row) for row in zip(*columns, strict=True)]
        return Table(("series", "training step", self._axes["left"], "smoothed"), rows)

    def _step_at(self, position: QPointF) -> float | None:
        """The step of a curve nearest to a place of the scene; None beside the curves."""
        view = self._plot.getViewBox()
        there = [series for series in self._series if len(series.steps)]
        if not there or not view.sceneBoundingRect().contains(position):
            return None
        step = view.mapSceneToView(position).x()
        nearest = [float(series.steps[_nearest(series.steps, step)]) for series in there]
        return min(nearest, key=lambda one: abs(one - step))

    def _tell_click(self, event: MouseClickEvent) -> None:
        step = self._step_at(event.scenePos())
        if step is not None and event.button() == Qt.MouseButton.LeftButton and not event.double():
            self.step_clicked.emit(round(step))

    def _read_at(self, position: QPointF) -> None:
        step = self._step_at(position)
        if step is None:
            self._leave()
            return
        self._cursor.setPos(step)
        self._cursor.show()
        self.step_hovered.emit(round(step))
        colours, texts = theme.colours(self), [f"step {step:,.0f}"]
        for place, series in enumerate(self._series):
            if len(series.steps):
                here = _nearest(series.steps, step)
                text = f"{series.label} {series.values[here]:.4g}"
                if self._deviation(series):
                    text += f" (smooth {self._smooth(place, series)[here]:.4g})"
                texts.append(_entry(colours, series, escape(text)))
        self._readout.show_readout(texts)

    def _leave(self) -> None:
        if self._cursor.isVisible():
            self._cursor.hide()
            self.step_hovered.emit(None)
        self._readout.leave()

    # --- Qt -----------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._leave()
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self._plot.getViewBox().enableAutoRange()
            self._ask_redraw()
        return False


def mixed(colour: QColor, base: QColor, share: float) -> QColor:
    """A colour paled by the one behind it; opaque, so that what overlaps does not darken."""
    red, green, blue = (
        round(share * one + (1 - share) * other)
        for one, other in (
            (colour.red(), base.red()),
            (colour.green(), base.green()),
            (colour.blue(), base.blue()),
        )
    )
    return QColor(red, green, blue)


def _fingerprint(series: Series) -> int:
    return hash((len(series.values), series.label, float(series.values[-1]) if len(series.values) else 0.0))


def _nearest(steps: np.ndarray, step: float) -> int:
    place = int(np.searchsorted(steps, step))
    if place > 0 and (place == len(steps) or step - steps[place - 1] <= steps[place] - step):
        place -= 1
    return place


def _entry(colours: theme.Colours, series: Series, text: str) -> str:
    mark = "┅" if series.dashed else "━"
    return f'<span style="color:{colours.line(series.colour)}">{mark}</span>&nbsp;{text}'
