"""Select, move and resize what is there."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from core.geometry import encode_mask
from core.overlay.scene import ObjectHere, Scene
from core.trajectories.journal import Edit
from core.trajectories.observation_edits import MovePoint, SetObservation
from studio.canvas import marks, mask_changes
from studio.canvas.box_changes import moved_box, resized_box
from studio.canvas.colours import track_colour
from studio.canvas.hit_test import Hit, beneath, hit, hit_handle, hit_object, hit_point, inside_rect
from studio.canvas.stage import Stage
from studio.canvas.tool import Pointer, Tool

_NEAR = 3.0  # view pixels from a point that is not selected within which a drag moves it

_SAME = 3.0  # view pixels within which a click is at the same place as the one before

_SIZE_CURSORS = (
    Qt.CursorShape.SizeFDiagCursor,
    Qt.CursorShape.SizeVerCursor,
    Qt.CursorShape.SizeBDiagCursor,
    Qt.CursorShape.SizeHorCursor,
)


@dataclass(frozen=True, eq=False)
class _Band:
    """A rubber band over a rectangle of the frame."""

    rect: QRectF


@dataclass(frozen=True, eq=False)
class _MovedPoint:
    """A point on its way to another place of the frame."""

    id: int
    place: QPointF


@dataclass(frozen=True, eq=False)
class _ChangedObject:
    """An object on its way to another box (4,) and mask (H, W)."""

    id: int
    box: np.ndarray
    mask: np.ndarray | None


@dataclass(frozen=True, eq=False)
class _Picked:
    """What a click chose of all that lies beneath: `found[number]`, at a place of a frame."""

    frame: int
    place: QPointF
    found: tuple[Hit, ...]
    number: int

    @property
    def chosen(self) -> Hit:
        return self.found[self.number]


class SelectTool(Tool):
    """A click selects, with Ctrl adds; a drag moves what is selected, or bands what lies inside.

    Another click at the same place selects what lies beneath what the one before selected; so does one with
    Alt, whatever was clicked before.

    What is selected is preferred, so that an object can be taken by its inside though points lie on
    it; of the rest, a drag takes an object by its edge and a point by its very middle, so that a band
    can begin in a crowd.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._pressed: Pointer | None = None
        self._grabbed: Hit | None = None
        self._preview: _Band | _MovedPoint | _ChangedObject | None = None
        self._picked: _Picked | None = None

    @property
    def active(self) -> bool:
        return self._preview is not None

    def hint(self) -> str:
        if isinstance(self._preview, _Band):
            return "Release to select what lies inside; Esc cancels"
        if self._preview is not None:
            return "Release to put it there; Esc cancels"
        picked = self._picked
        if picked is not None and len(picked.found) > 1 and self._still_chosen(picked):
            one = picked.chosen
            kind = "point" if one.part == "point" else "object"
            place = f"{picked.number + 1} of {len(picked.found)} here: {kind} {one.id}"
            return f"{place}; click again for the next one beneath"
        return "Click to select, Ctrl+click to add; drag to move it, or over nothing to select an area"

    # --- mouse --------------------------------------------------------------------------------

    def press(self, pointer: Pointer) -> None:
        self._pressed, self._grabbed = pointer, self._grab(pointer)

    def drag(self, pointer: Pointer) -> None:
        if self._pressed is None or (self._preview is None and not pointer.far_from(self._pressed)):
            return
        grabbed, view = self._grabbed, self.stage.view
        if grabbed is None:
            self._preview = _Band(QRectF(self._pressed.place, pointer.place).normalized())
        else:
            if grabbed.id not in view.selection:
                view.set_selection([grabbed.id])
            step = pointer.place - self._pressed.place
            self._preview = self._moved(grabbed, np.array((step.x(), step.y())))
            self.stage.lift(grabbed.id)
        self.say()

    def release(self, pointer: Pointer) -> None:
        pressed, preview = self._pressed, self._preview
        if pressed is None:
            return
        edit = self._edit(preview)
        self.cancel()
        if preview is None:
            self._click(pressed)
        elif isinstance(preview, _Band):
            inside = inside_rect(self._pickable(), preview.rect.topLeft(), preview.rect.bottomRight())
            self.stage.view.set_selection(self.stage.view.selection | inside if pressed.control else inside)
        elif edit is not None:
            self.stage.ask(edit)

    def hover(self, pointer: Pointer) -> None:
        grabbed, found = self._grab(pointer), self._hit(pointer)
        if grabbed is not None and grabbed.part == "handle":
            self.cursor = _SIZE_CURSORS[grabbed.handle % 4]
        elif grabbed is not None:
            self.cursor = Qt.CursorShape.SizeAllCursor
        else:
            self.cursor = Qt.CursorShape.PointingHandCursor if found else Qt.CursorShape.ArrowCursor
        self.stage.view.set_hovered(found.id if found else None)

    def pick_next(self, pointer: Pointer) -> None:
        """Select what lies beneath what is selected here."""
        self._pick(pointer, self._found(pointer), self.stage.view.selection)

    def leave(self) -> None:
        self.stage.view.set_hovered(None)

    def frame_changed(self) -> None:
        super().frame_changed()
        if self._picked is not None:
            self._picked = None
            self.say()

    def cancel(self) -> None:
        self._pressed = self._grabbed = self._preview = None
        self.stage.lift(None)
        self.say()

    def paint(self, painter: QPainter) -> None:
        preview, camera = self._preview, self.stage.camera
        if isinstance(preview, _Band):
            corners = (preview.rect.left(), preview.rect.top(), preview.rect.right(), preview.rect.bottom())
            rect = camera.rect(np.array(corners))
            painter.fillRect(rect, QColor(255, 255, 255, 40))
            painter.setPen(QPen(Qt.GlobalColor.white, 1, Qt.PenStyle.DashLine))
            painter.drawRect(rect)
        elif isinstance(preview, _MovedPoint):
            x, y = camera.to_view(np.array((preview.place.x(), preview.place.y())))
            marks.draw_head(painter, QPointF(x, y), track_colour(preview.id), strong=True)
        elif isinstance(preview, _ChangedObject):
            colour = track_colour(preview.id)
            if preview.mask is not None:
                marks.draw_mask(painter, preview.mask, colour, camera)
            marks.draw_box(painter, camera.rect(preview.box), colour, dashed=False, strong=True)
            marks.draw_handles(painter, preview.box, camera)

    # --- what is under the mouse --------------------------------------------------------------

    def _pickable(self) -> Scene:
        """What is drawn; without the points where they are not to be picked."""
        view = self.stage.view
        layers, points = view.layers, view.layers.trails and view.picks_points
        return self.stage.scene.layer(points=points, objects=layers.masks or layers.boxes)

    def under(self, pointer: Pointer) -> int | None:
        """The track that a right click means: a selected one where it lies there, else what a click takes."""
        stage = self.stage
        chosen = self._pickable().among(stage.view.selection)
        found = hit(chosen, stage.camera, pointer.at, stage.shapes) or self._hit(pointer)
        return found.id if found is not None else None

    def _hit(self, pointer: Pointer) -> Hit | None:
        return hit(self._pickable(), self.stage.camera, pointer.at, self.stage.shapes)

    def _grab(self, pointer: Pointer) -> Hit | None:
        """What a drag from here would move."""
        scene, camera, shapes = self._pickable(), self.stage.camera, self.stage.shapes
        at, selection = pointer.at, self.stage.view.selection
        found = None
        if self.stage.selected_object is not None:
            found = hit_handle(scene, camera, at, self.stage.selected_object)
        if found is None and selection:
            found = hit(scene.among(selection), camera, at, shapes)
        if found is None:
            found = hit_object(scene, camera, at, shapes, "edge")
        if found is None:
            found = hit_point(scene, camera, at, _NEAR)
        return found

    def _found(self, pointer: Pointer) -> tuple[Hit, ...]:
        """All that lies under the mouse, the order in which clicks select it."""
        return tuple(beneath(self._pickable(), self.stage.camera, pointer.at, self.stage.shapes))

    def _click(self, pointer: Pointer) -> None:
        view = self.stage.view
        if pointer.control:
            found = self._hit(pointer)
            if found is not None:
                view.set_selection(view.selection ^ {found.id})
            return
        before = self._picked
        again = before is not None and self._still_chosen(before) and self._is_at(before, pointer)
        self._pick(pointer, self._found(pointer), view.selection if again else frozenset())

    def _pick(self, pointer: Pointer, found: tuple[Hit, ...], before: frozenset[int]) -> None:
        """Select the first of what was found, or the one after what was selected before."""
        chosen = [number for number, one in enumerate(found) if one.id in before]
        number = (chosen[-1] + 1) % len(found) if chosen else 0
        self._picked = _Picked(self.stage.scene.frame, pointer.place, found, number) if found else None
        self.stage.view.set_selection([found[number].id] if found else ())
        self.say()

    def _still_chosen(self, picked: _Picked) -> bool:
        """Whether what a click chose is what is selected, in the frame where it was."""
        view, scene = self.stage.view, self.stage.scene
        return view.selection == {picked.chosen.id} and scene.frame == picked.frame

    def _is_at(self, picked: _Picked, pointer: Pointer) -> bool:
        """Whether the mouse is where a click was."""
        x, y = self.stage.camera.to_view(np.array((picked.place.x(), picked.place.y())))
        return bool(np.hypot(x - pointer.at.x(), y - pointer.at.y()) <= _SAME)

    # --- what a drag does ---------------------------------------------------------------------

    def _moved(self, grabbed: Hit, step: np.ndarray) -> _MovedPoint | _ChangedObject | None:
        scene = self.stage.scene
        place, one = scene.point(grabbed.id), scene.object(grabbed.id)
        if place is not None:
            x, y = scene.xy[place] + step
            return _MovedPoint(grabbed.id, self.stage.kept_inside(QPointF(x, y)))
        return self._changed(one, grabbed, step) if one is not None else None

    def _changed(self, one: ObjectHere, grabbed: Hit, step: np.ndarray) -> _ChangedObject:
        size, mask = (self.stage.width, self.stage.height), self.stage.mask_of(one)
        if grabbed.part == "handle":
            box = resized_box(one.box, grabbed.handle, step, size, whole=mask is not None)
            if mask is not None:
                mask = mask_changes.resized(mask, one.box, box)
        else:
            box = moved_box(one.box, step, size, whole=mask is not None)
            if mask is not None:
                mask = mask_changes.shifted(mask, *np.round(box - one.box)[:2].astype(int))
        return _ChangedObject(one.id, box, mask)

    def _edit(self, preview: _Band | _MovedPoint | _ChangedObject | None) -> Edit | None:
        clip, frame = self.stage.clip, self.stage.scene.frame
        if clip is None:
            return None
        if isinstance(preview, _MovedPoint):
            return MovePoint(clip.id, preview.id, frame, preview.place.x(), preview.place.y())
        if isinstance(preview, _ChangedObject):
            one = self.stage.scene.object(preview.id)
            if one is None or np.array_equal(preview.box, one.box):
                return None
            mask = preview.mask
            runs = encode_mask(mask) if mask is not None and mask.any() else None
            return SetObservation(clip.id, preview.id, frame, preview.box, runs)
        return None
