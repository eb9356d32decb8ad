"""What carries the selected object or point on: keys, the ends of lanes, and a click for a new point."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.datasets.clip import Clip
from core.tracking.config import DensifyConfig
from core.trajectories.model import ObjectTrajectory, PointTrajectories
from core.trajectories.point_edits import AddPoint
from core.trajectories.sight import is_outside
from studio.document import Document
from studio.editing.carrying import Carrying
from studio.editing.object_way import ObjectWay, destination
from studio.editing.point_way import PointWay
from studio.view_state import ViewState
from studio.window.preferences import PreferencesStore

NOTHING = "Select an object or a point first."
ONE_ONLY = "Select one object or one point only."
SAID_OUT = "The object is said to be out of sight there; take that back in that frame ({outside})."
NOT_HERE = "The object is not in this frame; draw its box ({tool_box})."


class CarryEdits(QObject):
    """Carries the selected track on, back, or up to a frame; follows a new point both ways.

    Signals:
        told(str): why nothing came of what was asked for; one sentence.
        changed(): a track began to be carried, or ends.
    """

    told = Signal(str)
    changed = Signal()

    def __init__(
        self,
        document: Document,
        view: ViewState,
        frame: Callable[[], int],
        settings: Callable[[], DensifyConfig],
        preferences: PreferencesStore,
        carrying: Carrying,
        parent: QObject,
    ) -> None:
        """Joined to what is looked at.

        Args:
            frame: gives the frame that is on the canvas.
            settings: gives how objects are filled.
            preferences: have the least confidence with which objects are carried.
        """
        super().__init__(parent)
        self._document, self._view, self._frame = document, view, frame
        self._settings, self._preferences, self._carrying = settings, preferences, carrying
        carrying.changed.connect(self.changed)

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        return {"carry_on": partial(self._carry, 1), "carry_back": partial(self._carry, -1)}

    def refusals(self) -> dict[str, str]:
        """Action → why it cannot be done now; empty where it can."""
        return {"carry_on": self._why_not(1), "carry_back": self._why_not(-1)}

    def perform(self, edit: AddPoint) -> None:
        """Make a point, which is followed both ways from there."""
        clip = self._view.clip
        if self._document.perform(edit) and clip is not None and clip.id == edit.clip_id:
            points = self._document.points(clip.id)
            way = PointWay.of(clip, points.take(points.ids == points.ids.max()), 0, clip.frames - 1)
            if way.ends:  # else the clip has one frame only
                self._carrying.start(way.as_part_of(self._document.last_edit()))

    def reach(self, id: int, frame: int) -> None:
        """Carry a track from its end to a frame beyond that, as dragging its end there asks for."""
        clip = self._view.clip
        if clip is None:
            return
        if self._carrying.under_way:
            self.told.emit(f"{self._carrying.under_way}; Esc stops it.")
            return
        self._view.set_selection([id])
        one = self._document.objects(clip.id).get(id)
        if one is None:
            way = PointWay.of(clip, self._point(clip, id), frame, frame)
            self._view.set_frame(way.seen)
            self._carrying.start(way)
            return
        if is_outside(one, np.array([frame]))[0]:
            self.told.emit(SAID_OUT)
            return
        end = int(one.frames[-1] if frame > one.frames[-1] else one.frames[0])
        self._view.set_frame(end)
        self._start_object(clip, one, end, frame)

    def _carry(self, by: int) -> None:
        clip, frame = self._view.clip, self._here()
        if clip is None or len(self._view.selection) != 1:
            return
        (id,) = self._view.selection
        one = self._document.objects(clip.id).get(id)
        if one is not None:
            self._start_object(clip, one, frame, destination(one, frame, by, clip.frames))
            return
        track = self._point(clip, id)
        first, last = int(track.first[0]), int(track.last[0])
        way = PointWay.of(clip, track, first if by > 0 else 0, clip.frames - 1 if by > 0 else last)
        self._view.set_frame(way.seen)
        self._carrying.start(way)

    def _start_object(self, clip: Clip, one: ObjectTrajectory, start: int, end: int) -> None:
        config = replace(self._settings(), min_confidence=self._preferences.now.carry_confidence)
        others = [other for id, other in self._document.objects(clip.id).items() if id != one.id]
        self._carrying.start(ObjectWay.of(clip, one, start, end, config, others))

    def _here(self) -> int:
        """The frame that is seen; or the one that a carrying led to, while that is being decoded."""
        wanted = self._view.frame
        return wanted if wanted == self._carrying.led_to else self._frame()

    def _point(self, clip: Clip, id: int) -> PointTrajectories:
        points = self._document.points(clip.id)
        return points.take(points.ids == id)

    def _why_not(self, by: int) -> str:
        clip, selection = self._view.clip, self._view.selection
        if clip is None or not selection:
            return NOTHING
        if len(selection) > 1:
            return ONE_ONLY
        (id,) = selection
        one = self._document.objects(clip.id).get(id)
        if self._carrying.under_way:
            return f"{self._carrying.under_way}; Esc stops it."
        if one is not None:
            return self._why_not_object(clip, one, by)
        track = self._point(clip, id)
        return self._why_not_point(clip, track, by) if len(track) else NOTHING

    def _why_not_object(self, clip: Clip, one: ObjectTrajectory, by: int) -> str:
        frame = self._here()
        if one.place(frame) is None:
            return NOT_HERE
        if is_outside(one, np.array([frame + by]))[0]:
            return SAID_OUT
        if destination(one, frame, by, clip.frames) != frame:
            return ""
        if frame == (clip.frames - 1 if by > 0 else 0):
            return f"This is the {'last' if by > 0 else 'first'} frame."
        return f"The {'next' if by > 0 else 'previous'} frame is a keyframe of the object already."

    def _why_not_point(self, clip: Clip, track: PointTrajectories, by: int) -> str:
        frame, first, last = self._here(), int(track.first[0]), int(track.last[0])
        if by > 0 and last == clip.frames - 1:
            return "The point goes to the last frame already."
        if by < 0 and first == 0:
            return "The point begins at the first frame already."
        if by > 0 and frame < last:
            return f"The point is known up to frame {last}; go there to carry it on ({{track_end}})."
        if by < 0 and frame > first:
            return f"The point is known from frame {first} on; go there to carry it back ({{track_start}})."
        return ""
