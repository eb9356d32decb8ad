"""The timeline: a lane a trajectory, from its first frame to its last."""

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from core.datasets.clip import Clip
from core.trajectories.model import Changes
from studio import theme
from studio.canvas.key_repeat import KeyRepeat
from studio.document import Document
from studio.timeline.lane_layout import DENSITY, NAMES, ROW, RULER, LaneLayout
from studio.timeline.lane_source import LaneSource
from studio.timeline.mark_tool import MarkTool, can_mark
from studio.timeline.picture import TimelinePicture
from studio.timeline.time_scale import TimeScale
from studio.timeline.tools import LaneTool, ScrubTool, can_be_held, tool_at
from studio.view_state import ViewState

_WHEEL = 1.25


class Timeline(QAbstractScrollArea):
    """Lanes of the objects of a clip, and of the point trajectories that are selected.

    Click: select; on a tick, go there too. Double-click: go there. Drag in the ruler: scrub. Drag a bar's
    end: trim, or carry it on; a tick of a selected track: move the keyframe. Drag with Shift: mark frames.
    Right button: a menu. Wheel: scroll; with Ctrl: zoom; with Shift: sideways. Only the lanes that are seen
    are made and painted.

    Signals:
        edit_asked(Edit): the user meant this; nothing was written.
        told(str): why nothing happened; one sentence.
        reach_asked(int, int): carry a trajectory to a frame beyond its end.
        menu_asked(QPoint): the menu of what is selected is wanted there, on the screen.
    """

    edit_asked = Signal(object)
    told = Signal(str)
    reach_asked = Signal(int, int)
    menu_asked = Signal(QPoint)

    def __init__(self, document: Document, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self.lanes = LaneLayout(self, LaneSource(document, view), view)
        self._picture = TimelinePicture()
        self._fitted = True
        self._tool: ScrubTool | LaneTool | MarkTool | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(RULER + DENSITY + 2 * ROW)
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription("Tracks over time; left and right go by frames, up and down by tracks")
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.verticalScrollBar().setSingleStep(ROW)
        self.stepping = KeyRepeat(self)
        self.stepping.stepped.connect(view.step)
        view.clip_changed.connect(self._open)
        view.frame_changed.connect(self._follow)
        view.selection_changed.connect(self._selection_changed)
        for changing in (
            view.hovered_changed,
            view.filling_changed,
            view.layers_changed,
            view.marked_changed,
        ):
            changing.connect(self.viewport().update)
        view.shown_changed.connect(self._read)
        document.changed.connect(self._changed)
        self._open(view.clip)

    # --- what is shown ------------------------------------------------------------------------

    def _read(self) -> None:
        self.lanes.source.read()
        if self._tool is not None:
            self._tool.cancel()
        self._set_bars()
        self.viewport().update()

    # --- scrolling and zooming ----------------------------------------------------------------

    def fit(self) -> None:
        """Show all frames, and keep doing so when the window changes."""
        self._fitted = True
        self.lanes.scale = TimeScale(NAMES, self.lanes.narrowest)
        self._set_bars()
        self.viewport().update()

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Frames wider by a factor, around a pixel or the playhead."""
        lanes = self.lanes
        place = lanes.scale.middle(self._view.frame) if at is None else max(at, float(NAMES))
        zoomed = lanes.scale.zoomed(factor, place, lanes.narrowest)
        lanes.scale, self._fitted = zoomed, zoomed.width <= lanes.narrowest
        self._set_bars()  # before there was no room for the bar to stand where it must now
        self.horizontalScrollBar().setValue(round(NAMES - zoomed.left))
        self._scroll_sideways()

    def _set_bars(self) -> None:
        lanes = self.lanes
        height = max(self.viewport().height() - lanes.top, ROW)
        self.verticalScrollBar().setRange(0, max(0, len(lanes.source.ids) * ROW - height))
        self.verticalScrollBar().setPageStep(height)
        self.horizontalScrollBar().setPageStep(lanes.width)
        whole = round(lanes.frames * lanes.scale.width) + 8
        self.horizontalScrollBar().setRange(0, 0 if self._fitted else max(0, whole - lanes.width))
        self._scroll_sideways()

    def _scroll_sideways(self) -> None:
        left = float(NAMES - self.horizontalScrollBar().value())
        self.lanes.scale = replace(self.lanes.scale, left=left)
        self.viewport().update()

    def _follow(self, frame: int) -> None:
        """Keep the playhead in view."""
        x, width = self.lanes.scale.middle(frame), self.viewport().width()
        if not NAMES <= x <= width:
            centre = (NAMES + width) / 2
            bar = self.horizontalScrollBar()
            bar.setValue(round(bar.value() + x - centre))
            self._scroll_sideways()
        self.viewport().update()

    def _show_row(self, row: int) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height() - self.lanes.top
        top = row * ROW
        if top < bar.value():
            bar.setValue(top)
        elif top + ROW > bar.value() + height:
            bar.setValue(top + ROW - height)

    # --- what changes -------------------------------------------------------------------------

    def _open(self, clip: Clip | None) -> None:
        self.verticalScrollBar().setValue(0)
        self._read()
        self.fit()

    def _changed(self, changes: Changes) -> None:
        if self._view.clip is not None and self._view.clip.id in changes.clips:
            self._read()

    def _selection_changed(self, selection: frozenset[int]) -> None:
        self.lanes.source.choose()
        self._set_bars()
        self.viewport().update()
        rows = [row for row, id in enumerate(self.lanes.source.ids) if id in selection]
        if rows and not any(self.lanes.is_whole(row) for row in rows):
            self._show_row(rows[0])

    def paintEvent(self, event: QPaintEvent) -> None:
        whole = QRectF(self.viewport().rect())
        with QPainter(self.viewport()) as painter:
            self._picture.draw(painter, whole, self.lanes, self._tool, theme.colours(self))

    # --- mouse and keys -----------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.fit()
        self._set_bars()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._scroll_sideways()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            at = event.position().toPoint()
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and can_mark(self.lanes, at):
                self._tool = MarkTool(self.lanes, at, self.told.emit)
            else:
                asking = self.edit_asked.emit, self.told.emit, self.reach_asked.emit
                self._tool = tool_at(self.lanes, at, *asking)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._tool is not None:
            self._tool.drag(at)
            self.viewport().update()
        else:
            self._view.set_hovered(self.lanes.id_at(at))
            shapes = Qt.CursorShape
            self.viewport().setCursor(
                shapes.SizeHorCursor if can_be_held(self.lanes, at) else shapes.ArrowCursor
            )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        tool, self._tool = self._tool, None
        if tool is not None:
            self.viewport().update()
            tool.release(add=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        id = self.lanes.id_at(at)
        if id is None:
            self.mousePressEvent(event)
            return
        frame = self.lanes.scale.frame(at.x())
        self._view.set_selection([id])
        if at.x() >= NAMES:
            self._view.set_playing(False)
            self._view.set_frame(frame)
        else:
            self._view.set_frame(self.lanes.source.lane(id).first)

    def wheelEvent(self, event: QWheelEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        turn = event.angleDelta().y() or event.angleDelta().x()
        if control:
            self.zoom(_WHEEL ** (turn / 120), event.position().x())
        elif shift or event.angleDelta().y() == 0:
            self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - turn)
        else:
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - turn * 3 * ROW // 120)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape and self._tool is not None and self._tool.active:
            self._tool.cancel()
            self.viewport().update()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.lanes.source.ids:
            self._step(1 if key == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        """Select the lane below or above."""
        ids = self.lanes.source.ids
        chosen = [row for row, id in enumerate(ids) if id in self._view.selection]
        row = min(max(chosen[0] + by if chosen else 0, 0), len(ids) - 1)
        self._view.set_selection([ids[row]])
        self._show_row(row)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            active = self._tool is not None and self._tool.active
            if active and event.key() == Qt.Key.Key_Escape:
                event.accept()  # before the window's own Esc
                return True
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            id = self.lanes.id_at(event.pos())
            frame = self.lanes.scale.frame(event.pos().x())
            text = self.lanes.source.lane(id).about(frame) if id is not None else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        if event.type() == QEvent.Type.Leave:
            self._view.set_hovered(None)
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Select the lane, go to the frame, and ask for the menu; by key, where the selection is."""
        lanes, at, where = self.lanes, event.pos(), event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            ids = [id for id in lanes.source.ids if id in self._view.selection]
            if ids:
                where = self.viewport().mapToGlobal(lanes.lane_rect(ids[0]).center().toPoint())
                self.menu_asked.emit(where)
            return
        id = lanes.id_at(at)
        if id is None or self._view.clip is None:
            return
        frame = lanes.scale.frame(at.x())  # before another selection changes how much room there is
        if id not in self._view.selection:
            self._view.set_selection([id])
        if at.x() >= NAMES:
            self._view.set_playing(False)
            self._view.set_frame(frame)
        self.menu_asked.emit(where)
