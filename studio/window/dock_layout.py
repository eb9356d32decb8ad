"""The panels around the workspaces: where they are, in each workspace, and how large."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QTabBar, QWidget

from studio.window.dock_title import DockTitle
from studio.window.settings import WindowSettings

_LEFT, _RIGHT, _BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)

SIZES = {_LEFT: 340, _RIGHT: 330, _BOTTOM: 178}
"""Pixels of the panels at each side at first: their width, and their height below."""

SHARES: tuple[dict[str, int], ...] = ({"clips": 31, "tracks": 69},)
"""How panels that stand one below the other share the height at first."""

MIDDLE = 560
"""Pixels of width that the page between the panels keeps, as long as they can give way."""

VERSION = 4
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
        self._wanted, self._share = dict(SIZES), False
        self._fitting = QTimer(self, interval=0, singleShot=True)  # when the panels have their places
        self._fitting.timeout.connect(self._fit)
        window.setDockNestingEnabled(True)
        window.setCorner(Qt.Corner.BottomLeftCorner, _LEFT)
        window.setCorner(Qt.Corner.BottomRightCorner, _BOTTOM)
        window.installEventFilter(self)

    def set_panels(self, panels: Sequence[Panel], menu: QMenu) -> None:
        """Make the docks, and fill a menu with what shows and hides them."""
        for panel in panels:
            dock = QDockWidget(panel.title, self._window)
            dock.setObjectName(panel.name)
            dock.setWidget(panel.widget)
            upright = panel.area == _BOTTOM
            if upright:
                dock.setFeatures(dock.features() | QDockWidget.DockWidgetFeature.DockWidgetVerticalTitleBar)
            dock.setTitleBarWidget(DockTitle(dock, upright))
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
        else:
            self._keep_sizes()
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
        self._wanted = dict(SIZES)
        self._share = True
        self._fitting.start()

    def _show_tabs(self) -> None:
        """Qt leaves the tabs of hidden panels standing."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for tabs in self._window.findChildren(QTabBar, options=direct):
            tabs.setVisible(self.workspace == "curate")
            tabs.setElideMode(Qt.TextElideMode.ElideNone)  # in a narrow window they scroll
            tabs.setAccessibleName("Panels")

    # --- sizes --------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fitting.start()
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._keep_sizes()  # a line between panels may have been dragged
        return False

    def _sides(self) -> dict[Qt.DockWidgetArea, QDockWidget]:
        """A panel in front at each side; one behind others has the size of a time when it was not.

        Those behind lie outside the window. What is seen of a panel does not tell: a curtain may hide all.
        """
        seen = [dock for dock in self.docks.values() if dock.isVisible() and not dock.isFloating()]
        seen.sort(key=lambda dock: self._window.rect().intersects(dock.geometry()))
        return {self._window.dockWidgetArea(dock): dock for dock in seen}

    def _keep_sizes(self) -> None:
        """What the panels have now is what they are to have wherever there is room."""
        crushed = self._window.width() < MIDDLE + self._wanted[_LEFT] + self._wanted[_RIGHT]
        for side, dock in self._sides().items():
            if side in self._wanted:
                size = dock.height() if side == _BOTTOM else dock.width()
                self._wanted[side] = max(size, self._wanted[side]) if crushed else size

    def _fit(self) -> None:
        """Give the panels what they are to have, or all less where the window is narrow."""
        sides = {side: dock for side, dock in self._sides().items() if side in self._wanted}
        across = {side: self._wanted[side] for side in sides if side != _BOTTOM}
        share = min(1.0, max(self._window.width() - MIDDLE, 1) / max(sum(across.values()), 1))
        widths = [round(share * width) for width in across.values()]
        self._window.resizeDocks([sides[side] for side in across], widths, Qt.Orientation.Horizontal)
        if _BOTTOM in sides:
            height = min(self._wanted[_BOTTOM], self._window.height() // 3)
            self._window.resizeDocks([sides[_BOTTOM]], [height], Qt.Orientation.Vertical)
        if self._share:
            self._share = False
            for shares in SHARES:
                docks = [self.docks[name] for name in shares if name in self.docks]
                heights = [shares[dock.objectName()] * self._window.height() // 100 for dock in docks]
                self._window.resizeDocks(docks, heights, Qt.Orientation.Vertical)
