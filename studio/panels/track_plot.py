"""How sure a track is over time: error of a point, confidence of an object."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from studio import theme
from studio.plots.figure import Table
from studio.plots.plot_panel import PlotPanel

HEIGHT = 150
"""Pixels of the plot."""


class TrackPlot(PlotPanel):
    """A line over frames with a cursor at the frame that is shown; a click goes to a frame.

    Signals:
        frame_chosen(int): the plot was clicked there.
    """

    frame_chosen = Signal(int)
    FIGURE = (640, 260)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Error or confidence over time", bottom="Frame", parent=parent)
        self._heading.clear()  # it says which of the two with the first track
        self._rows: tuple[np.ndarray, ...] = ()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._plot.setMouseEnabled(False, False)
        self._plot.setFixedHeight(HEIGHT)
        self._curve = self._plot.plot(connect="finite")
        self._keys = pg.ScatterPlotItem(size=7, symbol="d", pen=None)
        self._doubtful = pg.ScatterPlotItem(size=6, symbol="s", pen=None)
        self._audits = pg.ScatterPlotItem(size=9, symbol="t", brush=None)
        self._cursor = pg.InfiniteLine(angle=90)
        for marks in (self._doubtful, self._keys, self._audits):
            self._plot.addItem(marks)
        self._plot.addItem(self._cursor, ignoreBounds=True)
        self._screen_only.append(self._cursor)
        self._plot.scene().sigMouseClicked.connect(self._click)
        self._legend = QLabel(wordWrap=True)
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._legend.setToolTip(
            "Audit: overlap of a keyframe with what is filled in its place when it is hidden.\n"
            "To check: ways of filling disagree in that frame."
        )
        self._column.addWidget(self._legend)
        self._dress()

    def show_values(self, axis: str, frames: np.ndarray, values: np.ndarray, keyframes: np.ndarray) -> None:
        """Show another track.

        Args:
            axis: quantity and unit.
            frames: (K,) int.
            values: (K,) float; NaN leaves a gap.
            keyframes: (K,) bool, which are marked.
        """
        self._axes["left"] = axis
        self._plot.setLabel("left", axis)
        self._heading.setText(f"{axis.partition(' (')[0]} over time")
        self._curve.setData(frames, values)
        self._mark(self._keys, frames, values, keyframes & np.isfinite(values))
        self._rows = (frames, values, keyframes)
        self.show_findings(frames, values, np.zeros(len(frames), bool), np.full(len(frames), np.nan))
        top = float(np.nanmax(values, initial=0))
        self._plot.setYRange(0, top if top > 0 else 1, padding=0.05)
        if len(frames):
            self._plot.setXRange(int(frames[0]), max(int(frames[-1]), int(frames[0]) + 1), padding=0.02)

    def clear(self) -> None:
        """Show no track's values, until there are others."""
        if not self._rows:
            return
        self._rows = ()
        self._curve.clear()
        for marks in (self._keys, self._doubtful, self._audits):
            marks.clear()
        self._explain()

    def show_findings(
        self, frames: np.ndarray, values: np.ndarray, to_check: np.ndarray, overlap: np.ndarray
    ) -> None:
        """Mark what is to be looked at.

        Args:
            frames, values: as in `show_values`.
            to_check: (K,) bool, frames where methods disagree.
            overlap: (K,) float, audit of keyframes, 0..1; NaN elsewhere.
        """
        self._rows = (*self._rows[:3], to_check, overlap)
        self._mark(self._doubtful, frames, values, to_check)
        self._mark(self._audits, frames, overlap, np.isfinite(overlap))
        self._explain()

    def set_frame(self, frame: int) -> None:
        """Move the cursor."""
        self._cursor.setValue(frame)

    def _dress(self) -> None:
        super()._dress()
        c = theme.colours(self)
        self._plot.setBackground(c.window)  # of print, that is white
        self._curve.setPen(pg.mkPen(c.series[0], width=self._wide(1.5)))
        self._keys.setBrush(QColor(c.series[1]))
        self._doubtful.setBrush(QColor(c.warning))
        self._audits.setPen(pg.mkPen(c.series[2], width=self._wide(1.5)))
        self._cursor.setPen(pg.mkPen(c.mark, width=1))
        self._explain()

    @staticmethod
    def _mark(item: pg.ScatterPlotItem, frames: np.ndarray, values: np.ndarray, which: np.ndarray) -> None:
        item.setData(frames[which], values[which])

    def _explain(self) -> None:
        """Name the marks that are shown."""
        parts = self._legend_entries()
        self._legend.setText(" &nbsp; ".join(parts))
        self._legend.setVisible(bool(parts))

    def _legend_entries(self) -> list[str]:
        c = theme.colours(self)
        marks = (
            (self._keys, c.series[1], "◆", "keyframe"),
            (self._audits, c.series[2], "▽", "audit"),
            (self._doubtful, c.warning, "■", "to check"),
        )
        return [
            f'<span style="color:{ink}">{sign}</span> {text}'
            for item, ink, sign, text in marks
            if len(item.data)
        ]

    def _nothing_to_export(self) -> str:
        return "" if self._rows and len(self._rows[0]) else "There is no track to save a figure of."

    def _table(self) -> Table:
        frames, values, keyframes, to_check, overlap = self._rows
        columns = (frames.astype(int), values, keyframes.astype(int), to_check.astype(int), overlap)
        return Table(
            ("Frame", self._axes["left"], "keyframe", "to check", "audit (IoU)"),
            list(zip(*columns, strict=True)),
        )

    def _click(self, event: object) -> None:
        place = self._plot.getPlotItem().vb.mapSceneToView(event.scenePos())  # type: ignore[attr-defined]
        self.frame_chosen.emit(round(place.x()))
