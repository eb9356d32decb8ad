"""Keys pressed at the real window, and what it shows."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from studio.app import Studio

CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
SWAN, GOOSE = 1, 2
"""Objects of the clip `birds` of the small project."""


def activate(qtbot, window: QWidget) -> None:
    """Bring a window to the front, however often that takes: Qt passes it over while a popup goes."""

    def is_active() -> bool:
        window.activateWindow()
        return window.isActiveWindow()

    qtbot.waitUntil(is_active)


def key(qtbot, studio: Studio, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the canvas has the focus."""
    activate(qtbot, studio.window)
    studio.session.canvas.setFocus()
    qtbot.keyClick(studio.window.focusWidget() or studio.window, key, modifier)


def visible_docks(studio: Studio) -> set[str]:
    return {name for name, dock in studio.window.panels.docks.items() if not dock.isHidden()}


def right_click(widget: QWidget, at: QPoint) -> QMenu | None:
    """The menu that the right button opens at a place of a widget."""
    before = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMenu) and one.isVisible()]
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
    QApplication.sendEvent(widget, event)
    menus = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMenu) and one.isVisible()]
    return next((one for one in menus if one not in before), None)


def entries(menu: QMenu) -> list[str]:
    """The texts of a menu, without mnemonics and lines."""
    return [one.text().replace("&", "") for one in menu.actions() if not one.isSeparator()]


def choose(qtbot, menu: QMenu | None, text: str) -> None:
    """Click on the entry of a menu that begins with a text, once it can be used."""
    assert menu is not None
    action = next(one for one in menu.actions() if one.text().replace("&", "").startswith(text))
    qtbot.waitUntil(action.isEnabled)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
