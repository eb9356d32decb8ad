"""An object by clicks and strokes on it and beside it, or by a rough box: the segmenter finds its edge."""

from functools import partial

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from core.events import OnProgress
from core.geometry import mask_box
from core.overlay.mask_shapes import MaskShape
from core.segmentation.segmenter import Prompts, Segmented, Segmenter
from core.trajectories.journal import Edit
from studio.background import Background
from studio.canvas import marks
from studio.canvas.box_changes import drawn_box
from studio.canvas.draw_tools import DrawTool
from studio.canvas.stage import Stage
from studio.canvas.tool import Pointer

_SMALLEST = 2.0  # frame pixels a side of a rough box has at least
_INSIDE, _BESIDE = QColor(0, 158, 115), QColor(213, 94, 0)
_INSTEAD = "The built-in one is used until the project is opened again."
_RADIUS = 6.5  # view pixels, of the dot of a prompt
_WIDTH = 4.0  # view pixels, of a stroke


class SegmentTool(DrawTool):
    """Clicks, strokes and a rough box, answered one by one in a thread; Enter keeps the mask that is shown.

    A drag draws a rough box where nothing is known of the object yet, else a stroke. Ctrl or the right button
    says what is beside the object.

    It makes a new object, or corrects the mask of the one selected. Each answer begins with the one before,
    so Backspace goes back to it at once. What is shown is kept when another tool, frame or track is chosen.
    """

    buttons = Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._object: int | None = None  # whose mask it is, from the first prompt on
        self._first: np.ndarray | None = None  # its mask before, (H, W) bool
        self._steps: list[Prompts] = []
        self._found: list[Segmented] = []  # the answers to the first of the steps
        self._shape: MaskShape | None = None
        self._asked = 0  # number of the question under way; answers to older ones are dropped
        self._line: list[Pointer] = []  # what is drawn, from the press on
        self._draws_box = False
        self._work = Background(stage)
        self._work.done.connect(self._take)
        self._work.failed.connect(self._refuse)
        self._work.cancelled.connect(self._go_on)
        stage.closing.connect(self._work.close)

    @property
    def active(self) -> bool:
        return bool(self._steps) or len(self._line) > 1

    @property
    def is_working(self) -> bool:
        """Whether an answer is on its way."""
        return len(self._found) < len(self._steps)

    @property
    def mask(self) -> np.ndarray | None:
        """(H, W) bool: what Enter would keep; None before the first answer."""
        return self._found[-1].mask if self._found else None

    def hint(self) -> str:
        if len(self._line) > 1:
            if self._draws_box:
                return "Release to find the object in this rough box; Esc cancels"
            return "Draw along what is wrong and release; Esc cancels"
        if not self._steps:
            known = self.stage.object_here(self.stage.selected_object) is not None
            if known:
                return f"Click or draw on {self._whose()}; Ctrl or the right button takes away"
            return f"Click on {self._whose()}, or drag a rough box around it"
        if self.is_working:
            return "Looking for its edge…; Esc cancels"
        how = "Click or draw adds, with Ctrl or the right button takes away; Enter keeps it, N begins another"
        return f"{how}, Backspace goes back, Esc cancels"

    # --- mouse and keys -----------------------------------------------------------------------

    def press(self, pointer: Pointer) -> None:
        self._line = [pointer]
        known = self.stage.object_here(self.stage.selected_object) is not None
        self._draws_box = not self._steps and not known and not _takes(pointer)

    def drag(self, pointer: Pointer) -> None:
        if self._line and (len(self._line) > 1 or pointer.far_from(self._line[0])):
            self._line.append(pointer)
            self.say()

    def release(self, pointer: Pointer) -> None:
        line, box, self._line = self._line, self._box(), []
        if not line or self.stage.picture is None:
            return
        if box is None:
            self._mark(line)
        elif (box[2:] - box[:2]).min() >= _SMALLEST:
            self._ask((self._steps[-1] if self._steps else self._begin()).with_box(box))
        else:
            self.say()

    def double_click(self, pointer: Pointer) -> None:
        """The second press of a quick pair of clicks is one more click."""
        self.press(pointer)

    def key(self, key: Qt.Key) -> bool:
        if key == Qt.Key.Key_Backspace:
            self._go_back()
        else:
            self.finish()
        return True

    def cancel(self) -> None:
        """Give up a stroke that is being drawn, else all."""
        if self._steps and len(self._line) > 1:
            self._line = []
            self.say()
        else:
            self._clear()

    def _clear(self) -> None:
        self._steps, self._found, self._shape, self._line = [], [], None, []
        self._object = self._first = None
        self._asked += 1
        self._work.cancel()
        self.stage.lift(None)
        self.say()

    def finish(self) -> None:
        """Keep the mask that is shown, as one edit; without one nothing is left to keep."""
        edit = self._kept()
        self._clear()
        if edit is not None:
            self.stage.ask(edit)

    def frame_changed(self) -> None:
        self.finish()

    def put_away(self) -> None:
        self.finish()

    def selection_changed(self) -> None:
        if self._steps and self._object != self.stage.selected_object:
            edit = self._kept()
            self._clear()
            if edit is not None:
                self.stage.ask_aside(edit)

    # --- what is asked and found --------------------------------------------------------------

    def _mark(self, line: list[Pointer]) -> None:
        """A click on the object, or beside it, or a stroke."""
        said, inside = self._steps[-1] if self._steps else self._begin(), not _takes(line[0])
        if not inside and said.is_empty and self._first is None:
            self.say()
            self.stage.hint_changed.emit("Click on the object first, then on what is not it")
            return
        self._ask(said.with_stroke(self._places(line), inside))

    def _begin(self) -> Prompts:
        """What is known before anything is said: the box of an object that has no mask here."""
        one = self.stage.object_here(self.stage.selected_object)
        self._object, self._first = self.stage.selected_object, self.stage.mask_of(one)
        self.stage.view.set_playing(False)
        return Prompts(box=one.box if one is not None and self._first is None else None)

    def _ask(self, prompts: Prompts) -> None:
        self._steps.append(prompts)
        self._go_on()
        self.say()

    def _go_on(self) -> None:
        """Ask for the next answer that is missing."""
        picture, place = self.stage.picture, len(self._found)
        if self._work.is_running or not self.is_working or picture is None:
            return
        prompts = self._steps[place]
        before = self._found[-1].mask if self._found else self._first
        drawn_anew = place == 0 and len(prompts.points) == 0
        if place:
            drawn_anew = prompts.box is not self._steps[place - 1].box
        prompts = prompts.correcting(None if drawn_anew else before)
        self._asked += 1
        self._work.start(partial(_answer, self.stage.segmenter, picture, prompts, self._asked))

    def _take(self, answer: tuple[int, Segmented]) -> None:
        number, found = answer
        if number == self._asked and self.is_working:
            self._found.append(found)
            self._show()
        self._go_on()

    def _refuse(self, sentence: str) -> None:
        """The last question cannot be answered by the model that was chosen, or not at all."""
        if self.stage.without_model():
            self.stage.failed.emit(f"{sentence} {_INSTEAD}")
            self._go_on()
            return
        del self._steps[len(self._found) :]
        self._show()
        self.stage.failed.emit(sentence)

    def _go_back(self) -> None:
        """Take the last prompt back."""
        del self._steps[-1:]
        del self._found[len(self._steps) :]
        if not self._steps:
            self._clear()
        else:
            self._asked += 1
            self._show()
            self._go_on()

    def _show(self) -> None:
        mask = self.mask
        self._shape = None if mask is None else MaskShape.of(mask)
        self.stage.lift(self._object if mask is not None else None)
        self.say()

    def _kept(self) -> Edit | None:
        """The edit that keeps what is shown; None where nothing is, or nothing was changed."""
        mask = self.mask
        box = mask_box(mask) if mask is not None else None
        if mask is None or box is None or (self._first is not None and np.array_equal(mask, self._first)):
            return None
        there = self._object if self._object in self.stage.tracks.objects else None
        return self._edit(box, mask, there)

    # --- painting -----------------------------------------------------------------------------

    def paint(self, painter: QPainter) -> None:
        camera = self.stage.camera
        if self._shape is not None:
            marks.draw_shape(painter, self._shape, self._colour(), camera)
        rough = self._box()
        if rough is not None:
            marks.draw_box(painter, camera.rect(rough), self._colour(), dashed=True, strong=True)
        elif len(self._line) > 1:
            _draw_mark(painter, camera.to_view(self._places(self._line)), not _takes(self._line[0]))
        if self._steps:
            said = self._steps[-1]
            places = camera.to_view(said.points)
            for number in np.unique(said.marks):
                of_one = said.marks == number
                _draw_mark(painter, places[of_one], bool(said.inside[of_one][0]))

    def _places(self, line: list[Pointer]) -> np.ndarray:
        """(M, 2) float32 of the frame."""
        kept = [self.stage.kept_inside(one.place) for one in line]
        return np.array([(place.x(), place.y()) for place in kept], np.float32)

    def _box(self) -> np.ndarray | None:
        if not self._draws_box or len(self._line) < 2:
            return None
        ends = [np.array((one.place.x(), one.place.y())) for one in (self._line[0], self._line[-1])]
        return drawn_box(ends[0], ends[1], (self.stage.width, self.stage.height))


def _takes(pointer: Pointer) -> bool:
    """Whether what is pointed at is beside the object."""
    return pointer.control or pointer.right


def _answer(
    segmenter: Segmenter | None, picture: np.ndarray, prompts: Prompts, number: int, report: OnProgress
) -> tuple[int, Segmented]:
    """For a thread: what prompts mean in a picture, (H, W, 4) uint8 as the canvas shows it."""
    report(0, 1, "")
    if segmenter is None:
        from core.segmentation.superpixel_cut import SuperpixelCut  # scipy's graphs come with it

        segmenter = SuperpixelCut()
    return number, segmenter.segment(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGB), prompts)


def _draw_mark(painter: QPainter, places: np.ndarray, inside: bool) -> None:
    """A click or a stroke (M, 2) in view pixels: at its beginning a plus on the object, a minus beside it."""
    if len(places) > 1:
        path = QPainterPath()
        path.addPolygon(marks.polygon(places))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        how = Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        for colour, width in ((QColor("white"), _WIDTH + 3), (_INSIDE if inside else _BESIDE, _WIDTH)):
            painter.strokePath(path, QPen(colour, width, *how))
    _draw_dot(painter, QPointF(float(places[0, 0]), float(places[0, 1])), inside)


def _draw_dot(painter: QPainter, at: QPointF, inside: bool) -> None:
    """A plus on the object, a minus beside it."""
    painter.setPen(QPen(Qt.GlobalColor.white, 1.5))
    painter.setBrush(_INSIDE if inside else _BESIDE)
    painter.drawEllipse(at, _RADIUS, _RADIUS)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.fillRect(QRectF(at.x() - 3.5, at.y() - 0.9, 7, 1.8), Qt.GlobalColor.white)
    if inside:
        painter.fillRect(QRectF(at.x() - 0.9, at.y() - 3.5, 1.8, 7), Qt.GlobalColor.white)
