"""The values of all that was found, with the threshold as a line to drag."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.watch.histogram import Histogram, counted

BINS = 40


class ThresholdPlot(Histogram):
    """A histogram; what lies on the side of the queue is tinted.

    Signals:
        dragged(float): the threshold is here now.
    """

    dragged = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("How the values lie", "", "Items", "", parent)
        self.line = pg.InfiniteLine(angle=90, movable=True)
        self.line.setCursor(Qt.CursorShape.SizeHorCursor)
        self.line.sigPositionChanged.connect(self._tell)
        self._side = pg.LinearRegionItem(movable=False, pen=pg.mkPen(None))
        self._side.setZValue(-10)
        self._plot.addItem(self._side, ignoreBounds=True)
        self._plot.addItem(self.line, ignoreBounds=True)
        self._setting, self._from_high, self._ends = False, True, (0.0, 1.0)
        self.setMinimumHeight(120)
        self._dress_line()

    def sizeHint(self) -> QSize:
        """Low: the list below needs the room."""
        return QSize(300, 150)

    def show_values(self, values: np.ndarray, quantity: str, from_high: bool) -> None:
        """Show these values."""
        self._from_high = from_high
        self.set_axis(quantity)
        self.show_counts([counted(values, BINS)] if len(values) else [])
        self._set_bounds(values)

    def set_threshold(self, threshold: float | None) -> None:
        """Put the line where the threshold is."""
        self._setting = True
        for one in (self.line, self._side):
            one.setVisible(threshold is not None)
        if threshold is not None:
            self.line.setValue(threshold)
            self._tint()
        self._setting = False

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "line"):
            self._dress_line()

    def _set_bounds(self, values: np.ndarray) -> None:
        self._setting = True
        self._ends = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        self.line.setBounds(self._ends if len(values) else (None, None))
        self._setting = False

    def _tell(self) -> None:
        if not self._setting:
            self._tint()
            self.dragged.emit(float(self.line.value()))

    def _tint(self) -> None:
        at, (low, high) = float(self.line.value()), self._ends
        self._side.setRegion((at, high) if self._from_high else (low, at))

    def _dress_line(self) -> None:
        colours = theme.colours(self)
        self.line.setPen(pg.mkPen(colours.warning, width=2))
        self.line.setHoverPen(pg.mkPen(colours.mark, width=4))
        tint = pg.mkColor(colours.warning)
        tint.setAlphaF(0.12)
        self._side.setBrush(pg.mkBrush(tint))
