"""Looking under the tracks while a key is held."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from studio.window.action_table import ROWS
from studio.window.key_strokes import portable, pressed


class Peek(QObject):
    """Watches the keys of the action `peek` in a widget.

    Attributes:
        on: whether the tracks are hidden now.

    Signals:
        changed(): they are hidden, or shown again.
    """

    changed = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.on = False
        self._keys: set[str] = set()
        self._held: int | None = None
        self.set_keys({row.name: row.keys for row in ROWS})
        widget.installEventFilter(self)

    def set_keys(self, bindings: Mapping[str, tuple[str, ...]]) -> None:
        """Watch the keys that actions have now."""
        self._keys = set(map(portable, bindings["peek"]))

    def toggle(self) -> None:
        """Hide the tracks, or show them again."""
        self._set(not self.on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.FocusOut:
            self._set(False)
        if not isinstance(event, QKeyEvent):
            return False
        if kind == QEvent.Type.KeyRelease:
            mine = event.key() == self._held
            if mine and not event.isAutoRepeat():
                self._set(False)
            return mine
        if pressed(event) not in self._keys:
            return False
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()  # else the menu's action of the same key would take it
        elif kind == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self._held = event.key()
            self._set(True)
        return True

    def _set(self, on: bool) -> None:
        if not on:
            self._held = None
        if on != self.on:
            self.on = on
            self.changed.emit()
