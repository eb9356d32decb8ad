"""What is on the canvas, apart from the widget that shows it: the scene, where it lies, what is asked for."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal

from core.datasets.clip import Clip
from core.geometry import decode_mask
from core.overlay.mask_shapes import MaskShapes
from core.overlay.scene import ClipTracks, ObjectHere, Scene
from core.segmentation.model_process import ModelProcess
from core.segmentation.segmenter import Segmenter
from core.tracking.camera_motion import CameraMotion
from core.trajectories.journal import Edit
from studio.canvas.camera import Camera
from studio.canvas.stabilising import Stabilising
from studio.document import Document
from studio.view_state import ViewState

SMALLEST_BRUSH, LARGEST_BRUSH = 0.5, 200.0  # radius in frame pixels


class Stage(QObject):
    """The frame that is shown, its scene and the camera; tools read it and ask for edits through it.

    `scene.frame` is the frame that the user sees, which is not yet `view.frame` while that one is
    being decoded; edits belong to the frame that is seen.

    Signals:
        edit_asked(Edit): the user meant this.
        hint_changed(str): what the tool in use expects.
        scene_changed(): the scene, its filter or what is lifted from it.
        brush_changed(float): the radius of brush and eraser, in frame pixels.
        camera_changed(): where the frame lies in the view.
        failed(str): what a tool worked out in the background could not be; one sentence.
        closing(): the project is closed; what works in the background ends.
        touched(): something else to draw again, such as a preview.
    """

    edit_asked = Signal(object)
    hint_changed = Signal(str)
    scene_changed = Signal()
    brush_changed = Signal(float)
    camera_changed = Signal()
    failed = Signal(str)
    closing = Signal()
    touched = Signal()

    def __init__(self, document: Document, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.view = view
        self.clip: Clip | None = None
        self.tracks = ClipTracks()
        self.scene: Scene = self.tracks.at(0)
        self.camera = Camera()
        self.shapes = MaskShapes(0, 0)
        self.picture: np.ndarray | None = None  # the frame as it is shown, (H, W, 4) uint8: blue first
        self.segmenter: Segmenter | None = None  # None for the one that is built in
        self._model: tuple[str, ModelProcess] | None = None  # the one that was chosen, and its file
        self.closing.connect(self._end_model)
        self.brush_radius = 8.0
        self.lifted: int | None = None
        self.stabilising = Stabilising(view, self)

    # --- what is shown ------------------------------------------------------------------------

    def set_clip(self, clip: Clip | None, frame: int = 0) -> None:
        """Turn to another clip, at a frame."""
        self.clip = clip
        self.shapes = MaskShapes(self.height, self.width)
        self.read_tracks(frame)

    def read_tracks(self, frame: int | None = None) -> None:
        """Take the trajectories from the document again, at a frame or at the one shown."""
        if self.clip is None:
            self.tracks = ClipTracks()
        else:
            clip_id = self.clip.id
            self.tracks = ClipTracks(
                self.document.points(clip_id), self.document.objects(clip_id), self._shown
            )
            self.stabilising.follow(clip_id, self.tracks.points)
        self.show_frame(self.scene.frame if frame is None else frame)

    def filter_tracks(self) -> None:
        """Take the table's filter and the selection again."""
        shown = self._shown
        if shown != self.tracks.shown:
            self.tracks = ClipTracks(self.tracks.points, self.tracks.objects, shown)
            self.show_frame(self.scene.frame)

    def show_frame(self, frame: int) -> None:
        """Show the scene of a frame."""
        self.scene = self.tracks.at(frame)
        self.scene_changed.emit()

    def lift(self, trajectory_id: int | None) -> None:
        """Leave a trajectory out of the drawing while a tool previews it."""
        if trajectory_id != self.lifted:
            self.lifted = trajectory_id
            self.scene_changed.emit()

    def set_camera(self, camera: Camera) -> None:
        """Look from elsewhere."""
        if camera != self.camera:
            self.camera = camera
            self.camera_changed.emit()

    @property
    def _shown(self) -> frozenset[int] | None:
        """What the filter leaves, and what is selected: what is selected can always be seen."""
        return None if self.view.shown is None else self.view.shown | self.view.selection

    # --- what tools ask -----------------------------------------------------------------------

    @property
    def width(self) -> int:
        """Of the frame; 0 without a clip."""
        return self.clip.width if self.clip else 0

    @property
    def height(self) -> int:
        """Of the frame; 0 without a clip."""
        return self.clip.height if self.clip else 0

    def kept_inside(self, place: QPointF) -> QPointF:
        """The place of the frame nearest to a place."""
        return QPointF(min(max(place.x(), 0.0), self.width), min(max(place.y(), 0.0), self.height))

    @property
    def left_out(self) -> CameraMotion | None:
        """The motion of the camera that paths are drawn without."""
        return self.stabilising.motion if self.view.layers.stabilise else None

    @property
    def selected_object(self) -> int | None:
        """The id of the one object that is selected; None where none or several are."""
        chosen = [id for id in self.view.selection if id in self.tracks.objects]
        return chosen[0] if len(chosen) == 1 and len(self.view.selection) == 1 else None

    def object_here(self, trajectory_id: int | None) -> ObjectHere | None:
        """An object at the frame that is seen, whatever the filter hides; None where it is not there."""
        one = self.tracks.objects.get(trajectory_id) if trajectory_id is not None else None
        place = one.place(self.scene.frame) if one is not None else None
        return ObjectHere(one, place) if one is not None and place is not None else None

    def mask_of(self, one: ObjectHere | None) -> np.ndarray | None:
        """(H, W) bool, the mask of an object here; None without one."""
        if one is None or one.mask is None:
            return None
        return decode_mask(one.mask, self.height, self.width)

    def ask(self, edit: Edit) -> None:
        """Ask for an edit; an object that it makes is selected."""
        before = set(self.tracks.objects)
        self.edit_asked.emit(edit)
        new = set(self.tracks.objects) - before
        if len(new) == 1:
            self.view.set_selection(new)

    def ask_aside(self, edit: Edit) -> None:
        """Ask for an edit; what is selected stays selected."""
        chosen = self.view.selection
        self.edit_asked.emit(edit)
        self.view.set_selection(chosen)

    def choose_segmenter(self, path: str) -> None:
        """Cut objects out by the model of a file; by the one that is built in where it is empty."""
        if path == (self._model[0] if self._model is not None else ""):
            return
        self._end_model()
        if path:
            self._model = path, ModelProcess(Path(path))
            self.segmenter = self._model[1]

    def without_model(self) -> bool:
        """Go on with the segmenter that is built in until a model is chosen; False where it is in use."""
        failed, self.segmenter = self.segmenter is not None, None
        return failed

    def _end_model(self) -> None:
        model, self._model, self.segmenter = self._model, None, None
        if model is not None:
            model[1].close()

    def set_brush_radius(self, radius: float) -> None:
        """Choose the size of brush and eraser, in frame pixels."""
        self.brush_radius = min(max(radius, SMALLEST_BRUSH), LARGEST_BRUSH)
        self.brush_changed.emit(self.brush_radius)
        self.touched.emit()
