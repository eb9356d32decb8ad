"""What the plots of the window have in common: axes in the palette's colours, and words while empty."""

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from studio import theme

SIDES = ("left", "bottom")


def heading(text: str = "") -> QLabel:
    """The title of a plot, as tall as one with a button beside it: plots side by side begin at one height."""
    button, label = QToolButton(), QLabel(text)
    button.setText("log")
    label.setProperty("role", "heading")
    label.setMinimumHeight(button.sizeHint().height())
    return label


class PlotPanel(QWidget):
    """A plot below what its class puts into `_column`; styled and drawn again when the palette changes."""

    def __init__(
        self, name: str, left: str = "", bottom: str = "", empty: str = "", parent: QWidget | None = None
    ) -> None:
        """A plot without anything in it.

        Args:
            name: what it shows, for a screen reader.
            left, bottom: quantity and unit on the axes.
            empty: what it says while it has nothing to show.
        """
        super().__init__(parent)
        self._plot = pg.PlotWidget()
        self._plot.setAccessibleName(name)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # no key does anything in it
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.getPlotItem().layout.setContentsMargins(4, 8, 12, 4)
        for side, label in zip(SIDES, (left, bottom), strict=True):
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
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        self._column.setSpacing(theme.SPACE // 2)
        self._column.addWidget(self._plot, 1)

    def _dress(self) -> None:
        """Give everything its colour that `_draw` does not."""
        colours = theme.colours(self)
        self._plot.setBackground(colours.base)
        for side in SIDES:
            axis = self._plot.getAxis(side)
            axis.setPen(pg.mkPen(colours.border))
            axis.setTextPen(pg.mkPen(colours.muted))
            axis.setTickPen(pg.mkPen(colours.border))
        self._plot.showGrid(x=False, y=True, alpha=0.15)

    def _draw(self) -> None:
        """Draw what there is to show, in colours that depend on it."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._empty.setGeometry(self._plot.rect().adjusted(60, 12, -24, -48))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
            self._draw()
