"""How sure a track is over time: error of a point, confidence of an object."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from studio import theme
from studio.plots.plot_panel import PlotPanel

HEIGHT = 150
"""Pixels of the plot."""


class TrackPlot(PlotPanel):
    """A line over frames with a cursor at the frame that is shown; a click goes to a frame.

    Signals:
        frame_chosen(int): the plot was clicked there.
    """

    frame_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Error or confidence over time", bottom="Frame", parent=parent)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._plot.setMouseEnabled(False, False)
        self._plot.setFixedHeight(HEIGHT)
        self._curve = self._plot.plot(connect="finite")
        self._keys = pg.ScatterPlotItem(size=7, symbol="d", pen=None)
        self._cursor = pg.InfiniteLine(angle=90)
        self._plot.addItem(self._keys)
        self._plot.addItem(self._cursor, ignoreBounds=True)
        self._plot.scene().sigMouseClicked.connect(self._click)
        self._dress()

    def show_values(self, axis: str, frames: np.ndarray, values: np.ndarray, keyframes: np.ndarray) -> None:
        """Show another track.

        Args:
            axis: quantity and unit.
            frames: (K,) int.
            values: (K,) float; NaN leaves a gap.
            keyframes: (K,) bool, which are marked.
        """
        self._plot.setLabel("left", axis)
        self._curve.setData(frames, values)
        marked = keyframes & np.isfinite(values)
        self._keys.setData(frames[marked], values[marked])
        top = float(np.nanmax(values, initial=0))
        self._plot.setYRange(0, top if top > 0 else 1, padding=0.05)
        if len(frames):
            self._plot.setXRange(int(frames[0]), max(int(frames[-1]), int(frames[0]) + 1), padding=0.02)

    def set_frame(self, frame: int) -> None:
        """Move the cursor."""
        self._cursor.setValue(frame)

    def _dress(self) -> None:
        super()._dress()
        c = theme.colours(self)
        self._plot.setBackground(c.window)
        self._curve.setPen(pg.mkPen(c.series[0], width=1.5))
        self._keys.setBrush(QColor(c.series[1]))
        self._cursor.setPen(pg.mkPen(c.mark, width=1))

    def _click(self, event: object) -> None:
        place = self._plot.getPlotItem().vb.mapSceneToView(event.scenePos())  # type: ignore[attr-defined]
        self.frame_chosen.emit(round(place.x()))
