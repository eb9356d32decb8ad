"""A number in a bar beside the frame."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QSpinBox, QWidget


class NumberField(QSpinBox):
    """A spin box that keeps the keys only while a number is typed into it.

    Signals:
        left(): Enter or Escape was pressed, or one of its arrows: keys belong to the frame again.
    """

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the wheel changes it, and leaves the keys
        self.lineEdit().returnPressed.connect(self.left)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape forgets what was typed."""
        if event.key() == Qt.Key.Key_Escape:
            self.lineEdit().setText(self.textFromValue(self.value()))
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The arrows; what is typed in has the mouse to itself."""
        super().mouseReleaseEvent(event)
        self.left.emit()
