"""The frame with its tracks, and the mouse over it."""

from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QEnterEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from core.overlay.drawing import Overlay
from core.overlay.look import Look
from studio import theme
from studio.canvas import marks
from studio.canvas.brush_tool import BrushTool
from studio.canvas.camera import Camera
from studio.canvas.draw_tools import BoxTool, PolygonTool
from studio.canvas.legend import legend_of
from studio.canvas.outline_tool import OutlineTool
from studio.canvas.peek import Peek
from studio.canvas.picture import scaled_picture
from studio.canvas.point_tool import PointTool
from studio.canvas.right_button import meant_by_right_button
from studio.canvas.segment_tool import SegmentTool
from studio.canvas.select_tool import SelectTool
from studio.canvas.stage import Stage
from studio.canvas.tool import DRAG_BEGINS, Pointer, Tool

_WHEEL = 1.25  # closer by a notch of the wheel
_MARGIN = 6.0  # view pixels kept free around a frame that is fitted

_NO_CLIP = "Open a clip in the list to see its frames and tracks here"


class FrameView(QWidget):
    """Shows a frame and lays the stage's scene over it; the left button belongs to the tool.

    Wheel: zoom at the mouse (with Ctrl: size of the brush). Middle button or Alt and drag: pan.
    Shift and drag: zoom to a rectangle. Right button: a menu.

    Attributes:
        peek: hides the tracks while a key is held.

    Signals:
        zoomed(float): view pixels that a frame pixel takes now.
        menu_asked(QPoint, bool): a menu is wanted there, on the screen; of the selection, else of the frame.
    """

    zoomed = Signal(float)
    menu_asked = Signal(QPoint, bool)

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._frame: np.ndarray | None = None
        self._message = ""
        self._fitted = True
        self.peek = Peek(self)
        self.peek.changed.connect(self.update)
        self._overlay = Overlay()
        self._overlay_image: QImage | None = None
        self._picture: tuple[QImage, QPointF, np.ndarray] | None = None
        self._panning: QPointF | None = None
        self._alt_pressed: QPointF | None = None
        self._zoom_from: QPointF | None = None
        self._zoom_to: QPointF | None = None
        self._at = QPointF()
        self._select = SelectTool(stage)
        self._tools: dict[str, Tool] = {
            "select": self._select,
            "box": BoxTool(stage),
            "segment": SegmentTool(stage),
            "brush": BrushTool(stage, erase=False),
            "erase": BrushTool(stage, erase=True),
            "polygon": PolygonTool(stage),
            "point": PointTool(stage),
            "outline": OutlineTool(stage),
        }
        self._tool = self._tools[stage.view.tool]
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 120)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Frame")
        self.setAccessibleDescription("The frame with its tracks; arrow keys go from frame to frame")
        stage.scene_changed.connect(self._redraw_tracks)
        stage.camera_changed.connect(self._redraw_all)
        stage.touched.connect(self.update)
        stage.stabilising.changed.connect(self._redraw_tracks)
        view = stage.view
        view.tool_changed.connect(self._change_tool)
        view.selection_changed.connect(self._selection_changed)
        view.layers_changed.connect(self._redraw_tracks)
        view.hovered_changed.connect(self.update)
        view.repairing_changed.connect(self.update)
        view.filling_changed.connect(self.update)

    # --- what is shown ------------------------------------------------------------------------

    def show_frame(self, frame: np.ndarray | None, message: str = "") -> None:
        """Show a frame, (H, W, 4) uint8 as the loader gives it, or a sentence in its place."""
        self._frame, self._message, self._picture = frame, message, None
        self.stage.picture = frame
        self.update()

    @property
    def frame(self) -> np.ndarray | None:
        """What is shown, (H, W, 4) uint8; None while the first frame is read or where one is missing."""
        return self._frame

    @property
    def tool(self) -> Tool:
        """The tool in use."""
        return self._tool

    @property
    def message(self) -> str:
        """The sentence shown in place of a frame; empty while there is one."""
        if self.stage.clip is None:
            return _NO_CLIP
        return self._message

    def fit(self) -> None:
        """Show the whole frame, and keep doing so when the window changes."""
        self._fitted = True
        if self.stage.clip is not None:
            whole = QRectF(0, 0, self.stage.width, self.stage.height)
            self._look(Camera.fitting(whole, self.width(), self.height(), _MARGIN))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Closer by a factor, around a place of the view or its middle."""
        self.look_from(self.stage.camera.zoomed(factor, at or QRectF(self.rect()).center()))

    def zoom_to(self, rect: QRectF) -> None:
        """Show a rectangle of the frame."""
        self.look_from(Camera.fitting(rect, self.width(), self.height(), _MARGIN))

    def look_from(self, camera: Camera) -> None:
        """Look from elsewhere, also when the window changes."""
        self._fitted = False
        self._look(camera)

    @property
    def is_fitted(self) -> bool:
        """Whether the whole frame is shown."""
        return self._fitted

    def _look(self, camera: Camera) -> None:
        self.stage.set_camera(camera)
        self.zoomed.emit(camera.scale)

    def _redraw_tracks(self) -> None:
        self._overlay_image = None
        self.update()

    def _redraw_all(self) -> None:
        self._picture = None
        self._redraw_tracks()

    def _selection_changed(self) -> None:
        self._tool.selection_changed()
        self._redraw_tracks()
        self.stage.hint_changed.emit(self._tool.hint())

    def _change_tool(self, name: str) -> None:
        self._tool.put_away()
        self._tool.leave()
        self._tool = self._tools[name]
        self._tool.say()
        self._redraw_tracks()
        self.setCursor(self._tool.cursor)

    # --- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(theme.colours(self).canvas))
            if self.stage.clip is not None:
                self._paint_frame(painter)
                if not self.peek.on and (self._frame is not None or self._message):
                    self._paint_tracks(painter)  # and not over nothing, while the first frame is read
            if self.message:
                self._paint_message(painter)
            if self._zoom_from is not None and self._zoom_to is not None:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
                painter.setPen(QPen(Qt.GlobalColor.white, 1, Qt.PenStyle.DashLine))
                painter.drawRect(QRectF(self._zoom_from, self._zoom_to).normalized())

    def _paint_frame(self, painter: QPainter) -> None:
        if self._frame is None:
            return
        ratio = self.devicePixelRatioF()
        if self._picture is None:
            found = scaled_picture(self._frame, self.stage.camera.times(ratio), self._pixels())
            if found is None:
                return
            picture, corner, pixels = found
            picture.setDevicePixelRatio(ratio)
            self._picture = picture, QPointF(corner.x() / ratio, corner.y() / ratio), pixels
        image, at, _ = self._picture
        painter.drawImage(at, image)

    def _paint_tracks(self, painter: QPainter) -> None:
        stage, ratio = self.stage, self.devicePixelRatioF()
        view, scene = stage.view, stage.scene
        if stage.lifted is not None:
            scene = scene.without(stage.lifted)
        if self._overlay_image is None:
            look = Look(
                camera=stage.camera.times(ratio),
                size=self._pixels(),
                ratio=ratio,
                shapes=stage.shapes,
                layers=view.drawn_layers,
                selection=view.selection,
                motion=stage.left_out,
            )
            drawn, how = self._overlay.draw(scene, look), QImage.Format.Format_ARGB32_Premultiplied
            height, width = drawn.shape
            self._overlay_image = QImage(drawn.data, width, height, 4 * width, how)
            self._overlay_image.setDevicePixelRatio(ratio)
        painter.drawImage(0, 0, self._overlay_image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        if view.layers.names:
            marks.draw_names(painter, scene, view.layers, stage.camera, whole, view.selection)
        chosen = scene.among(view.selection)
        strong = [one.id for one in chosen.objects]
        strong += chosen.ids.tolist() if len(chosen.ids) <= marks.MOST_POINTS else []
        draw = partial(
            marks.draw_trajectory,
            painter,
            scene,
            camera=stage.camera,
            shapes=stage.shapes,
            layers=view.layers,
            motion=stage.left_out,
        )
        for id in strong:
            draw(id, strong=True)
        if view.hovered is not None and view.hovered not in strong:
            draw(view.hovered, strong=False)
        one = scene.object(stage.selected_object) if stage.selected_object is not None else None
        if one is not None and view.tool == "select":
            marks.draw_handles(painter, one.box, stage.camera)
        for at, text in marks.under_way(scene, view, stage.camera):
            marks.draw_note(painter, at, text, self.palette(), whole)
        self._tool.paint(painter)
        marks.draw_legend(painter, legend_of(view.layers, stage.tracks), self.palette(), whole)
        has_note = view.hovered in view.repairing  # its note is there, and would be covered
        if view.hovered is not None and not has_note and self.underMouse() and not self._tool.active:
            note = marks.about(scene, view.hovered)
            if note:
                marks.draw_note(painter, self._at, note, self.palette(), whole)

    def _paint_message(self, painter: QPainter) -> None:
        """The message, on a panel of its own so that it can be read over tracks."""
        room = QRectF(self.rect()).adjusted(32, 24, -32, -24)
        how = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        text = painter.boundingRect(room, how, self.message)
        if self.stage.clip is not None:
            painter.setPen(QPen(QColor(theme.colours(self).bad), 1))
            painter.setBrush(self.palette().color(QPalette.ColorRole.Window))
            painter.drawRoundedRect(text.adjusted(-12, -8, 12, 8), 4, 4)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(text, how, self.message)

    def _pixels(self) -> tuple[int, int]:
        """Width and height in pixels of the screen."""
        ratio = self.devicePixelRatioF()
        return round(self.width() * ratio), round(self.height() * ratio)

    # --- events -------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self._takes(event):
                event.accept()
                return True
        elif event.type() == QEvent.Type.DevicePixelRatioChange:
            self._redraw_all()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.fit()
        self._redraw_all()

    def changeEvent(self, event: QEvent) -> None:
        self.update()
        super().changeEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at, left = event.position(), event.button() == Qt.MouseButton.LeftButton
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if event.button() == Qt.MouseButton.MiddleButton or (left and alt):
            self._panning, self._alt_pressed = at, at if left else None
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif left and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._zoom_from = at
        elif self._is_for_tool(event.button()):
            self.stage.view.set_playing(False)
            self._tool.press(self._pointer(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        plain = not event.modifiers() & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
        if event.button() == Qt.MouseButton.LeftButton and plain and self.stage.clip is not None:
            self._tool.double_click(self._pointer(event))
        else:
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._at = event.position()
        if self._panning is not None:
            step, self._panning = self._at - self._panning, self._at
            self.look_from(self.stage.camera.moved(step.x(), step.y()))
        elif self._zoom_from is not None:
            self._zoom_to = self._at
            self.update()
        elif self.stage.clip is not None:
            if self._is_for_tool(event.buttons()):
                self._tool.drag(self._pointer(event))
            else:
                self._tool.hover(self._pointer(event))
                self.setCursor(self._tool.cursor)
                if self.stage.view.hovered is not None:
                    self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._panning is not None:
            pressed, self._panning, self._alt_pressed = self._alt_pressed, None, None
            clicked = pressed is not None and (event.position() - pressed).manhattanLength() < DRAG_BEGINS
            if clicked and self.stage.clip is not None:
                self._tool.pick_next(self._pointer(event))
            self.setCursor(self._tool.cursor)
        elif self._zoom_from is not None:
            start, end, self._zoom_from, self._zoom_to = self._zoom_from, self._zoom_to, None, None
            if end is not None and (end - start).manhattanLength() > 8:
                camera = self.stage.camera
                self.zoom_to(QRectF(camera.to_frame(start), camera.to_frame(end)).normalized())
            self.update()
        elif self._is_for_tool(event.button()):
            self._tool.release(self._pointer(event))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        on_track = meant_by_right_button(event, self._tool, self._select)
        if on_track is not None:
            self.menu_asked.emit(event.globalPos(), on_track)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and isinstance(self._tool, BrushTool):
            self.stage.set_brush_radius(self.stage.brush_radius * 1.15**notches)
            self._tool.say()
        elif self.stage.clip is not None and notches:
            self.zoom(_WHEEL**notches, event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._takes(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self._tool.cancel()
        else:
            self._tool.key(Qt.Key(self._meant(event)))

    def enterEvent(self, event: QEnterEvent) -> None:
        self.setCursor(self._tool.cursor)

    def leaveEvent(self, event: QEvent) -> None:
        self._tool.leave()

    def _takes(self, event: QKeyEvent) -> bool:
        """Whether a key belongs to the canvas now, before any shortcut of the window."""
        return self._meant(event) in self._tool.keys

    def _meant(self, event: QKeyEvent) -> int:
        """The key; undo takes back what is under way, as Backspace does."""
        undo = self._tool.active and event.matches(QKeySequence.StandardKey.Undo)
        return Qt.Key.Key_Backspace if undo else event.key()

    def _is_for_tool(self, buttons: Qt.MouseButton) -> bool:
        return self.stage.clip is not None and bool(buttons & self._tool.buttons)

    def _pointer(self, event: QMouseEvent) -> Pointer:
        at, right = event.position(), Qt.MouseButton.RightButton in event.buttons() | event.button()
        return Pointer(at, self.stage.camera.to_frame(at), event.modifiers(), right)
