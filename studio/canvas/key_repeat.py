"""Stepping with keys: one press is one step, holding the key speeds up."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from studio.window.action_table import ROWS
from studio.window.key_strokes import portable, pressed

STEPS = {
    "next_frame": 1,
    "previous_frame": -1,
    "forward_10": 10,
    "back_10": -10,
    "forward_100": 100,
    "back_100": -100,
}
"""Action → frames that it goes, negative for back."""

DELAYS = (400, 180, 180, 180, 100, 100, 100, 100, 40)
"""Milliseconds to each next step while a key is held; the last one repeats."""


class KeyRepeat(QObject):
    """Watches the keys of `STEPS` in a widget; the keyboard's own repeat is left aside.

    Signals:
        stepped(int): frames to go, negative for back.
    """

    stepped = Signal(int)

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._steps: dict[str, int] = {}
        self._held: int | None = None
        self._step = 0
        self._count = 0
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._again)
        self.set_keys({row.name: row.keys for row in ROWS})
        widget.installEventFilter(self)

    def set_keys(self, bindings: Mapping[str, tuple[str, ...]]) -> None:
        """Watch the keys that actions have now."""
        self._steps = {portable(key): by for name, by in STEPS.items() for key in bindings[name]}

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.FocusOut:
            self._release()
        if not isinstance(event, QKeyEvent):
            return False
        if kind == QEvent.Type.KeyRelease:
            mine = event.key() == self._held
            if mine and not event.isAutoRepeat():
                self._release()
            return mine
        step = self._steps.get(pressed(event))
        if step is None:
            return False
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()  # else the menu's action of the same key would take it
        elif kind == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._held, self._count, self._step = event.key(), 0, step
            self._again()
        return True

    def _again(self) -> None:
        self._timer.start(DELAYS[min(self._count, len(DELAYS) - 1)])
        self._count += 1
        self.stepped.emit(self._step)

    def _release(self) -> None:
        self._held = None
        self._timer.stop()
