"""Stepping with the arrow keys: one press is one step, holding the key speeds up."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

_Modifier = Qt.KeyboardModifier

STEPS = {
    _Modifier.NoModifier: 1,
    _Modifier.ShiftModifier: 10,
    _Modifier.ControlModifier | _Modifier.ShiftModifier: 100,
}
"""Frames that an arrow key steps, by the modifier keys."""

DELAYS = (400, 180, 180, 180, 100, 100, 100, 100, 40)
"""Milliseconds to each next step while a key is held; the last one repeats."""


class KeyRepeat(QObject):
    """Watches the left and right keys of a widget; the keyboard's own repeat is left aside.

    Signals:
        stepped(int): frames to go, negative for back.
    """

    stepped = Signal(int)

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._held: Qt.Key | None = None
        self._step = 0
        self._count = 0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._again)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.FocusOut:
            self._release()
        if not isinstance(event, QKeyEvent) or event.key() not in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            return False
        step = STEPS.get(event.modifiers() & ~_Modifier.KeypadModifier)
        if kind == QEvent.Type.KeyRelease:
            if not event.isAutoRepeat() and event.key() == self._held:
                self._release()
            return True
        if step is None:
            return False
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()  # else the menu's action of the same key would take it
        elif kind == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._held, self._count = Qt.Key(event.key()), 0
            self._step = step if event.key() == Qt.Key.Key_Right else -step
            self._again()
        return True

    def _again(self) -> None:
        self._timer.start(DELAYS[min(self._count, len(DELAYS) - 1)])
        self._count += 1
        self.stepped.emit(self._step)

    def _release(self) -> None:
        self._held = None
        self._timer.stop()
