"""What probes measured as points with their intervals, start beside start, layer by layer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF
from PySide6.QtWidgets import QWidget

from core.evaluation.probe_table import Measure, ProbeColumn, cell, measures_of
from studio import theme
from studio.plots.figure import Table
from studio.plots.legend import Legend
from studio.plots.plot_panel import PlotPanel

SPREAD = 0.6
"""The share of a measure's width that its points take side by side."""

GAP = 0.7
"""Between two layers, in widths of a measure."""


@dataclass(frozen=True, eq=False)
class ProbeSeries:
    """The points of one column of the table.

    Attributes:
        label: what it is.
        column: what it measured.
        colour: a place for `Colours.line`.
    """

    label: str
    column: ProbeColumn
    colour: int = 0


class ProbePlot(PlotPanel):
    """A group of points for each measure, in percent; guessing is a dotted line."""

    FIGURE = (900, 420)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Accuracy of probes",
            "Accuracy, mean over classes (%)",
            "Classifier, training images of a class, layer",
            "Points appear here, classifier by classifier,\nas a probe measures them.",
            parent,
        )
        self._series: tuple[ProbeSeries, ...] = ()
        self._measures: list[Measure] = []
        self._readout = Legend()
        self._column.insertWidget(1, self._readout)
        self._plot.setMouseEnabled(x=False, y=False)
        self._points: list[pg.ScatterPlotItem] = []
        self._bars: list[pg.ErrorBarItem] = []
        self._chance = pg.InfiniteLine(angle=0)
        self._chance.hide()
        self._plot.addItem(self._chance, ignoreBounds=True)
        axis = self._plot.getAxis("bottom")
        axis.setStyle(tickLength=0)
        axis.setHeight(10 + 4 * self.fontMetrics().height())
        self._plot.scene().sigMouseMoved.connect(self._read_at)
        self._plot.viewport().installEventFilter(self)
        self._dress()
        self._draw()

    def show_columns(self, series: Sequence[ProbeSeries]) -> None:
        """Show these side by side."""
        self._series = tuple(series)
        self._measures = measures_of([one.column for one in series])
        self._draw()

    def drawn(self, place: int) -> np.ndarray:
        """(N, 3) float, percent: mean, lower and upper end of each interval of the series at a place."""
        bars = self._bars[place].opts
        mean = np.asarray(bars["y"])
        return np.stack([mean, mean - bars["bottom"], mean + bars["top"]], axis=1)

    # --- drawing ------------------------------------------------------------------------------

    def _places(self) -> np.ndarray:
        """(N,) where each measure stands: one apart, and a gap between layers."""
        layers = [measure.layer for measure in self._measures]
        gaps = [GAP * (place > 0 and layer != layers[place - 1]) for place, layer in enumerate(layers)]
        return np.arange(len(layers)) + np.cumsum(gaps)

    def _draw(self) -> None:
        colours, places = theme.colours(self), self._places()
        while len(self._points) < len(self._series):
            self._bars.append(pg.ErrorBarItem(x=np.zeros(0), y=np.zeros(0), beam=0.08))
            self._points.append(pg.ScatterPlotItem(size=8))
            self._plot.addItem(self._bars[-1])
            self._plot.addItem(self._points[-1])
        highest = 0.0
        for place, (points, bars) in enumerate(zip(self._points, self._bars, strict=True)):
            shown = place < len(self._series)
            points.setVisible(shown)
            bars.setVisible(shown)
            if not shown:
                continue
            one = self._series[place]
            intervals = [one.column.interval(measure) for measure in self._measures]
            kept = [(x, each) for x, each in zip(places, intervals, strict=True) if each is not None]
            offset = SPREAD * ((place + 0.5) / len(self._series) - 0.5)
            x = np.array([x + offset for x, _ in kept])
            y = np.array([100 * interval.mean for _, interval in kept])
            half = np.nan_to_num([100 * interval.half for _, interval in kept])
            colour = colours.line(one.colour)
            bars.setData(x=x, y=y, top=half, bottom=half, pen=pg.mkPen(colour, width=1.5))
            points.setData(x=x, y=y, brush=pg.mkBrush(colour), pen=None)
            highest = max(highest, *(y + half), 0.0) if len(y) else highest
        self._show_axes(places, highest)
        self._empty.setVisible(not self._measures)
        self._readout.show_entries(self._legend_entries())

    def _show_axes(self, places: np.ndarray, highest: float) -> None:
        chances = {one.column.chance for one in self._series if not math.isnan(one.column.chance)}
        self._chance.setVisible(len(chances) == 1)
        if len(chances) == 1:
            self._chance.setValue(100 * next(iter(chances)))
        if len(places):
            self._plot.setXRange(places[0] - 0.6, places[-1] + 0.6, padding=0)
        top = 10 * math.ceil((highest + 2) / 10) if highest else 100
        self._plot.setYRange(0, min(top, 100), padding=0.01)
        layers = [measure.layer for measure in self._measures]
        middles = {layer: layers.index(layer) + (layers.count(layer) - 1) // 2 for layer in layers}
        ticks = []
        for place, (x, measure) in enumerate(zip(places, self._measures, strict=True)):
            name = "k-NN" if measure.classifier == "knn" else measure.classifier
            layer = measure.layer if middles[measure.layer] == place else " "
            ticks.append((x, f"{name}\n{measure.per_class}\n{layer}"))
        self._plot.getAxis("bottom").setTicks([ticks])

    def _dress(self) -> None:
        super()._dress()
        self._chance.setPen(pg.mkPen(theme.colours(self).muted, style=pg.QtCore.Qt.PenStyle.DotLine))

    # --- reading ------------------------------------------------------------------------------

    def _legend_entries(self) -> list[str]:
        entries = [f"{self._swatch(one)}{escape(one.label)}" for one in self._series]
        return [*entries, "<b>·····</b>&nbsp;guessing"] if entries and self._chance.isVisible() else entries

    def _swatch(self, series: ProbeSeries) -> str:
        return f'<span style="color:{theme.colours(self).line(series.colour)}">●</span>&nbsp;'

    def _table(self) -> Table:
        rows: list[tuple[str, str, str, int, float, float, int]] = []
        for one in self._series:
            for measure in self._measures:
                interval = one.column.interval(measure)
                if interval is not None:
                    numbers = (100 * interval.mean, 100 * interval.half, interval.count)
                    rows.append((one.label, *measure, *numbers))
        heads = (
            "series",
            "layer",
            "classifier",
            "images a class",
            "accuracy (%)",
            "± 95 % (%)",
            "count",
        )
        return Table(heads, rows)

    def _read_at(self, position: QPointF) -> None:
        view, places = self._plot.getViewBox(), self._places()
        if not len(places) or not view.sceneBoundingRect().contains(position):
            self._readout.leave()
            return
        measure = self._measures[int(np.abs(places - view.mapSceneToView(position).x()).argmin())]
        texts = [f"<b>{escape(f'{measure.layer} {measure.words}')}</b>"]
        texts += [
            f"{self._swatch(one)}{escape(one.label)}: {cell(one.column.interval(measure))}"
            for one in self._series
        ]
        self._readout.show_readout(texts)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._readout.leave()
        return False
