"""The menus of the right mouse button on canvas, lanes and track table, made of the actions of the table."""

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from studio.canvas.pane import CanvasPane
from studio.editing.keyframe_edits import NO_OBJECT
from studio.editing.track_edits import NO_POINT
from studio.tables.track_table import TrackTable
from studio.timeline.timeline import Timeline
from studio.view_state import ViewState
from studio.window.actions import Actions

_DECIDE = ("accept", "reject", "reopen")
_CUT = ("split", "swap", "merge", "bridge", "trim_start", "trim_end", "Track/Part")
_FILL = ("Track/Fill between keyframes", "carry_on", "carry_back", "densify_selected")
_KEYFRAME = ("keyframe", "occluded", "outside")
_DELETE = ("delete_here", "delete_track")

TRACK = (
    *(*_KEYFRAME, "copy_shape", "paste_shape", "Track/Mask", "", *_FILL, "", *_CUT, ""),
    *(*_DECIDE, "", "relabel", "pin", "zoom_selection", "hide_others", "", *_DELETE),
)
"""On a track of the canvas: actions by name, menus of the menu bar by path, empty for a line between."""

EMPTY = (
    *("new_object", "paste_shape", "Track/Tool", "", "View/Layers", "View/Colour", "hide_others", "fit"),
    *("", "save_frame", "save_overlay"),
)
"""Where no track is."""

LANE = (
    *(*_KEYFRAME, "", *_FILL, "", *_CUT, "", *_DECIDE, "", "relabel", "hide_others", ""),
    *("previous_keyframe", "next_keyframe", "track_start", "track_end", "", *_DELETE),
)
"""On a lane, at the frame where it was clicked."""

TABLE = (*_DECIDE, "", "relabel", "merge", "bridge", "swap", "split", "", "pin", "", "delete_track")
"""On rows of the track table."""


class ContextMenus(QObject):
    """Shows the menus where they are asked for.

    What cannot be done now is grey, with the reason as its tool tip; what is for objects or points alone is
    left out where none of them is selected.
    """

    def __init__(
        self,
        commands: Actions,
        view: ViewState,
        canvas: CanvasPane,
        timeline: Timeline,
        tracks: TrackTable,
        refresh: Callable[[], None],
        parent: QObject,
    ) -> None:
        """`refresh`: finds again what cannot be done now."""
        super().__init__(parent)
        self._commands, self._view, self._canvas, self._refresh = commands, view, canvas, refresh
        canvas.frame_view.menu_asked.connect(self._show_on_canvas)
        timeline.menu_asked.connect(partial(self._show, timeline, LANE))
        tracks.menu_asked.connect(partial(self._show, tracks, TABLE))

    def _show_on_canvas(self, place: QPoint, on_track: bool) -> None:
        self._show(self._canvas, TRACK if on_track else EMPTY, place)

    def _show(self, parent: QWidget, entries: Sequence[str], place: QPoint) -> None:
        self._view.set_playing(False)
        self._refresh()
        menu = QMenu(parent)
        menu.setToolTipsVisible(True)
        if entries is not EMPTY:
            menu.addAction(self._whose()).setEnabled(False)
            menu.addSeparator()
        for name in entries:
            if not name:
                menu.addSeparator()  # two in a row, or at the end, Qt shows as one or none
            elif "/" in name:
                self._add_menu(menu, name)
            elif self._commands.reason(name) not in (NO_OBJECT, NO_POINT):
                menu.addAction(self._commands[name])
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _add_menu(self, menu: QMenu, path: str) -> None:
        """What a menu of the menu bar has, unless it is for objects and none is selected."""
        actions = self._commands.menu(path).actions()
        if all(self._commands.reason(one.objectName()) != NO_OBJECT for one in actions if one.objectName()):
            inner = menu.addMenu(path.split("/")[1])
            inner.setToolTipsVisible(True)
            inner.addActions(actions)

    def _whose(self) -> str:
        ids = self._view.selection
        return f"Track {next(iter(ids))}" if len(ids) == 1 else f"{len(ids):,} tracks"
