"""The canvas: the frame between its two bars, and what the window's actions do with it."""

import numpy as np
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.model import Changes
from studio.canvas.camera import Camera
from studio.canvas.frame_loader import FrameLoader
from studio.canvas.frame_view import FrameView
from studio.canvas.key_repeat import KeyRepeat
from studio.canvas.layer_bar import LayerBar
from studio.canvas.player import Player
from studio.canvas.stage import Stage
from studio.canvas.transport import Transport
from studio.document import Document
from studio.view_state import ViewState

_STEP = 1.25  # larger by one press of a key
_AROUND = 0.5  # of a selection's size, kept free around it
_LEAST_AROUND = 100.0  # frame pixels kept free on each side of it at least


class CanvasPane(QWidget):
    """Shows `view.clip` at `view.frame` and turns what is done with the mouse into edits.

    Attributes:
        shown_frame: of the clip; None until one is `shown`.

    Signals:
        edit_asked(Edit): the user meant this; nothing was written.
        hint_changed(str): what the tool in use expects.
        shown(int): a frame is there with its tracks, or the sentence in its place.
        failed(str): what a tool worked out in the background could not be; one sentence.
    """

    failed = Signal(str)
    edit_asked = Signal(object)
    hint_changed = Signal(str)
    shown = Signal(int)

    def __init__(self, document: Document, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._bringing = False
        self.shown_frame: int | None = None
        self._cameras: dict[int, Camera | None] = {}  # of clips that were looked at; None where fitted
        self.stage = Stage(document, view, self)
        self.loader = FrameLoader(self)
        self.player = Player(view, self)
        self.layer_bar = LayerBar(view)
        self.frame_view = FrameView(self.stage)
        self.transport = Transport(view, self.player)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.layer_bar)
        column.addWidget(self.frame_view, 1)
        column.addWidget(self.transport)
        self.setFocusProxy(self.frame_view)
        self.stepping = KeyRepeat(self.frame_view)
        self.stepping.stepped.connect(view.step)
        for bar in (self.layer_bar, self.transport):
            bar.left.connect(self.frame_view.setFocus)
        self.stage.edit_asked.connect(self.edit_asked)
        self.stage.hint_changed.connect(self.hint_changed)
        self.stage.failed.connect(self.failed)
        self.stage.brush_changed.connect(self.layer_bar.set_brush_radius)
        self.layer_bar.set_brush_radius(self.stage.brush_radius)
        self.layer_bar.brush_chosen.connect(self.stage.set_brush_radius)
        self.loader.loaded.connect(self._show_loaded)
        view.clip_changed.connect(self._open)
        view.frame_changed.connect(self._go)
        for choosing in (view.shown_changed, view.selection_changed):
            choosing.connect(self.stage.filter_tracks)
        document.changed.connect(self._redraw)
        self._open(view.clip)
        self._go(view.frame)

    # --- what actions call --------------------------------------------------------------------

    def zoom_to_selection(self) -> None:
        """Show what is selected in this frame as large as fits; nothing selected shows the whole frame."""
        box = self._selected_box()
        if box is None:
            self.frame_view.fit()
            return
        space = np.maximum((box[2:] - box[:2]) * _AROUND, 2 * _LEAST_AROUND)
        x, y = box[:2] - space / 2
        width, height = box[2:] - box[:2] + space
        self.frame_view.zoom_to(QRectF(float(x), float(y), float(width), float(height)))

    def bring_into_view(self) -> None:
        """Move what is selected into the middle where it is out of sight, once its frame is shown."""
        self._bringing = True
        if self.stage.scene.frame == self._view.frame:
            self._bring()

    def _bring(self) -> None:
        self._bringing = False
        box, seen = self._selected_box(), QRectF(self.frame_view.rect())
        if box is not None:
            rect = self.stage.camera.rect(box)
            if not seen.contains(rect) and not rect.contains(seen.center()):
                step = seen.center() - rect.center()
                self.frame_view.look_from(self.stage.camera.moved(step.x(), step.y()))

    def _selected_box(self) -> np.ndarray | None:
        """(4,) around what is selected in this frame; None where nothing is."""
        scene = self.stage.scene.among(self._view.selection)
        corners = np.concatenate((scene.xy, scene.boxes.reshape(-1, 2)))
        return np.concatenate((corners.min(axis=0), corners.max(axis=0))) if len(corners) else None

    def new_object(self) -> None:
        """Take the box tool, or keep Segment, with nothing selected: what is drawn is a new object."""
        self.frame_view.tool.put_away()
        self._view.set_selection(())
        if self._view.tool != "segment":
            self._view.set_tool("box")
        self.frame_view.setFocus()

    def larger_brush(self) -> None:
        """A larger brush and eraser."""
        self.stage.set_brush_radius(self.stage.brush_radius * _STEP)
        self.frame_view.tool.say()

    def smaller_brush(self) -> None:
        """A smaller brush and eraser."""
        self.stage.set_brush_radius(self.stage.brush_radius / _STEP)
        self.frame_view.tool.say()

    def cancel(self) -> bool:
        """Give up the drag or outline under way; False if there is none."""
        active = self.frame_view.tool.active
        if active:
            self.frame_view.tool.cancel()
        return active

    def close_reader(self) -> None:
        """Stop playing and close the frames."""
        self._view.set_playing(False)
        self.loader.open(None)
        self.stage.stabilising.close()
        self.stage.closing.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        self._view.set_playing(False)
        super().hideEvent(event)

    # --- what changes -------------------------------------------------------------------------

    def _open(self, clip: Clip | None) -> None:
        known = self.stage.clip
        if clip is not None and known is not None and clip.id == known.id:
            self.stage.set_clip(clip, self._view.frame)  # another annotator, or frames that moved
        else:
            self.frame_view.tool.cancel()
            if known is not None:
                self._cameras[known.id] = None if self.frame_view.is_fitted else self.stage.camera
            self._bringing, self.shown_frame = False, None
            self.stage.set_clip(clip, self._view.frame)
            self.frame_view.show_frame(None)
            camera = self._cameras.get(clip.id) if clip is not None else None
            if camera is None:
                self.frame_view.fit()
            else:
                self.frame_view.look_from(camera)
        self.loader.open(clip)
        self.frame_view.tool.say()

    def _go(self, frame: int) -> None:
        found = self.loader.request(frame)
        if found is not None:
            self._show_loaded(frame, found)

    def _show_loaded(self, frame: int, result: np.ndarray | StudioError) -> None:
        """Show a frame together with its tracks, so that the two never disagree."""
        if isinstance(result, StudioError):
            self.frame_view.show_frame(None, str(result))
        else:
            self.frame_view.show_frame(result)
        if frame != self.stage.scene.frame:
            self.frame_view.tool.frame_changed()
            self.stage.show_frame(frame)
        if self._bringing and frame == self._view.frame:
            self._bring()
        self.shown_frame = frame
        self.shown.emit(frame)

    def _redraw(self, changes: Changes) -> None:
        if self.stage.clip is not None and self.stage.clip.id in changes.clips:
            self.stage.read_tracks()
