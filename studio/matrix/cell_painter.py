"""A cell of a matrix: its state or its mean AP, and below it how long that took or takes."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from core.matrix.state import Stage
from studio import theme
from studio.matrix.entry import Entry
from studio.matrix.matrix_model import ENTRY_ROLE, Index
from studio.painting import saved

NARROWEST = 66
"""Pixels that the words of a cell need."""


def cell_height(view: QTableView) -> int:
    """Pixels that two lines need."""
    return 2 * view.fontMetrics().lineSpacing() + 2 * theme.SPACE


class CellPainter(QStyledItemDelegate):
    """Two lines, and a bar while the run goes on."""

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(NARROWEST, cell_height(self._view))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        colours = theme.colours(self._view)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        with saved(painter):
            hovered = state & QStyle.StateFlag.State_MouseOver and entry.opens
            painter.fillRect(rect, QColor(colours.window if hovered else colours.base))
            painter.setPen(QColor(colours.border))
            painter.drawLine(rect.topRight(), rect.bottomRight())
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            if state & QStyle.StateFlag.State_Selected:
                painter.setPen(QColor(colours.mark))
                painter.drawRect(rect.adjusted(1, 1, -2, -2))
            inner = rect.adjusted(4, theme.SPACE // 2, -4, -theme.SPACE // 2)
            line = painter.fontMetrics().lineSpacing()
            top = inner.center().y() - line if entry.below else inner.center().y() - line // 2
            first = QRect(inner.left(), top, inner.width(), line)
            font = painter.font()
            font.setBold(entry.is_value or entry.stage in (Stage.FAILED, Stage.CUT))
            painter.setFont(font)
            painter.setPen(QColor(_colour(entry, colours)))
            painter.drawText(first, Qt.AlignmentFlag.AlignCenter, entry.text)
            font.setBold(False)
            painter.setFont(font)
            painter.setPen(QColor(colours.muted))
            below = painter.fontMetrics().elidedText(entry.below, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(first.translated(0, line), Qt.AlignmentFlag.AlignCenter, below)
            if entry.share is not None:
                bar = QRect(rect.left() + 8, rect.bottom() - 5, rect.width() - 17, 3)
                painter.fillRect(bar, QColor(colours.border))
                bar.setWidth(round(bar.width() * entry.share))
                painter.fillRect(bar, QColor(colours.mark))


def _colour(entry: Entry, colours: theme.Colours) -> str:
    usual = colours.faint if entry.stage is None else colours.muted
    return {
        Stage.DONE: colours.text,
        Stage.RUNNING: colours.mark,
        Stage.FAILED: colours.bad,
        Stage.CUT: colours.warning,
    }.get(entry.stage or Stage.MISSING, usual)
