"""Tooltips that name the keys in force."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from studio.window.actions import Actions


class KeyTip(QObject):
    """Adds the keys of actions to the tooltip of a widget that does the same, as it is shown."""

    def __init__(self, widget: QWidget, names: Sequence[str], commands: Actions) -> None:
        super().__init__(widget)
        self._names, self._commands = names, commands
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip:
            return False
        assert isinstance(watched, QWidget)
        keys = " and ".join(filter(None, map(self._commands.key, self._names)))
        QToolTip.showText(event.globalPos(), f"{watched.toolTip()} ({keys})" if keys else watched.toolTip())
        return True
