"""A field that waits for a key."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from studio.window.key_strokes import native, pressed


class KeyField(QLineEdit):
    """Shows what is pressed and takes every key, also those of the window and of the keyboard's navigation.

    Signals:
        stroke(str): a key was pressed, portable.
        cleared(): Backspace: no key is wanted.
        left(): Esc, or a click elsewhere.
    """

    stroke = Signal(str)
    cleared = Signal()
    left = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name`: of the action."""
        super().__init__(parent)
        self.setReadOnly(True)
        self.setPlaceholderText("Press a key…")
        self.setAccessibleName(f"Key of {name}")
        self.setAccessibleDescription("Press the new key; Backspace clears, Esc leaves it as it is")
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
                self._take(event)
            event.accept()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def _take(self, event: QKeyEvent) -> None:
        key = pressed(event)
        if key == "Esc":
            self.left.emit()
        elif key == "Backspace":
            self.cleared.emit()
        elif key:
            self.setText(native(key))
            self.stroke.emit(key)
