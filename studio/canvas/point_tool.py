"""Start point trajectories by clicks."""

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from core.trajectories.point_edits import AddPoint
from studio.canvas import marks
from studio.canvas.draw_tools import NEW
from studio.canvas.stage import Stage
from studio.canvas.tool import Pointer, Tool


class PointTool(Tool):
    """A click on the frame makes a new point there; while the button is held, it can still be moved."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._at: QPointF | None = None  # of the frame

    @property
    def active(self) -> bool:
        return self._at is not None

    def hint(self) -> str:
        if self.active:
            return "Release to put the point there; Esc cancels"
        return "Click on the frame: a new point is followed from there, both ways; Esc stops that"

    def press(self, pointer: Pointer) -> None:
        place = pointer.place
        if 0 <= place.x() < self.stage.width and 0 <= place.y() < self.stage.height:
            self._at = place
            self.say()

    def drag(self, pointer: Pointer) -> None:
        if self._at is not None:
            self._at = self.stage.kept_inside(pointer.place)
            self.stage.touched.emit()

    def release(self, pointer: Pointer) -> None:
        at, clip, view = self._at, self.stage.clip, self.stage.view
        self.cancel()
        if at is None or clip is None:
            return
        if not view.layers.trails:  # what is made is seen
            view.set_layers(replace(view.layers, trails=True))
        self.stage.ask(AddPoint(clip.id, self.stage.scene.frame, at.x(), at.y()))

    def cancel(self) -> None:
        self._at = None
        self.say()

    def paint(self, painter: QPainter) -> None:
        if self._at is not None:
            camera = self.stage.camera
            at = QPointF(self._at.x() * camera.scale + camera.dx, self._at.y() * camera.scale + camera.dy)
            marks.draw_head(painter, at, NEW, strong=True)
