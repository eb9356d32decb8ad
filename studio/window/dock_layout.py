"""The panels around the workspaces: where they are, in each workspace, and how large."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabBar, QWidget

from studio.window.settings import WindowSettings

SIZES: tuple[tuple[Qt.Orientation, dict[str, int]], ...] = (
    (Qt.Orientation.Horizontal, {"clips": 340, "inspector": 330}),
    (Qt.Orientation.Vertical, {"timeline": 170}),
    (Qt.Orientation.Vertical, {"clips": 310, "tracks": 350}),
)
"""Pixels of panels at first: each entry is one boundary to move, in this order."""

VERSION = 3
"""Raise it when panels are added or renamed: saved layouts of another version are not used."""


@dataclass(frozen=True)
class Panel:
    """A dock of the workspace Curate; `below` names the panel it stands under, `behind` shares its tabs."""

    name: str
    title: str
    widget: QWidget
    area: Qt.DockWidgetArea
    below: str = ""
    behind: str = ""


class DockLayout(QObject):
    """Docks of a main window; each workspace has its own layout, kept in the settings.

    Attributes:
        docks: by the name of their panel.
        workspace: the one whose layout is shown; empty for none.
    """

    def __init__(self, window: QMainWindow, settings: WindowSettings) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self.docks: dict[str, QDockWidget] = {}
        self.workspace = ""
        self._first = QByteArray()
        self._sizing = QTimer(self, interval=0, singleShot=True)  # when the panels have their places
        self._sizing.timeout.connect(self._size)
        window.setDockNestingEnabled(True)
        for corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner):
            window.setCorner(corner, Qt.DockWidgetArea.BottomDockWidgetArea)

    def set_panels(self, panels: Sequence[Panel], menu: QMenu) -> None:
        """Make the docks, and fill a menu with what shows and hides them."""
        for panel in panels:
            dock = QDockWidget(panel.title, self._window)
            dock.setObjectName(panel.name)
            dock.setWidget(panel.widget)
            self.docks[panel.name] = dock
            self._window.addDockWidget(panel.area, dock)
            if panel.below:
                self._window.splitDockWidget(self.docks[panel.below], dock, Qt.Orientation.Vertical)
            if panel.behind:
                self._window.tabifyDockWidget(self.docks[panel.behind], dock)
                self.docks[panel.behind].raise_()
            menu.addAction(dock.toggleViewAction())
        self._first = self._window.saveState(VERSION)

    def show(self, workspace: str) -> None:
        """Lay the panels out as they were last in a workspace."""
        self.keep()
        self.workspace = workspace
        saved = self._settings.layout(workspace)
        if saved.isEmpty() or not self._window.restoreState(saved, VERSION):
            self._lay_out()
        self._show_tabs()

    def bring(self, name: str) -> None:
        """Show a panel, before those that it shares its place with."""
        self.docks[name].show()
        self.docks[name].raise_()

    def reset(self) -> None:
        """Put the panels of the workspace where they were at first."""
        if self.workspace:
            self._settings.set_layout(self.workspace, None)
            self._lay_out()
            self._show_tabs()

    def keep(self) -> None:
        """Remember the layout of the workspace."""
        if self.workspace:
            self._settings.set_layout(self.workspace, self._window.saveState(VERSION))

    def clear(self) -> None:
        """Remember the layout and delete the docks with what is in them."""
        self.keep()
        self.workspace = ""
        for dock in self.docks.values():
            self._window.removeDockWidget(dock)
            dock.deleteLater()
        self.docks.clear()

    def _lay_out(self) -> None:
        self._window.restoreState(self._first, VERSION)
        for dock in self.docks.values():
            dock.setVisible(self.workspace == "curate")
        self._sizing.start()

    def _show_tabs(self) -> None:
        """Qt leaves the tabs of hidden panels standing."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for tabs in self._window.findChildren(QTabBar, options=direct):
            tabs.setVisible(self.workspace == "curate")
            tabs.setAccessibleName("Panels")

    def _size(self) -> None:
        for orientation, sizes in SIZES:
            docks = [self.docks[name] for name in sizes if name in self.docks]
            self._window.resizeDocks(docks, [sizes[dock.objectName()] for dock in docks], orientation)
