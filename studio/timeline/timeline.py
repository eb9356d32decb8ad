"""The timeline: a lane a trajectory, from its first frame to its last."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QMenu, QToolTip, QWidget

from core.datasets.clip import Clip
from core.trajectories.edits import Trim
from core.trajectories.model import Changes
from studio import theme
from studio.canvas.key_repeat import KeyRepeat
from studio.document import Document
from studio.timeline.lane_menu import lane_menu
from studio.timeline.lane_source import LaneSource
from studio.timeline.painting import draw_density, draw_lane, draw_name, draw_playhead, draw_ruler, say
from studio.timeline.time_scale import TimeScale
from studio.timeline.trim import REACH, TrimDrag
from studio.view_state import ViewState

NAMES = 150  # view pixels of the column of names
RULER = 24
DENSITY = 36
ROW = 22

_DRAG_BEGINS = 3.0
_WHEEL = 1.25


class Timeline(QAbstractScrollArea):
    """Lanes of the objects of a clip, and of the point trajectories that are selected.

    Click: select; on a tick, go there too. Double-click: go there. Drag in the ruler: scrub. Drag a
    bar's end: trim. Wheel: scroll; with Ctrl: zoom; with Shift: sideways. Only the lanes that are
    seen are made and painted.

    Signals:
        edit_asked(Edit): the user meant this; nothing was written.
    """

    edit_asked = Signal(object)

    def __init__(self, document: Document, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._source = LaneSource(document, view)
        self._scale = TimeScale(NAMES)
        self._fitted = True
        self._scrubbing = False
        self._pressed: QPoint | None = None
        self._grabbed: TrimDrag | None = None
        self._trim: TrimDrag | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(RULER + DENSITY + 2 * ROW)
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription("Tracks over time; left and right go by frames, up and down by tracks")
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.verticalScrollBar().setSingleStep(ROW)
        self._keys = KeyRepeat(self)
        self._keys.stepped.connect(view.step)
        view.clip_changed.connect(self._open)
        view.frame_changed.connect(self._follow)
        view.selection_changed.connect(self._selection_changed)
        for changing in (view.hovered_changed, view.filling_changed):
            changing.connect(self.viewport().update)
        view.shown_changed.connect(self._read)
        document.changed.connect(self._changed)
        self._open(view.clip)

    # --- what is shown ------------------------------------------------------------------------

    @property
    def lane_ids(self) -> tuple[int, ...]:
        """The trajectories that have a lane, from the top."""
        return tuple(self._source.ids)

    @property
    def scale(self) -> TimeScale:
        """Where frames lie in the viewport."""
        return self._scale

    def lane_rect(self, trajectory_id: int) -> QRectF:
        """Where the lane of a trajectory lies in the viewport."""
        return self._row_rect(self._source.ids.index(trajectory_id))

    def _read(self) -> None:
        self._source.read()
        self._pressed = self._grabbed = self._trim = None
        self._set_bars()
        self.viewport().update()

    @property
    def _clip_id(self) -> int:
        clip = self._view.clip
        if clip is None:
            raise ValueError("there is no clip")
        return clip.id

    @property
    def _frames(self) -> int:
        return self._view.clip.frames if self._view.clip is not None else 0

    @property
    def _top(self) -> int:
        """Where the lanes begin."""
        return RULER + (DENSITY if len(self._source.density) else 0)

    def _row_rect(self, row: int) -> QRectF:
        y = self._top + row * ROW - self.verticalScrollBar().value()
        return QRectF(NAMES, y, self.viewport().width() - NAMES, ROW)

    # --- scrolling and zooming ----------------------------------------------------------------

    def fit(self) -> None:
        """Show all frames, and keep doing so when the window changes."""
        self._fitted = True
        self._scale = TimeScale(NAMES, self._narrowest)
        self._set_bars()
        self.viewport().update()

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Frames wider by a factor, around a pixel or the playhead."""
        place = self._scale.middle(self._view.frame) if at is None else max(at, float(NAMES))
        zoomed = self._scale.zoomed(factor, place, self._narrowest)
        self._scale, self._fitted = zoomed, zoomed.width <= self._narrowest
        self._set_bars()  # before there was no room for the bar to stand where it must now
        self.horizontalScrollBar().setValue(round(NAMES - zoomed.left))
        self._scroll_sideways()

    @property
    def _narrowest(self) -> float:
        return max(self.viewport().width() - NAMES - 8, 50) / max(self._frames, 1)

    def _set_bars(self) -> None:
        height = max(self.viewport().height() - self._top, ROW)
        self.verticalScrollBar().setRange(0, max(0, len(self._source.ids) * ROW - height))
        self.verticalScrollBar().setPageStep(height)
        width = self.viewport().width() - NAMES
        self.horizontalScrollBar().setPageStep(width)
        whole = round(self._frames * self._scale.width) + 8
        self.horizontalScrollBar().setRange(0, 0 if self._fitted else max(0, whole - width))
        self._scroll_sideways()

    def _scroll_sideways(self) -> None:
        self._scale = replace(self._scale, left=float(NAMES - self.horizontalScrollBar().value()))
        self.viewport().update()

    def _follow(self, frame: int) -> None:
        """Keep the playhead in view."""
        x, width = self._scale.middle(frame), self.viewport().width()
        if not NAMES <= x <= width:
            centre = (NAMES + width) / 2
            bar = self.horizontalScrollBar()
            bar.setValue(round(bar.value() + x - centre))
            self._scroll_sideways()
        self.viewport().update()

    def _show_row(self, row: int) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height() - self._top
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
        self._source.choose()
        self._set_bars()
        self.viewport().update()
        rows = [row for row, id in enumerate(self._source.ids) if id in selection]
        if rows and not any(self._visible(row) for row in rows):
            self._show_row(rows[0])

    def _visible(self, row: int) -> bool:
        rect = self._row_rect(row)
        return self._top <= rect.top() and rect.bottom() <= self.viewport().height()

    # --- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self.viewport()), theme.colours(self)
        whole = QRectF(self.viewport().rect())
        painter.fillRect(whole, QColor(colours.base))
        if self._view.clip is None:
            say(painter, whole, "Open a clip to see its tracks over time", colours)
            return
        painter.setClipRect(whole.adjusted(0, self._top, 0, 0))
        self._paint_lanes(painter, colours)
        painter.setClipping(False)
        beside = whole.adjusted(NAMES, 0, 0, 0)
        if not self._source.ids:
            say(painter, beside.adjusted(0, self._top, 0, 0), self._source.empty_text, colours)
        draw_ruler(painter, QRectF(0, 0, whole.width(), RULER), NAMES, self._scale, self._frames, colours)
        if len(self._source.density):
            strip = QRectF(0, RULER, whole.width(), DENSITY)
            draw_density(painter, strip, NAMES, self._scale, self._source.density, self._view.frame, colours)
        painter.setPen(QColor(colours.border))
        painter.drawLine(NAMES - 1, 0, NAMES - 1, round(whole.bottom()))
        draw_playhead(painter, beside, RULER, self._scale, self._view.frame, colours)

    def _paint_lanes(self, painter: QPainter, colours: theme.Colours) -> None:
        ids = self._source.ids
        first = self.verticalScrollBar().value() // ROW
        last = min(first + self.viewport().height() // ROW + 1, len(ids) - 1)
        for row in range(first, last + 1):
            id, rect = ids[row], self._row_rect(row)
            background = QColor(colours.stripe if row % 2 else colours.base)
            if id in self._view.selection:
                background = QColor(colours.accent)
                background.setAlpha(70)
            elif id == self._view.hovered:
                background = QColor(colours.button)
            painter.fillRect(rect.adjusted(-NAMES, 0, 0, 0), background)
            lane = self._source.lane(id)
            trim = self._trim if self._trim is not None and self._trim.lane.id == id else None
            kept = (trim.first, trim.last) if trim else None
            draw_lane(painter, rect, self._scale, lane, colours, kept, self._view.filling.get(id))
            draw_name(painter, QRectF(0, rect.top(), NAMES, ROW), lane, colours)

    # --- mouse and keys -----------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.fit()
        self._set_bars()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._scroll_sideways()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if event.button() != Qt.MouseButton.LeftButton or self._view.clip is None:
            return
        if at.y() < self._top:
            if at.x() >= NAMES:
                self._scrubbing = True
                self._go(at)
            return
        self._pressed, self._grabbed = at, self._bar_end(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._scrubbing:
            self._go(at)
        elif self._grabbed is not None and self._pressed is not None:
            if self._trim is not None or abs(at.x() - self._pressed.x()) >= _DRAG_BEGINS:
                self._trim = self._grabbed.moved(at.x(), self._scale)
                self.viewport().update()
        elif self._pressed is None:
            self._view.set_hovered(self._id_at(at))
            end = self._bar_end(at) is not None
            self.viewport().setCursor(Qt.CursorShape.SizeHorCursor if end else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, trim = self._pressed, self._trim
        self._scrubbing = False
        self._pressed = self._grabbed = self._trim = None
        if trim is not None:
            self.viewport().update()
            if trim.changes:
                self.edit_asked.emit(Trim(self._clip_id, trim.lane.id, trim.first, trim.last))
        elif pressed is not None:
            self._click(pressed, bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        id = self._id_at(at)
        if id is None:
            self.mousePressEvent(event)
            return
        self._view.set_selection([id])
        if at.x() >= NAMES:
            self._go(at)
        else:
            self._view.set_frame(self._source.lane(id).first)

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
        if key == Qt.Key.Key_Escape and self._trim is not None:
            self._pressed = self._grabbed = self._trim = None
            self.viewport().update()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._source.ids:
            chosen = [row for row, id in enumerate(self._source.ids) if id in self._view.selection]
            step = 1 if key == Qt.Key.Key_Down else -1
            row = min(max((chosen[0] + step) if chosen else 0, 0), len(self._source.ids) - 1)
            self._view.set_selection([self._source.ids[row]])
            self._show_row(row)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            taken = self._trim is not None and event.key() == Qt.Key.Key_Escape
            if taken:
                event.accept()  # before the window's own Esc
            return taken or super().event(event)
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            id = self._id_at(event.pos())
            frame = self._scale.frame(event.pos().x())
            text = self._source.lane(id).about(frame) if id is not None else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        if event.type() == QEvent.Type.Leave:
            self._view.set_hovered(None)
        return super().viewportEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.menu_at(event.pos())
        if menu is not None:
            menu.popup(event.globalPos())

    def menu_at(self, at: QPoint) -> QMenu | None:
        """The menu of the lane at a place of the viewport, which is selected; None beside the lanes."""
        id = self._id_at(at)
        if id is None:
            return None
        if id not in self._view.selection:
            self._view.set_selection([id])
        frame = self._scale.frame(at.x()) if at.x() >= NAMES else self._view.frame
        frame = min(max(frame, 0), self._frames - 1)
        menu = lane_menu(
            self, self._clip_id, self._source.lane(id), self._view.selection, frame, self.edit_asked.emit
        )
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    # --- what is under the mouse --------------------------------------------------------------

    def _go(self, at: QPoint) -> None:
        self._view.set_playing(False)
        self._view.set_frame(self._scale.frame(at.x()))

    def _id_at(self, at: QPoint) -> int | None:
        row = (at.y() - self._top + self.verticalScrollBar().value()) // ROW
        return self._source.ids[row] if at.y() >= self._top and 0 <= row < len(self._source.ids) else None

    def _bar_end(self, at: QPoint) -> TrimDrag | None:
        """The end of a bar under the mouse."""
        id = self._id_at(at)
        if id is None or at.x() < NAMES:
            return None
        return TrimDrag.at(self._source.lane(id), at.x(), self._scale)

    def _click(self, at: QPoint, add: bool) -> None:
        id = self._id_at(at)
        if id is None:
            if not add:
                self._view.set_selection(())
            return
        self._view.set_selection(self._view.selection ^ {id} if add else [id])
        ticks = self._source.lane(id).keyframes
        if at.x() >= NAMES and len(ticks):
            distance = np.abs(self._scale.xs(ticks + 0.5) - at.x())
            if distance.min() <= REACH:
                self._view.set_frame(int(ticks[distance.argmin()]))
