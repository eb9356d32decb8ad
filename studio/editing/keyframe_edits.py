"""Edits of the keyframes of the selected objects, and of what is filled between them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.geometry import decode_mask, encode_mask, mask_box
from core.tracking.config import DensifyConfig
from core.tracking.spans import method_of
from core.trajectories.model import FILLINGS, KEYFRAMES, Flag, ObjectTrajectory
from core.trajectories.observation_edits import (
    GOES_OUT,
    AddObject,
    DemoteKeyframe,
    MakeKeyframe,
    SetFilling,
    SetObservation,
)
from core.trajectories.sight import is_outside, occluded
from core.trajectories.sight_edits import SetOccluded, SetOutside
from studio.canvas import mask_changes
from studio.document import Document
from studio.view_state import ViewState

NO_OBJECT = "Select an object first."
ONE_OBJECT = "Select one object only."
NONE_HERE = "What is selected is not in this frame."
NOT_BEGUN = (
    "The object is not there before this frame; trim its start ({trim_start}) or delete it ({delete_track})."
)
NOT_HERE = "The object is not in this frame; draw its box ({tool_box})."


@dataclass(frozen=True, eq=False)
class _Copied:
    """A shape: `box` (4,), `mask` run lengths or None, in frames of `size` (width, height)."""

    box: np.ndarray
    mask: bytes | None
    label: str
    size: tuple[int, int]


class KeyframeEdits(QObject):
    """What keys and menus do with the keyframes of the selected objects, at the frame that is seen.

    Signals:
        edit_asked(Edit): make it.
        copied(): there is a shape to paste now.
        told(str): why nothing came of what was asked for; one sentence.
    """

    edit_asked = Signal(object)
    copied = Signal()
    told = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        frame: Callable[[], int],
        settings: Callable[[], DensifyConfig],
        parent: QObject,
    ) -> None:
        """Joined to what is looked at.

        Args:
            frame: gives the frame that is on the canvas.
            settings: gives how objects are filled of which nobody said how.
        """
        super().__init__(parent)
        self._document, self._view, self._frame, self._settings = document, view, frame, settings
        self._copied: _Copied | None = None
        self._went_out: tuple[int, SetOutside] | None = None  # the edit that took keyframes out of sight last
        self._known: DensifyConfig | None = None  # the settings, until something changes
        document.changed.connect(self._forget)

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        return {
            "keyframe": self._toggle,
            "copy_shape": self._copy,
            "paste_shape": self._paste,
            "fill_next": self._fill_next,
            "largest_piece": partial(self._clean, mask_changes.largest_piece, "is one piece already"),
            "fill_holes": partial(self._clean, mask_changes.without_holes, "has no holes"),
            "occluded": self._toggle_occluded,
            "outside": self._toggle_outside,
            **{f"fill_{method}": partial(self._fill, method) for method in FILLINGS},
        }

    def refusals(self) -> dict[str, str]:
        """Action → why it cannot be done now; empty where it can."""
        frame, chosen = self._frame(), self._chosen()
        one = next(iter(chosen)) if len(chosen) == 1 else None
        none = "" if chosen else NO_OBJECT
        here = none or ("" if one is not None else ONE_OBJECT)
        here = here or ("" if one is not None and one.place(frame) is not None else NOT_HERE)
        return {
            "keyframe": here or self._why_not_toggled(one, frame),
            "copy_shape": here,
            **dict.fromkeys(("largest_piece", "fill_holes"), here or self._why_not_cleaned(one, frame)),
            "paste_shape": self._why_not_pasted(one),
            "occluded": none or ("" if self._here(chosen, frame) else NONE_HERE),
            "outside": none or ("" if self._begun(chosen, frame) else NOT_BEGUN),
            **dict.fromkeys(
                ("densify_selected", "fill_next", *(f"fill_{method}" for method in FILLINGS)), none
            ),
        }

    def checked(self) -> Mapping[str, bool]:
        """Whether the selected objects are filled by each method, occluded, out of sight; by action."""
        methods, frame, chosen = self._methods(), self._frame(), self._chosen()
        here, begun = self._here(chosen, frame), self._begun(chosen, frame)
        return {
            **{f"fill_{method}": methods == {method} for method in FILLINGS},
            "occluded": bool(here) and all(_is_occluded(one, frame) for one in here),
            "outside": bool(begun) and all(_is_out(one, frame) for one in begun),
        }

    # --- what they do ---------------------------------------------------------------------------

    def _toggle(self) -> None:
        (one,), frame = self._chosen(), self._frame()
        place = one.place(frame)
        if place is not None:
            edit = DemoteKeyframe if one.origin[place] in KEYFRAMES else MakeKeyframe
            self.edit_asked.emit(edit(self._clip, one.id, frame))

    def _toggle_occluded(self) -> None:
        """Those of the selected objects that are here are occluded from here on; not so where all are."""
        frame = self._frame()
        here = self._here(self._chosen(), frame)
        on = [one.id for one in here if not _is_occluded(one, frame)]
        ids = tuple(on or [one.id for one in here])
        self.edit_asked.emit(SetOccluded(self._clip, ids, frame, bool(on)))

    def _toggle_outside(self) -> None:
        """The selected objects are out of sight from here on; back in sight where all of them are out.

        Pressed again at once where there were keyframes, it gives them their shapes again.
        """
        frame = self._frame()
        begun = self._begun(self._chosen(), frame)
        on = [one for one in begun if not _is_out(one, frame)]
        edit = SetOutside(self._clip, tuple(one.id for one in on or begun), frame, bool(on))
        last = self._document.last_edit()
        if not on and last is not None and self._went_out == (last.id, replace(edit, outside=True)):
            self._document.undo()
            return
        self.edit_asked.emit(edit)
        made = self._document.last_edit()
        if any(frame in one.keyframes for one in on) and made is not None and made != last:
            self._went_out = made.id, edit

    def _copy(self) -> None:
        (one,), clip = self._chosen(), self._view.clip
        place = one.place(self._frame())
        if place is not None and clip is not None:
            size = (clip.width, clip.height)
            self._copied = _Copied(one.boxes[place], one.masks[place], one.label, size)
            self.copied.emit()

    def _paste(self) -> None:
        """Give the shape to the selected object in this frame, or to a new one where none is selected."""
        copied, chosen, clip = self._copied, self._chosen(), self._view.clip
        if copied is None or clip is None:
            return
        if chosen:
            edit = SetObservation(clip.id, chosen[0].id, self._frame(), copied.box, copied.mask)
            self.edit_asked.emit(edit)
        else:
            new = AddObject(clip.id, copied.label, self._frame(), copied.box, copied.mask, clip.annotator)
            self.edit_asked.emit(new)

    def _fill(self, method: str) -> None:
        self.edit_asked.emit(SetFilling(self._clip, tuple(one.id for one in self._chosen()), method))

    def _clean(self, change: Callable[[np.ndarray], np.ndarray], otherwise: str) -> None:
        """Change the mask of the selected object in this frame; `otherwise`: why nothing came of it."""
        (one,), clip, frame = self._chosen(), self._view.clip, self._frame()
        place = one.place(frame)
        runs = one.masks[place] if place is not None else None
        if runs is None or clip is None:
            return
        before = decode_mask(runs, clip.height, clip.width)
        after = change(before)
        box = mask_box(after)
        if box is None or np.array_equal(before, after):
            self.told.emit(f"The mask {otherwise}.")
        else:
            self.edit_asked.emit(SetObservation(clip.id, one.id, frame, box, encode_mask(after)))

    def _fill_next(self) -> None:
        methods, order = self._methods(), list(FILLINGS)
        place = order.index(methods.pop()) if len(methods) == 1 else -1
        self._fill(order[(place + 1) % len(order)])

    # --- what is selected -----------------------------------------------------------------------

    def _why_not_toggled(self, one: ObjectTrajectory | None, frame: int) -> str:
        if one is None or frame not in one.keyframes:
            return ""
        if one.keyframes.tolist() == [frame]:
            return "This is the only keyframe of the object; it needs one."
        return f"The object {GOES_OUT}" if _goes_out_after(one, frame) else ""

    def _why_not_cleaned(self, one: ObjectTrajectory | None, frame: int) -> str:
        place = one.place(frame) if one is not None else None
        if one is None or place is None or one.masks[place]:
            return ""
        return "The object has no mask in this frame; paint one ({tool_brush})."

    def _why_not_pasted(self, one: ObjectTrajectory | None) -> str:
        copied, clip = self._copied, self._view.clip
        if copied is None or clip is None:
            return "Copy the shape of an object first ({copy_shape})."
        if one is None and self._view.selection:
            return "Select one object, or nothing to paste a new one."
        if copied.mask is not None and copied.size != (clip.width, clip.height):
            return "The shape that was copied is of a clip of another size."
        return ""

    def _methods(self) -> set[str]:
        """How the selected objects are filled."""
        chosen = self._chosen()
        if chosen and self._known is None:
            self._known = self._settings()
        known = self._known
        return {one.filling or method_of(one, known) for one in chosen if known is not None}

    def _forget(self) -> None:
        self._known = None

    @property
    def _clip(self) -> int:
        assert self._view.clip is not None, "an edit without a clip; the action should be disabled"
        return self._view.clip.id

    def _here(self, objects: list[ObjectTrajectory], frame: int) -> list[ObjectTrajectory]:
        return [one for one in objects if one.place(frame) is not None]

    def _begun(self, objects: list[ObjectTrajectory], frame: int) -> list[ObjectTrajectory]:
        """Those of some objects that are there before a frame."""
        return [one for one in objects if one.frames[0] < frame]

    def _chosen(self) -> list[ObjectTrajectory]:
        """The selected objects, by id; points are left out."""
        if self._view.clip is None or not self._view.selection:
            return []
        objects = self._document.objects(self._view.clip.id)
        return [objects[id] for id in sorted(self._view.selection) if id in objects]


def _is_occluded(one: ObjectTrajectory, frame: int) -> bool:
    place = one.place(frame)
    return place is not None and bool(occluded(one)[place])


def _goes_out_after(one: ObjectTrajectory, keyframe: int) -> bool:
    place = one.place(keyframe)
    return place is not None and bool(one.flags[place] & Flag.OUTSIDE)


def _is_out(one: ObjectTrajectory, frame: int) -> bool:
    """Whether an object is said to be out of sight in a frame."""
    return bool(is_outside(one, np.array([frame]))[0])
