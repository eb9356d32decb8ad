"""The corners of a mask's outline: drag them, add some, take some away."""

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from core.geometry import mask_box
from core.trajectories.journal import Edit
from core.trajectories.observation_edits import DeleteObservation
from studio.canvas import marks
from studio.canvas.draw_tools import DrawTool
from studio.canvas.hit_test import hit_object
from studio.canvas.outline import Corner, Outline
from studio.canvas.stage import Stage
from studio.canvas.tool import Pointer

_TOLERANCE = 3.0  # view pixels that an edge leaves its line by at most
_FINEST = 1.0  # frame pixels
_CORNER, _EDGE = 8.0, 6.0  # view pixels within which the mouse takes hold
_TINT = 90  # of 255, of a mask that is changed


class OutlineTool(DrawTool):
    """Changes the outline of the selected object's mask; Enter, another tool, frame or track keeps it.

    Drag a corner; press on the line for a new one; Alt+click, right click or Delete takes one away.
    """

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._known: tuple[int, int, bytes, float] | None = None  # what `_shown` was made of
        self._shown: Outline | None = None
        self._before: list[Outline] = []  # each change, the oldest first
        self._near: Corner | None = (
            None  # under the mouse, or touched last; a note that comes up there is no leaving
        )
        self._dragged: Outline | None = None  # before the drag under way

    @property
    def active(self) -> bool:
        return bool(self._before) or self._dragged is not None

    @property
    def keys(self) -> frozenset[Qt.Key]:
        there = self._outline() is not None
        return super().keys | {Qt.Key.Key_Delete} if there else super().keys

    def hint(self) -> str:
        if self._outline() is None:
            return "Select one object with a mask in this frame to edit its outline; a click selects"
        how = "Drag a corner, press on the line to add one; Alt+click, right click or Del takes one away"
        return f"{how}; Enter keeps it, Backspace goes back, Esc cancels" if self._before else how

    # --- mouse and keys -----------------------------------------------------------------------

    def pick_next(self, pointer: Pointer) -> None:
        self.right_click(pointer)

    def right_click(self, pointer: Pointer) -> bool:
        corner = self._corner(pointer)
        if corner is not None:
            self._take_away(corner)
        return corner is not None or self.active

    def press(self, pointer: Pointer) -> None:
        shown, corner = self._outline(), self._corner(pointer)
        if shown is not None and corner is None:
            edge = shown.edge_near(_place(pointer), self._reach(_EDGE))
            if edge is not None:
                self._shown, corner = shown.split(edge, _place(pointer))
        self._near, self._dragged = corner, shown if corner is not None else None
        if corner is None:
            self._select(pointer)
        self.say()

    def drag(self, pointer: Pointer) -> None:
        if self._dragged is not None and self._near is not None and self._shown is not None:
            place = self.stage.kept_inside(pointer.place)
            self._shown = self._shown.moved(self._near, np.array((place.x(), place.y()), np.float32))
            self.stage.lift(self.stage.selected_object)
            self.say()

    def release(self, pointer: Pointer) -> None:
        before, self._dragged = self._dragged, None
        if before is not None and self._shown is not before:
            self._before.append(before)
        self.say()

    def hover(self, pointer: Pointer) -> None:
        near, shown = self._corner(pointer), self._outline()
        on_edge = shown is not None and shown.edge_near(_place(pointer), self._reach(_EDGE)) is not None
        on_line = Qt.CursorShape.CrossCursor if on_edge else Qt.CursorShape.ArrowCursor
        self.cursor = Qt.CursorShape.SizeAllCursor if near is not None else on_line
        if near != self._near:
            self._near = near
            self.stage.touched.emit()

    def key(self, key: Qt.Key) -> bool:
        if key == Qt.Key.Key_Delete:
            if self._near is not None:
                self._take_away(self._near)
            else:
                self.stage.hint_changed.emit("Point at a corner of the outline to take it away")
        elif key == Qt.Key.Key_Backspace:
            self._go_back()
        else:
            self.finish()
        return True

    def cancel(self) -> None:
        self._before, self._dragged, self._near = [], None, None
        self._known = self._shown = None
        self.stage.lift(None)
        self.say()

    def finish(self) -> None:
        """Keep the outline that is shown, as one edit."""
        edit = self._kept()
        self.cancel()
        if edit is not None:
            self.stage.ask_aside(edit)

    def frame_changed(self) -> None:
        self.finish()

    def put_away(self) -> None:
        self.finish()

    def selection_changed(self) -> None:
        if self._known is None or self._known[0] != self.stage.selected_object:
            self.finish()

    # --- the outline --------------------------------------------------------------------------

    def _outline(self) -> Outline | None:
        """What is shown: the outline that is being changed, or that of the object selected here."""
        if self.active:
            return self._shown
        one = self.stage.object_here(self.stage.selected_object)
        if one is None or one.mask is None:
            self._known = self._shown = None
            return None
        known = one.id, self.stage.scene.frame, one.mask, max(self._reach(_TOLERANCE), _FINEST)
        if known != self._known:
            mask = self.stage.mask_of(one)
            self._known = known
            self._shown = Outline.of(mask, known[3]) if mask is not None else None
        return self._shown

    def _kept(self) -> Edit | None:
        """The edit that keeps what was changed; None where nothing was."""
        known, shown, clip = self._known, self._shown, self.stage.clip
        if known is None or shown is None or clip is None or not self._before:
            return None
        if known[0] not in self.stage.tracks.objects:
            return None
        mask = shown.mask(self.stage.height, self.stage.width)
        first = self._before[0].mask(self.stage.height, self.stage.width)
        box = mask_box(mask)
        if np.array_equal(mask, first):
            return None
        if box is None:
            return DeleteObservation(clip.id, known[0], known[1])
        return self._edit(box, mask, known[0])

    def _corner(self, pointer: Pointer) -> Corner | None:
        shown = self._outline()
        return None if shown is None else shown.corner_near(_place(pointer), self._reach(_CORNER))

    def _take_away(self, corner: Corner) -> None:
        shown = self._outline()
        if shown is not None:
            self._before.append(shown)
            self._shown, self._near = shown.without(corner), None
            self.stage.lift(self.stage.selected_object)
            self.say()

    def _go_back(self) -> None:
        """Take the last change back."""
        if self._before:
            self._shown, self._near = self._before.pop(), None
        if not self._before:
            self.stage.lift(None)
        self.say()

    def _select(self, pointer: Pointer) -> None:
        """Take the object under the mouse, if there is one."""
        found = hit_object(self.stage.scene, self.stage.camera, pointer.at, self.stage.shapes, "inside")
        if found is not None:
            self.stage.view.set_selection({found.id})

    def _reach(self, pixels: float) -> float:
        """Pixels of the view in pixels of the frame."""
        return pixels / self.stage.camera.scale

    # --- painting -----------------------------------------------------------------------------

    def paint(self, painter: QPainter) -> None:
        shown, camera = self._outline(), self.stage.camera
        if shown is None:
            return
        path, colour = QPainterPath(), self._colour()
        path.setFillRule(Qt.FillRule.OddEvenFill)
        for ring in shown.rings:
            path.addPolygon(marks.polygon(camera.to_view(ring.line)))
            path.closeSubpath()
        if self.active:
            painter.fillPath(path, QColor(colour.red(), colour.green(), colour.blue(), _TINT))
        marks.stroke(painter, path, colour, 1.5)
        for number, ring in enumerate(shown.rings):
            for place, (x, y) in enumerate(camera.to_view(ring.corners)):
                near = self._near == Corner(number, place)
                radius = 5.5 if near else 3.5
                painter.setPen(QPen(QColor(0, 0, 0, 200), 1))
                painter.setBrush(colour if near else Qt.GlobalColor.white)
                painter.drawEllipse(QPointF(float(x), float(y)), radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _place(pointer: Pointer) -> np.ndarray:
    return np.array((pointer.place.x(), pointer.place.y()), np.float32)
