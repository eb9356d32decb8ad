"""A header of columns in two lines: what neighbours share above, what each is below."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHeaderView, QWidget

from studio import theme
from studio.matrix.matrix_model import MatrixModel


class GroupedHeader(QHeaderView):
    """The upper line is drawn once over all neighbours that share it."""

    def __init__(self, model: MatrixModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._model = model
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom)

    def sizeHint(self) -> QSize:
        return QSize(0, 2 * self.fontMetrics().lineSpacing() + 2 * theme.SPACE)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self.viewport()) as painter:
            painter.setPen(QColor(theme.colours(self).text))
            font = self.font()
            font.setBold(True)
            painter.setFont(font)
            for first, last in self._groups():
                left = self.sectionViewportPosition(first)
                width = self.sectionViewportPosition(last) + self.sectionSize(last) - left
                line = QRect(left + 1, 0, width - 3, self.height() // 2)
                painter.fillRect(line, self.palette().window())  # over the lines between its columns
                text, room = self._model.group(first), painter.fontMetrics()
                if room.horizontalAdvance(text) > line.width():
                    text = text.removeprefix("VOC ")
                text = room.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
                painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)

    def _groups(self) -> list[tuple[int, int]]:
        """First and last column of each."""
        found: list[tuple[int, int]] = []
        for column in range(len(self._model.columns)):
            if found and self._model.columns[found[-1][0]][0] == self._model.columns[column][0]:
                found[-1] = found[-1][0], column
            else:
                found.append((column, column))
        return found
