"""Average precision per class as bars, run beside run, with the paper's figures as quoted marks."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from core.datasets.voc import CLASSES
from core.evaluation.table1 import TableRow
from core.events import ClassAP
from core.percent import percent
from studio import theme
from studio.plots.bar_chart import whiskers
from studio.plots.class_plot import MEAN, ClassPlot
from studio.plots.figure import Table


@dataclass(frozen=True, eq=False)
class BarSeries:
    """The bars of one run.

    Attributes:
        label: what it is.
        class_aps: class → average precision so far.
        colour: a place for `Colours.line`.
        intervals: class, or `MEAN` → the ends of the interval of its AP, 0..1, where they are known.
        classes: those that are measured, in their order.
    """

    label: str
    class_aps: Mapping[str, ClassAP]
    colour: int = 0
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    classes: Sequence[str] = CLASSES

    @property
    def mean(self) -> float:
        """Mean AP over the classes with objects, 0..1; NaN before the first."""
        known = [one.ap for one in self.class_aps.values() if math.isfinite(one.ap)]
        return sum(known) / len(known) if known else math.nan


@dataclass(frozen=True, eq=False)
class Quoted:
    """Published figures.

    Attributes:
        label: which row they are.
        aps: class → AP in 0..1, `mean` among them.
        remark: what they were measured on, and why they may not be compared with the runs shown.
    """

    label: str
    aps: Mapping[str, float]
    remark: str = ""

    @classmethod
    def of(cls, row: TableRow, runs: Iterable[tuple[str, str]] = ()) -> "Quoted":
        """The figures of a row of Table 1.

        Args:
            row: of the paper.
            runs: those shown beside it, each with the reason why it may not be compared; empty if it may. One
                that is shown alone needs no name.
        """
        aps = {name: ap / 100 for name, ap in row.aps.items()} | {MEAN: row.mean_ap / 100}
        unlike = [(name, reason) for name, reason in runs if reason]
        remark = f", {row.conditions}"
        if unlike:
            name, reason = unlike[0]
            others = f", nor {len(unlike) - 1} more" if len(unlike) > 1 else ""
            remark += f"; not comparable with “{name}” ({reason})" if name else f"; not comparable: {reason}"
            remark += others
        return cls(row.name, aps, remark)


class ApBars(ClassPlot):
    """A group of bars for each class of the runs and one for their mean; in percent."""

    FIGURE = (1100, 420)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Average precision by class",
            "AP (%)",
            empty="The bars fill in class by class\nas a run is evaluated on VOC.",
            parent=parent,
        )
        self._series: tuple[BarSeries, ...] = ()
        self._quoted: Quoted | None = None
        self._bars: list[pg.BarGraphItem] = []
        self._absent: list[pg.TextItem] = []
        self._plot.setYRange(0, 100, padding=0.01)
        self._marks = pg.PlotDataItem(connect="pairs")
        self._marks.setZValue(10)
        self._plot.addItem(self._marks)
        self._whiskers = pg.PlotDataItem(connect="pairs")
        self._whiskers.setZValue(11)
        self._plot.addItem(self._whiskers)
        self._band = pg.LinearRegionItem(movable=False, pen=pg.mkPen(None))
        self._band.setZValue(-10)
        self._band.hide()
        self._screen_only.append(self._band)
        self._plot.addItem(self._band, ignoreBounds=True)
        self._class = ""
        self._take_groups()
        self._dress()
        self._draw()

    def add_tool(self, tool: QWidget) -> None:
        """Put something beside the title."""
        self._head.insertWidget(1, tool)

    def show_runs(self, series: Sequence[BarSeries], quoted: Quoted | None) -> None:
        """Show these runs side by side, and one published row as marks."""
        self._series, self._quoted = tuple(series), quoted
        self._take_groups()
        self._draw()

    def set_class(self, name: str) -> None:
        """Set a class apart from the others; none where the name is empty."""
        self._class = name
        there = name in self.groups and name != MEAN
        self._band.setVisible(there)
        if there:
            place = self.groups.index(name)
            self._band.setRegion((place - 0.5, place + 0.5))

    def heights(self, place: int) -> np.ndarray:
        """(G,) float, percent: the bars drawn for the run at a place, by group; 0 where there is none."""
        return np.asarray(self._bars[place].opts["height"])

    def marks(self) -> np.ndarray:
        """(G,) float, percent, by group: the quoted marks drawn; empty without any."""
        _, y = self._marks.getOriginalDataset()
        return np.zeros(0) if y is None else np.asarray(y)[::2]

    def intervals(self) -> dict[tuple[int, str], tuple[float, float]]:
        """Place of a run, class → the ends of its whisker, percent."""
        return {
            (place, group): (100 * one.intervals[group][0], 100 * one.intervals[group][1])
            for place, one in enumerate(self._series)
            for group in self.groups
            if group in one.intervals and math.isfinite(_ap(one, group))
        }

    # --- drawing ------------------------------------------------------------------------------

    def _take_groups(self) -> None:
        """A place for each class of the runs, VOC's without any."""
        classes = list(dict.fromkeys(name for one in self._series for name in one.classes)) or [*CLASSES]
        if self.groups == [*classes, MEAN]:
            return
        self._set_groups((*classes, MEAN))
        while len(self._absent) < len(self.groups):
            text = pg.TextItem("n/a", anchor=(0.5, 1), color=theme.colours(self).muted)
            text.setPos(len(self._absent), 0)
            text.setZValue(10)
            self._absent.append(text)
            self._plot.addItem(text, ignoreBounds=True)
        self._fit(self.width())
        self.set_class(self._class)

    def _draw(self) -> None:
        self._draw_bars()
        self._draw_marks()
        for place, text in enumerate(self._absent):
            groups = self.groups[place : place + 1]
            text.setVisible(any(_is_absent(one, group) for one in self._series for group in groups))
        tops = [self.heights(place).max() for place in range(len(self._series))]
        tops += [high for _, high in self.intervals().values() if math.isfinite(high)]
        if self._quoted is not None:
            tops.append(100 * max(self._quoted.aps.values()))
        top = 10 * math.ceil((max(tops, default=90) + 2) / 10)
        self._plot.setYRange(0, min(top, 100), padding=0.01)
        self._empty.setVisible(self._quoted is None and not any(one.class_aps for one in self._series))
        self._readout.show_entries(self._legend_entries())

    def _draw_bars(self) -> None:
        colours, places = theme.colours(self), np.arange(len(self.groups))
        width = 0.8 / max(len(self._series), 1)
        while len(self._bars) < len(self._series):
            self._bars.append(pg.BarGraphItem(x=places, height=np.zeros(len(places)), width=width))
            self._plot.addItem(self._bars[-1])
        for bars in self._bars[len(self._series) :]:
            bars.setVisible(False)
        for place, one in enumerate(self._series):
            heights = np.nan_to_num([100 * _ap(one, group) for group in self.groups])
            left = (place - (len(self._series) - 1) / 2) * width
            brush = pg.mkBrush(QColor(colours.line(one.colour)))
            bars = self._bars[place]
            bars.setOpts(x=places + left, height=heights, width=0.92 * width, brush=brush, pen=None)
            bars.setVisible(True)
        drawn = self.intervals()
        middle = (len(self._series) - 1) / 2
        at = np.array([self.groups.index(group) + (place - middle) * width for place, group in drawn])
        self._whiskers.setData(*whiskers(at, [*drawn.values()], min(0.1, 0.16 * width)))

    def _draw_marks(self) -> None:
        if self._quoted is None:
            self._marks.setData([], [])
            return
        places = np.arange(len(self.groups))
        y = np.repeat([100 * self._quoted.aps.get(group, math.nan) for group in self.groups], 2)
        self._marks.setData(np.stack([places - 0.44, places + 0.44], axis=1).ravel(), y)

    def _dress(self) -> None:
        super()._dress()
        colours = theme.colours(self)
        self._marks.setPen(pg.mkPen(colours.text, width=self._wide(2)))
        self._whiskers.setPen(pg.mkPen(colours.text, width=self._wide(1.5)))
        self._whiskers.setShadowPen(pg.mkPen(colours.base, width=self._wide(3)))
        band = QColor(colours.mark)
        band.setAlphaF(0.14)
        self._band.setBrush(pg.mkBrush(band))
        for text in self._absent:
            text.setColor(colours.muted)

    # --- reading ------------------------------------------------------------------------------

    def _legend_entries(self) -> list[str]:
        texts = [self._named("■", one.colour, one.label) for one in self._series]
        if self._quoted is not None:
            words = f"{self._quoted.label}, quoted: Table 1 of the paper{self._quoted.remark}"
            texts.append(f"<b>—</b>&nbsp;{escape(words)}")
        if any(one.intervals for one in self._series):
            texts.append("I&nbsp;95 % interval, pictures drawn anew")
        return texts

    def _table(self) -> Table:
        rows: list[tuple[str, str, float, int | str, float, float]] = []
        ends = self.intervals()
        for place, one in enumerate(self._series):
            for group in self.groups:
                found = one.class_aps.get(group)
                objects = found.objects if found is not None else ""
                interval = ends.get((place, group), (math.nan, math.nan))
                rows.append((one.label, group, 100 * _ap(one, group), objects, *interval))
        if self._quoted is not None:
            label = f"{self._quoted.label} (quoted)"
            none = (math.nan, math.nan)
            rows += [(label, group, 100 * ap, "", *none) for group, ap in self._quoted.aps.items()]
        return Table(("series", "class", "AP (%)", "objects", "95 % from (%)", "95 % to (%)"), rows)

    def _readings(self, group: str) -> list[str]:
        texts = [f"{self._named('■', one.colour, one.label)}: {_reading(one, group)}" for one in self._series]
        if self._quoted is not None and group in self._quoted.aps:
            texts.append(f"{escape(self._quoted.label)} (quoted): {percent(self._quoted.aps[group], 1)}")
        return texts

    def _fit(self, width: float) -> None:
        tiers = self._tiers(width)
        self._name_groups(tiers)
        for text in self._absent:
            text.setAngle(0 if tiers == 1 else 90)
            text.setAnchor((0.5, 1) if tiers == 1 else (0, 0.5))


def _ap(series: BarSeries, group: str) -> float:
    if group == MEAN:
        return series.mean
    found = series.class_aps.get(group)
    return found.ap if found is not None else math.nan


def _reading(series: BarSeries, group: str) -> str:
    """What is known of a run's group, in words."""
    found, ap = series.class_aps.get(group), _ap(series, group)
    objects = f" of {found.objects:,} objects" if found is not None else ""
    if group in series.intervals:
        low, high = series.intervals[group]
        objects = f" [{100 * low:.1f}, {100 * high:.1f}]{objects}"
    if _is_absent(series, group):
        return f"no objects{objects}"
    return f"not yet{objects}" if math.isnan(ap) else f"{percent(ap, 1)}{objects}"


def _is_absent(series: BarSeries, group: str) -> bool:
    found = series.class_aps.get(group)
    return found is not None and found.objects == 0
