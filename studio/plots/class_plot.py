"""A plot with a place for each class: the mouse over it reads the class, a click chooses it."""

import math
from collections.abc import Sequence
from html import escape

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from core.datasets.voc import CLASSES
from core.evaluation.table1 import HEADS
from studio import theme
from studio.plots.legend import Legend
from studio.plots.plot_panel import PlotPanel

MEAN = "mean"
MOST_TIERS = 3
"""Lines that the names of neighbours stand in at most."""

HEAD_WIDTH, HEAD_GAP = 52, 8
"""Pixels that a name has at least, and between two."""

LONGEST_HEAD = 16
"""Letters of a name below the plot; the mouse over it reads all of it."""

HEAD_OF = {**dict(zip(CLASSES, HEADS, strict=True)), MEAN: "mean"}


class ClassPlot(PlotPanel):
    """Classes from left to right, their mean set off at the end; a class of it draws above each.

    Attributes:
        groups: the classes, and `MEAN`.

    Signals:
        class_clicked(str): a person clicked a class.
    """

    class_clicked = Signal(str)

    def __init__(self, name: str, left: str, empty: str = "", parent: QWidget | None = None) -> None:
        super().__init__(name, left, empty=empty, parent=parent)
        self.groups: list[str] = []
        self._readout = Legend()
        self._column.insertWidget(1, self._readout)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.getAxis("bottom").setStyle(tickLength=0)
        self._divider = pg.InfiniteLine(angle=90)
        self._plot.addItem(self._divider, ignoreBounds=True)
        self._plot.scene().sigMouseMoved.connect(self._read_at)
        self._plot.viewport().installEventFilter(self)

    def _set_groups(self, groups: Sequence[str]) -> None:
        self.groups = list(groups)
        self._plot.setXRange(-0.6, max(len(groups), 1) - 0.4, padding=0)
        self._divider.setPos(len(groups) - 1.5)
        self._divider.setVisible(MEAN in groups and len(groups) > 1)

    def _name_groups(self, tiers: int) -> None:
        """Write the names below; neighbours stand in so many lines."""
        axis = self._plot.getAxis("bottom")
        heads = [self._short_name(group) for group in self.groups]
        room = self.width() * MOST_TIERS / max(len(heads), 1)
        each = max(1, math.ceil(self._longest_head() / max(room, 1)))  # of very many, some are named
        named = range(0, len(heads), each)
        ticks = [(place, "\n" * (count % tiers) + heads[place]) for count, place in enumerate(named)]
        axis.setTicks([ticks])
        axis.setHeight(10 + tiers * self.fontMetrics().height())

    def _tiers(self, width: float) -> int:
        """In how many lines the names fit into a width, in pixels."""
        return max(1, min(math.ceil(self._longest_head() * len(self.groups) / max(width, 1)), MOST_TIERS))

    def _longest_head(self) -> int:
        heads = (self.fontMetrics().horizontalAdvance(self._short_name(group)) for group in self.groups)
        return max(HEAD_WIDTH, max(heads, default=0) + HEAD_GAP)

    def _short_name(self, group: str) -> str:
        head = HEAD_OF.get(group, group)
        return head if len(head) <= LONGEST_HEAD else f"{head[: LONGEST_HEAD - 1]}…"

    def _dress(self) -> None:
        super()._dress()
        self._divider.setPen(pg.mkPen(theme.colours(self).border))

    # --- reading ------------------------------------------------------------------------------

    def _readings(self, group: str) -> list[str]:
        """Rich texts about a class, one a series."""
        raise NotImplementedError

    def _named(self, sign: str, colour: int, label: str) -> str:
        """The rich text that names a series: a sign in its colour, and its label."""
        return f'<span style="color:{theme.colours(self).line(colour)}">{sign}</span>&nbsp;{escape(label)}'

    def _group_at(self, position: QPointF) -> str | None:
        view = self._plot.getViewBox()
        if not view.sceneBoundingRect().contains(position):
            return None
        place = round(view.mapSceneToView(position).x())
        return self.groups[place] if 0 <= place < len(self.groups) else None

    def _read_at(self, position: QPointF) -> None:
        group = self._group_at(position)
        if group is None:
            self._readout.leave()
        else:
            self._readout.show_readout([f"<b>{escape(group)}</b>", *self._readings(group)])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._readout.leave()
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            group = self._group_at(self._plot.mapToScene(event.position().toPoint()))
            if group not in (None, MEAN) and event.button() == Qt.MouseButton.LeftButton:
                self.class_clicked.emit(group)
        return False
