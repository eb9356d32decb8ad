"""Paint and erase masks."""

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from core.geometry import mask_box
from core.trajectories.observation_edits import DeleteObservation
from studio.canvas import marks, mask_changes
from studio.canvas.draw_tools import DrawTool
from studio.canvas.stage import Stage
from studio.canvas.tool import Pointer


class BrushTool(DrawTool):
    """Paint the selected object's mask, or a new object's; with `erase`, take pixels away.

    With Ctrl held as a stroke begins it is the other way about. The box becomes that of the mask. Erasing all
    of it deletes the observation.
    """

    cursor = Qt.CursorShape.BlankCursor

    def __init__(self, stage: Stage, erase: bool) -> None:
        super().__init__(stage)
        self._erase = erase
        self._takes = erase  # in the stroke under way
        self._mask: np.ndarray | None = None
        self._last = (0.0, 0.0)
        self._at: QPointF | None = None

    @property
    def active(self) -> bool:
        return self._mask is not None

    def hint(self) -> str:
        size = f"size {2 * self.stage.brush_radius:.0f} px, Ctrl+wheel changes it"
        if self.active:
            return "Release to finish the stroke; Esc cancels"
        if self._erase and self._painted() is None:
            return "Select one object with a mask in this frame to erase parts of it"
        verb, other = ("Erase from", "paints") if self._erase else ("Paint", "erases")
        return f"{verb} the mask of {self._whose()}; Ctrl {other}; {size}"

    def press(self, pointer: Pointer) -> None:
        painted = self._painted()
        self._takes = self._erase != pointer.control
        if painted is None and self._takes:
            return
        self._mask = np.zeros((self.stage.height, self.stage.width), bool) if painted is None else painted
        self._last = (pointer.place.x(), pointer.place.y())
        self.stage.lift(self.stage.selected_object)
        self._stroke(pointer)

    def drag(self, pointer: Pointer) -> None:
        self._at = pointer.at
        self._stroke(pointer)

    def release(self, pointer: Pointer) -> None:
        mask = self._mask
        before = self._painted()
        self.cancel()
        if mask is None or (before is not None and np.array_equal(mask, before)):
            return
        box, clip, chosen = mask_box(mask), self.stage.clip, self.stage.selected_object
        if box is not None:
            self.stage.ask(self._edit(box, mask, chosen))
        elif clip is not None and chosen is not None:
            self.stage.ask(DeleteObservation(clip.id, chosen, self.stage.scene.frame))

    def hover(self, pointer: Pointer) -> None:
        self._at = pointer.at
        self.stage.touched.emit()

    def leave(self) -> None:
        self._at = None
        self.stage.touched.emit()

    def cancel(self) -> None:
        self._mask = None
        self.stage.lift(None)
        self.say()

    def paint(self, painter: QPainter) -> None:
        if self._mask is not None:
            marks.draw_mask(painter, self._mask, self._colour(), self.stage.camera)
        if self._at is not None:
            radius = self.stage.brush_radius * self.stage.camera.scale
            circle = QPainterPath()
            circle.addEllipse(self._at, radius, radius)
            marks.stroke(painter, circle, self._colour(), 1.5)

    def _painted(self) -> np.ndarray | None:
        """The selected object's mask in the frame shown."""
        return self.stage.mask_of(self.stage.object_here(self.stage.selected_object))

    def _stroke(self, pointer: Pointer) -> None:
        if self._mask is not None:
            place = (pointer.place.x(), pointer.place.y())
            radius = self.stage.brush_radius
            mask_changes.paint_stroke(self._mask, self._last, place, radius, not self._takes)
            self._last = place
            self.say()
