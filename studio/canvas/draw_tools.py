"""Draw an object: its box, or the outline of its mask."""

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath

from core.geometry import encode_mask, mask_box
from core.polygons import fill
from core.trajectories.journal import Edit
from core.trajectories.observation_edits import AddObject, SetObservation
from studio.canvas import marks, mask_changes
from studio.canvas.box_changes import drawn_box
from studio.canvas.colours import track_colour
from studio.canvas.stage import Stage
from studio.canvas.tool import Pointer, Tool

_SMALLEST = 2.0  # frame pixels a side of a drawn box has at least
_CLOSES = 8.0  # view pixels from the first corner within which a click closes the outline
NEW = QColor(255, 255, 255)
"""Colour of a track that is not there yet."""


class DrawTool(Tool):
    """Common to what draws on the selected object, or makes a new one where none is selected."""

    cursor = Qt.CursorShape.CrossCursor

    def _colour(self) -> QColor:
        chosen = self.stage.selected_object
        return NEW if chosen is None else track_colour(chosen)

    def _whose(self) -> str:
        chosen = self.stage.selected_object
        return "a new object" if chosen is None else f"track {chosen}"

    def _edit(self, box: np.ndarray, mask: np.ndarray | None, chosen: int | None) -> Edit:
        """A box (4,) and mask (H, W) for an object in the frame shown; `chosen` is None for a new one."""
        clip, frame = self.stage.clip, self.stage.scene.frame
        runs = None if mask is None or not mask.any() else encode_mask(mask)
        if clip is None:
            raise ValueError("drawing without a clip")
        if chosen is None:
            return AddObject(clip.id, "", frame, box, runs, clip.annotator)
        return SetObservation(clip.id, chosen, frame, box, runs)


class BoxTool(DrawTool):
    """Drag a box: it replaces the selected object's, whose mask is cut to it, or makes a new object."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._start: Pointer | None = None
        self._end: Pointer | None = None

    @property
    def active(self) -> bool:
        return self._end is not None

    def hint(self) -> str:
        if self.active:
            return "Release to finish the box; Esc cancels"
        return f"Drag the box of {self._whose()} in this frame"

    def press(self, pointer: Pointer) -> None:
        self._start = pointer

    def drag(self, pointer: Pointer) -> None:
        if self._start is not None and (self.active or pointer.far_from(self._start)):
            self._end = pointer
            self.say()

    def release(self, pointer: Pointer) -> None:
        box = self._box()
        self.cancel()
        if box is None or (box[2:] - box[:2]).min() < _SMALLEST:
            return
        mask = self.stage.mask_of(self.stage.object_here(self.stage.selected_object))
        mask = None if mask is None else mask_changes.cropped(mask, box)
        self.stage.ask(self._edit(box, mask, self.stage.selected_object))

    def cancel(self) -> None:
        self._start = self._end = None
        self.say()

    def paint(self, painter: QPainter) -> None:
        box = self._box()
        if box is not None:
            rect = self.stage.camera.rect(box)
            marks.draw_box(painter, rect, self._colour(), dashed=False, strong=True)

    def _box(self) -> np.ndarray | None:
        if self._start is None or self._end is None:
            return None
        ends = [np.array((one.place.x(), one.place.y())) for one in (self._start, self._end)]
        return drawn_box(ends[0], ends[1], (self.stage.width, self.stage.height))


class PolygonTool(DrawTool):
    """Click corners around an object: the outline replaces its mask in the frame shown."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._corners: list[QPointF] = []  # of the frame
        self._at: QPointF | None = None

    @property
    def active(self) -> bool:
        return bool(self._corners)

    def hint(self) -> str:
        if not self.active:
            selected = self.stage.object_here(self.stage.selected_object)
            has_mask = selected is not None and selected.mask is not None
            instead = "; the outline takes the place of its mask here" if has_mask else ""
            return f"Click corners around {self._whose()}{instead}"
        return "Click the next corner; Enter or double-click closes, right click takes one back, Esc cancels"

    def press(self, pointer: Pointer) -> None:
        place = self.stage.kept_inside(pointer.place)
        if len(self._corners) >= 3 and self._closes(pointer):
            self._finish()
        elif not self._corners or place != self._corners[-1]:
            self._corners.append(place)
        self.say()

    def hover(self, pointer: Pointer) -> None:
        self._at = self.stage.kept_inside(pointer.place)
        self.stage.touched.emit()

    def drag(self, pointer: Pointer) -> None:
        self.hover(pointer)

    def double_click(self, pointer: Pointer) -> None:
        self._finish()

    def right_click(self, pointer: Pointer) -> bool:
        """Takes the last corner back."""
        return self.active and self.key(Qt.Key.Key_Backspace)

    def leave(self) -> None:
        self._at = None
        self.stage.touched.emit()

    def key(self, key: Qt.Key) -> bool:
        if key == Qt.Key.Key_Backspace:
            del self._corners[-1:]
            self.say()
        else:
            self._finish()
        return True

    def cancel(self) -> None:
        self._corners = []
        self.say()

    def frame_changed(self) -> None:
        """The corners stay: the outline is given to the frame in which it is closed."""

    def paint(self, painter: QPainter) -> None:
        if not self._corners:
            return
        corners = [*self._corners, *([self._at] if self._at is not None else [])]
        places = self.stage.camera.to_view(np.array([(one.x(), one.y()) for one in corners], np.float32))
        path = QPainterPath()
        path.addPolygon(marks.polygon(places))
        if len(corners) > 2:
            path.closeSubpath()
        marks.stroke(painter, path, self._colour(), 1.5)
        for x, y in places[: len(self._corners)]:
            marks.draw_head(painter, QPointF(float(x), float(y)), self._colour(), strong=False)

    def _closes(self, pointer: Pointer) -> bool:
        first = np.array([(self._corners[0].x(), self._corners[0].y())], np.float32)
        x, y = self.stage.camera.to_view(first)[0]
        return (pointer.at - QPointF(float(x), float(y))).manhattanLength() <= _CLOSES

    def _finish(self) -> None:
        corners = np.array([(one.x(), one.y()) for one in self._corners])
        self.cancel()
        if len(corners) < 3:
            return
        mask = fill([corners], self.stage.height, self.stage.width)
        box = mask_box(mask)
        if box is not None:
            self.stage.ask(self._edit(box, mask, self.stage.selected_object))
