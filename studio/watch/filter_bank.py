"""All filters of the first layer in a grid, each to be chosen; dead and duplicate ones are marked."""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.filters import tiled
from studio import theme

GAP = 4
"""View pixels between filters."""


class FilterBank(QWidget):
    """Filters enlarged without smoothing; click or arrows choose one.

    Signals:
        chosen(int): a person chose a filter.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filters: np.ndarray | None = None
        self.dead = np.zeros(0, bool)
        self.duplicates = np.zeros(0, np.int64)
        self.current: int | None = None
        self._image: QImage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("conv1 filters")
        self.setMinimumSize(120, 80)

    def show_filters(self, filters: np.ndarray | None, dead: np.ndarray, duplicates: np.ndarray) -> None:
        """Show these.

        Args:
            filters: (F, 3, k, k) float32; None where there are none.
            dead: (F,) bool.
            duplicates: (F,) int64, the filter that each is a copy of; -1 for none.
        """
        self.filters, self.dead, self.duplicates, self._image = filters, dead, duplicates, None
        if filters is None or (self.current is not None and self.current >= len(filters)):
            self.current = None
        self.update()

    def place(self, filter: int) -> QRect:
        """Where a filter is."""
        columns, side = self._grid()
        count = 0 if self.filters is None else len(self.filters)
        wide, high = columns * (side + GAP) - GAP, -(-count // columns) * (side + GAP) - GAP
        row, column = divmod(filter, columns)
        left, top = (self.width() - wide) // 2, (self.height() - high) // 2
        return QRect(left + column * (side + GAP), top + row * (side + GAP), side, side)

    def about(self, filter: int) -> str:
        """What is said of a filter."""
        text = f"Filter {filter}"
        if self.dead[filter]:
            text += ": dead, it responds to nothing or has hardly any weight"
        elif self.duplicates[filter] >= 0:
            text += f": nearly the same as filter {self.duplicates[filter]}"
        return text

    def _grid(self) -> tuple[int, int]:
        """Columns, and the side of a filter in view pixels: the largest that fit, whole for a weight."""
        if self.filters is None:
            return 1, 1
        count, weights = len(self.filters), self.filters.shape[-1]
        wide, high = self.width() - 2 * theme.SPACE + GAP, self.height() - 2 * theme.SPACE + GAP
        sides = [min(wide // n, high // -(-count // n)) - GAP for n in range(1, count + 1)]
        side = max(max(sides) // weights * weights, weights)
        return max(1, min(wide // (side + GAP), count)), side

    def _at(self, place: QPoint) -> int | None:
        count = 0 if self.filters is None else len(self.filters)
        return next((one for one in range(count) if self.place(one).contains(place)), None)

    def _choose(self, filter: int) -> None:
        self.current = filter
        self.update()
        self.chosen.emit(filter)

    # --- Qt -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.filters is None:
            return
        colours = theme.colours(self)
        with QPainter(self) as painter:
            side = self.filters.shape[-1]
            if self._image is None:
                pixels = np.ascontiguousarray(tiled(self.filters, len(self.filters)))
                high, wide = pixels.shape[:2]
                self._image = QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_RGBA8888).copy()
            for number in range(len(self.filters)):
                at = self.place(number)
                source = QRect(number * (side + 1), 0, side, side)
                painter.setOpacity(0.35 if self.dead[number] else 1)
                painter.drawImage(at, self._image, source)
                painter.setOpacity(1)
                if self.dead[number]:
                    painter.setPen(QPen(QColor(colours.bad), 2))
                    painter.drawLine(at.topLeft(), at.bottomRight())
                elif self.duplicates[number] >= 0:
                    self._paint_badge(painter, at, f"={self.duplicates[number]}", colours)
                if number == self.current:
                    painter.setPen(QPen(QColor(colours.mark), 2))
                    painter.drawRect(at.adjusted(-1, -1, 0, 0))

    def _paint_badge(self, painter: QPainter, at: QRect, text: str, colours: theme.Colours) -> None:
        metrics = painter.fontMetrics()
        size = QPointF(metrics.horizontalAdvance(text) + 4, metrics.height() - 2)
        badge = QRectF(at.right() - size.x() + 1, at.bottom() - size.y() + 1, size.x(), size.y())
        painter.fillRect(badge, QColor(colours.window))
        painter.setPen(QColor(colours.warning))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position().toPoint())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self._choose(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        columns, _ = self._grid()
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }
        if self.filters is not None and event.key() in moves:
            to = 0 if self.current is None else self.current + moves[Qt.Key(event.key())]
            if 0 <= to < len(self.filters):
                self._choose(to)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._at(event.pos())
            QToolTip.showText(event.globalPos(), "" if found is None else self.about(found), self)
            return True
        return super().event(event)
