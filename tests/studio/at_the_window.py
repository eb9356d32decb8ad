"""Keys pressed at the real window, and what it shows."""

from PySide6.QtCore import Qt

from studio.app import Studio

CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
SWAN, GOOSE = 1, 2
"""Objects of the clip `birds` of the small project."""


def key(qtbot, studio: Studio, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the canvas has the focus."""
    studio.window.activateWindow()
    qtbot.waitUntil(studio.window.isActiveWindow)
    studio.session.canvas.setFocus()
    qtbot.keyClick(studio.window.focusWidget() or studio.window, key, modifier)


def visible_docks(studio: Studio) -> set[str]:
    return {name for name, dock in studio.window.panels.docks.items() if not dock.isHidden()}
