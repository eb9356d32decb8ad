"""A field that narrows a list while something is typed into it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget


class SearchField(QLineEdit):
    """Escape and the cross in it empty it.

    Signals:
        escaped(): Escape or the cross was pressed.
        stepped(): an arrow key was pressed that goes into the list below.
    """

    escaped = Signal()
    stepped = Signal()

    def __init__(self, placeholder: str, accessible: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(accessible)
        self.setClearButtonEnabled(True)
        cross = self.findChild(QAction, "_q_qlineeditclearaction")
        if cross is not None:
            cross.triggered.connect(self._empty)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._empty()
        elif event.key() == Qt.Key.Key_Down:
            self.stepped.emit()
        else:
            super().keyPressEvent(event)

    def _empty(self) -> None:
        self.setText("")  # which cannot be undone, as the keys go elsewhere
        self.escaped.emit()
