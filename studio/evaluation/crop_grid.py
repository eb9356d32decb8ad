"""Small pictures with words beneath, as many as there are: only those in view are asked for and cut."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from studio import theme
from studio.evaluation.crops import Crop, cut_crops
from studio.watch.picture_cutter import PictureCutter

SIDE = 104
"""View pixels of a picture's side."""

PAD = theme.SPACE
LINES = 2
FAINT = 0.4
"""How strong a cell is drawn that does not count now, 0..1."""


@dataclass(frozen=True, eq=False)
class Cell:
    """One picture and what is said of it.

    Attributes:
        crop: what is shown.
        box: what of it is meant, (4,) in pixels of the large picture.
        colour: `#rrggbb` of the box and of the cell's edge.
        lines: the words beneath, at most two lines.
        about: what is said where it is hovered.
        other: another box to compare with, drawn dashed; None for none.
        faint: it does not count now.
    """

    crop: Crop
    box: np.ndarray
    colour: str
    lines: tuple[str, ...]
    about: str = ""
    other: np.ndarray | None = None
    faint: bool = False


class CropGrid(QAbstractScrollArea):
    """Cells in rows. Click or Enter: open one. Arrows, Page, Home and End: go from cell to cell.

    Signals:
        opened(int): a person wants to see the picture of a cell, by its place.
        failed(str): a picture cannot be read; one sentence.
    """

    opened = Signal(int)
    failed = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name`: what the cells are, for a screen reader."""
        super().__init__(parent)
        self.count, self.current = 0, 0
        self._cell: Callable[[int], Cell] | None = None
        self._hovered: int | None = None
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self._line = self.fontMetrics().height()
        self._size = QPoint(SIDE + 2 * PAD, SIDE + LINES * self._line + 2 * PAD + 2)
        self.verticalScrollBar().setSingleStep(self._size.y() // 2)
        self._cutter = PictureCutter[Crop](cut_crops, self)
        self._cutter.arrived.connect(self.viewport().update)
        self._cutter.failed.connect(self.failed)
        self._wanting = QTimer(self, interval=0, singleShot=True)
        self._wanting.timeout.connect(self._want)

    def show_cells(self, count: int, cell: Callable[[int], Cell], from_top: bool = True) -> None:
        """Show so many cells, each made by its place when it comes into view; else what is seen stays."""
        self.count, self._cell, self._hovered = count, cell, None
        if from_top or self.current >= count:
            self.current = 0
            self.verticalScrollBar().setValue(0)
        self._set_bar()

    def cell(self, place: int) -> Cell:
        """A cell by its place."""
        assert self._cell is not None  # else there is none
        return self._cell(place)

    def rect(self, place: int) -> QRect:  # type: ignore[override]
        """Where a cell lies in the viewport."""
        row, column = divmod(place, self.columns)
        return QRect(
            PAD + column * (self._size.x() + PAD),
            PAD + row * (self._size.y() + PAD) - self.verticalScrollBar().value(),
            self._size.x(),
            self._size.y(),
        )

    @property
    def columns(self) -> int:
        """Cells in a row."""
        return max(1, (self.viewport().width() - PAD) // (self._size.x() + PAD))

    def in_view(self, more: int = 0) -> range:
        """The cells that are seen, and those `more` pixels below."""
        step, top = self._size.y() + PAD, self.verticalScrollBar().value()
        first = max(0, (top - PAD) // step) * self.columns
        last = ((top + self.viewport().height() + more) // step + 1) * self.columns
        return range(min(first, self.count), min(last, self.count))

    def cut(self) -> int:
        """How many of the cells in view have their picture."""
        return sum(self._cutter.picture(self.cell(place).crop) is not None for place in self.in_view())

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._cutter.close()

    def _set_bar(self) -> None:
        rows = -(-self.count // self.columns)
        hidden = rows * (self._size.y() + PAD) + PAD - self.viewport().height()
        self.verticalScrollBar().setRange(0, max(0, hidden))
        self.verticalScrollBar().setPageStep(self.viewport().height())
        self._refresh()

    def _refresh(self) -> None:
        self._wanting.start()
        self.viewport().update()

    def _want(self) -> None:
        """Ask for the pictures of what is seen, and of a page below it."""
        if self.isVisible():
            crops = [self.cell(place).crop for place in self.in_view(self.viewport().height())]
            self._cutter.want(crops, round(SIDE * self.devicePixelRatioF()))

    # --- painting -----------------------------------------------------------------------------

    def _paint(self, painter: QPainter, place: int, colours: theme.Colours) -> None:
        cell, rect = self.cell(place), self.rect(place)
        at = QRect(rect.left() + PAD, rect.top() + PAD, SIDE, SIDE)
        painter.setOpacity(FAINT if cell.faint else 1)
        painter.setBrush(QColor(colours.window))
        painter.setPen(QColor(colours.border))
        painter.drawRoundedRect(rect, 4, 4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        picture = self._cutter.picture(cell.crop)
        if picture is not None:
            painter.drawImage(at, picture)
        else:
            painter.fillRect(at, QColor(colours.stripe))
        painter.setClipRect(at)
        if cell.other is not None:
            _frame(painter, _within(cell.crop, cell.other, at), "#ffffff", Qt.PenStyle.DashLine)
        _frame(painter, _within(cell.crop, cell.box, at), cell.colour, Qt.PenStyle.SolidLine)
        painter.setClipping(False)
        painter.fillRect(QRect(rect.left() + 1, rect.bottom() - 3, rect.width() - 2, 3), QColor(cell.colour))
        for number, line in enumerate(cell.lines):
            painter.setPen(QColor(colours.text if number == 0 else colours.muted))
            room = QRect(at.left(), at.bottom() + 2 + number * self._line, at.width(), self._line)
            words = self.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        painter.setOpacity(1)
        if place == self._hovered or (self.hasFocus() and place == self.current):
            painter.setPen(QPen(QColor(colours.mark), 2))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 4, 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours(self)
        with QPainter(self.viewport()) as painter:
            painter.fillRect(self.viewport().rect(), QColor(colours.base))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place in self.in_view():
                self._paint(painter, place, colours)

    # --- Qt -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._wanting.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_bar()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._refresh()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._at(event.position().toPoint()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self._at(event.position().toPoint())
        if found is not None and event.button() == Qt.MouseButton.LeftButton:
            self.current = found
            self.opened.emit(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        page = self.columns * max(1, self.viewport().height() // (self._size.y() + PAD))
        moves = {
            keys.Key_Left: -1,
            keys.Key_Right: 1,
            keys.Key_Up: -self.columns,
            keys.Key_Down: self.columns,
            keys.Key_PageUp: -page,
            keys.Key_PageDown: page,
            keys.Key_Home: -self.count,
            keys.Key_End: self.count,
        }
        if self.count and event.key() in moves:
            self._go(self.current + moves[keys(event.key())])
        elif self.count and event.key() in (keys.Key_Return, keys.Key_Enter):
            self.opened.emit(self.current)
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._at(event.pos())
            QToolTip.showText(event.globalPos(), self.cell(found).about if found is not None else "", self)
            return True
        if event.type() == QEvent.Type.Leave:
            self._hover(None)
        return super().viewportEvent(event)

    def _go(self, place: int) -> None:
        self.current = min(max(place, 0), self.count - 1)
        rect, bar = self.rect(self.current), self.verticalScrollBar()
        if rect.top() < PAD:
            bar.setValue(bar.value() + rect.top() - PAD)
        elif rect.bottom() > self.viewport().height():
            bar.setValue(bar.value() + rect.bottom() - self.viewport().height() + PAD)
        self.viewport().update()

    def _at(self, place: QPoint) -> int | None:
        return next((one for one in self.in_view() if self.rect(one).contains(place)), None)

    def _hover(self, found: int | None) -> None:
        if found != self._hovered:
            self._hovered = found
            shapes = Qt.CursorShape
            self.viewport().setCursor(shapes.ArrowCursor if found is None else shapes.PointingHandCursor)
            self.viewport().update()


def _frame(painter: QPainter, rect: QRectF, colour: str, style: Qt.PenStyle) -> None:
    """A frame with a dark edge, to be seen on any picture."""
    for pen in (QPen(QColor(0, 0, 0, 150), 4), QPen(QColor(colour), 2, style)):
        painter.setPen(pen)
        painter.drawRect(rect)


def _within(crop: Crop, box: np.ndarray, at: QRect) -> QRectF:
    """Where a box of a picture lies in the crop that is drawn at a place."""
    x1, y1, x2, y2 = crop.box
    wide, high = at.width() / (x2 - x1), at.height() / (y2 - y1)
    left, top, right, bottom = (float(value) for value in box)
    return QRectF(
        at.left() + (left - x1) * wide,
        at.top() + (top - y1) * high,
        (right - left) * wide,
        (bottom - top) * high,
    )
