"""Widgets side by side, in as many rows as the width makes of them."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget

from studio import theme


class FlowLayout(QLayout):
    """As text flows: what does not fit beside the others begins a new row.

    The last one stands at the end of its row if `last_at_end`.
    """

    def __init__(self, parent: QWidget, last_at_end: bool = False) -> None:
        super().__init__(parent)
        self._last_at_end = last_at_end
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        self.setSpacing(theme.SPACE // 2)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), moving=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, moving=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _arrange(self, rect: QRect, moving: bool) -> int:
        """The height that the items take in a rectangle; they are put there if `moving`."""
        inside = rect.marginsRemoved(self.contentsMargins())
        rows: list[list[tuple[QLayoutItem, QSize]]] = [[]]
        wide = 0
        for item in self._items:
            if item.isEmpty():
                continue  # it is hidden
            size = item.sizeHint().boundedTo(QSize(max(inside.width(), item.minimumSize().width()), 10_000))
            if rows[-1] and wide + size.width() > inside.width():
                rows.append([])
                wide = 0
            rows[-1].append((item, size))
            wide += size.width() + self.spacing()
        y = inside.y()
        for row in rows:
            high = max((size.height() for _, size in row), default=0)
            if moving:
                self._place(row, QRect(inside.x(), y, inside.width(), high))
            y += high + self.spacing()
        return y - self.spacing() - rect.y() + self.contentsMargins().bottom()

    def _place(self, row: list[tuple[QLayoutItem, QSize]], inside: QRect) -> None:
        """Put a row's items side by side, each in the middle of its height."""
        x = inside.x()
        for place, (item, size) in enumerate(row):
            if self._last_at_end and item is self._items[-1] and place > 0:
                x = inside.right() + 1 - size.width()
            item.setGeometry(QRect(QPoint(x, inside.y() + (inside.height() - size.height()) // 2), size))
            x += size.width() + self.spacing()
