"""What the plots of the window have in common: axes in the palette's colours, words while empty, export."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QRectF, QSizeF, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from studio import theme
from studio.plots.figure import Figure, Table
from studio.plots.figure_button import FigureButton
from studio.plots.scene_drawing import draw_scene

SIDES = ("left", "bottom")

PORTABLE = str.maketrans({"━": "—", "─": "–", "┅": "- -"})
"""Signs of a legend in a file: those of the screen are not in every font that another program takes."""

END = 15
"""Pixels that half a number takes beyond the end of an axis, at most."""

GRID = 0.3
"""How strong the lines across a plot are, 0..1."""


def heading(text: str = "") -> QLabel:
    """The title of a plot, as tall as one with a button beside it: plots side by side begin at one height."""
    button, label = QToolButton(), QLabel(text)
    button.setText("log")
    label.setProperty("role", "heading")
    label.setMinimumHeight(button.sizeHint().height())
    return label


class _Axis(pg.AxisItem):
    """An axis that shows the numbers at its ends, though lines across the plot belong to it."""

    def boundingRect(self) -> QRectF:
        return super().boundingRect().adjusted(0, -END, 0, END)

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        """Numbers that do not overlap, in however low a plot."""
        levels: list[tuple[float, float]] = super().tickSpacing(minVal, maxVal, size)
        line = QFontMetrics(QApplication.font()).height()
        apart = line * (maxVal - minVal) / max(size, 1)
        roomy = [(step, start) for step, start in levels if step >= apart]
        if not roomy and levels and apart > 0:
            step, start = levels[0]
            roomy = [(next((by * step for by in (2.5, 5, 10) if by * step >= apart), 25 * step), start)]
        return roomy


class PlotPanel(QWidget):
    """A plot below its title and what its class puts into `_head` and `_column`.

    It is styled and drawn again when the palette changes. From a button and from its context menu it is
    written to a file, with what a class says in `_legend_entries` and `_table`; drawn for a file,
    `theme.colours(self)` gives the colours of print.
    """

    FIGURE = (640, 400)
    """Width and height of the drawing in a file, in logical pixels: the same however small the window is."""

    def __init__(
        self, name: str, left: str = "", bottom: str = "", empty: str = "", parent: QWidget | None = None
    ) -> None:
        """A plot without anything in it.

        Args:
            name: what it shows: its title, also for a screen reader.
            left, bottom: quantity and unit on the axes.
            empty: what it says while it has nothing to show.
        """
        super().__init__(parent)
        self._axes = dict(zip(SIDES, (left, bottom), strict=True))
        self._screen_only: list[pg.GraphicsObject] = []  # cursors: not drawn in a file
        self._plot = pg.PlotWidget(axisItems={"left": _Axis("left")}, enableMenu=False)
        self._plot.setAccessibleName(name)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # no key does anything in it
        self._plot.hideButtons()
        self._plot.getPlotItem().layout.setContentsMargins(4, 8, 12, 4)
        for side, label in self._axes.items():
            axis = self._plot.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setStyle(hideOverlappingLabels=False)
            if label:
                self._plot.setLabel(side, label)
        self._empty = QLabel(empty, self._plot)
        self._empty.setProperty("quiet", True)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._heading = heading(name)
        self.export_button = FigureButton(self.figure, self._nothing_to_export)
        self._head = QHBoxLayout()
        self._head.addWidget(self._heading, 1)
        self._head.addWidget(self.export_button)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        self._column.setSpacing(theme.SPACE // 2)
        self._column.addLayout(self._head)
        self._column.addWidget(self._plot, 1)

    def figure(self) -> Figure:
        """The plot as it is now, to be written to a file."""
        self.setProperty(theme.PRINTING, True)
        legend = tuple(text.translate(PORTABLE) for text in self._legend_entries())
        self.setProperty(theme.PRINTING, False)
        return Figure(self._heading.text(), legend, QSizeF(*self.FIGURE), self._draw_for_file, self._table())

    # --- what a class adds --------------------------------------------------------------------

    def _dress(self) -> None:
        """Give everything its colour that `_draw` does not."""
        colours = theme.colours(self)
        self._plot.setBackground(colours.base)
        for side in SIDES:
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(colours.edge))
            axis.setTextPen(pg.mkPen(colours.muted))
            axis.setTickPen(pg.mkPen(colours.edge))
        self._plot.showGrid(x=False, y=True, alpha=GRID)

    def _draw(self) -> None:
        """Draw what there is to show, in colours that depend on it."""

    def _wide(self, pixels: float) -> float:
        """The width of a pen in logical pixels; pyqtgraph's own are the screen's, hairlines on a fine one."""
        return pixels if self.property(theme.PRINTING) else pixels * self.devicePixelRatioF()

    def _fit(self, width: float) -> None:
        """Arrange what depends on the width, in logical pixels."""

    def _legend_entries(self) -> list[str]:
        """Rich texts for the head of a figure; none where a single series needs none."""
        return []

    def _table(self) -> Table:
        """The numbers shown; by default those of every named curve, as they are drawn."""
        rows: list[tuple[str, float, float]] = []
        for item in self._plot.getPlotItem().listDataItems():
            x, y = item.getOriginalDataset() if isinstance(item, pg.PlotDataItem) else item.getData()
            if x is not None and y is not None:
                name = str(item.name() or "")
                pairs = zip(np.asarray(x)[: len(y)], np.asarray(y), strict=True)  # of steps, their left ends
                rows += [(name, *pair) for pair in pairs]
        return Table(("series", self._axes["bottom"] or "x", self._axes["left"] or "y"), rows)

    # --- files --------------------------------------------------------------------------------

    def _nothing_to_export(self) -> str:
        """Why there is nothing to write now; empty where there is."""
        shows = self._empty.isHidden() or not self._empty.text()
        return "" if shows else "There is nothing to save yet."

    def _draw_for_file(self, painter: QPainter, scale: float) -> None:
        size, hidden = QSizeF(*self.FIGURE), [one for one in self._screen_only if one.isVisible()]
        try:
            self.setProperty(theme.PRINTING, True)
            for one in hidden:
                one.setVisible(False)
            self._show_as_in(size.width())
            draw_scene(self._plot, size, painter, scale)
        finally:
            self.setProperty(theme.PRINTING, False)
            for one in hidden:
                one.setVisible(True)
            self._show_as_in(self.width())
            self._plot.getPlotItem().layout.activate()

    def _show_as_in(self, width: float) -> None:
        self._dress()
        self._draw()
        self._fit(width)

    # --- Qt -----------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.export_button.open_menu(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._empty.setGeometry(self._plot.rect().adjusted(60, 12, -24, -48))
        self._fit(self.width())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
            self._draw()
