"""The selected object carried on from the frame that is seen, live: what is found lands as it comes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from core.datasets.clip import Clip
from core.datasets.reading import open_frames
from core.events import OnProgress
from core.tracking.carrying import Carried, carry
from core.tracking.config import DensifyConfig
from core.trajectories.model import Changes, ObjectTrajectory, Origin
from core.trajectories.observation_edits import CarryObservations
from core.trajectories.steps import HistoryEntry
from studio.background import Background
from studio.document import Document
from studio.view_state import Filling, ViewState
from studio.window.settings import WindowSettings

LANDS = 120
"""Milliseconds between two times that what was found is written."""


@dataclass(eq=False)
class _Way:
    """An object on its way from a frame to another.

    Attributes:
        found: by the thread, in order; `landed` of them were written, as parts of `step`.
        seen: the last frame that was gone to.
    """

    clip: Clip
    object: ObjectTrajectory
    start: int
    end: int
    config: DensifyConfig
    found: list[Carried] = field(default_factory=list)
    landed: int = 0
    step: HistoryEntry | None = None
    seen: int = 0


class Carrying(QObject):
    """Carries one object on at a time; the frame that is seen goes with it, until the person goes elsewhere.

    All of it is one step of undo. It ends at the next keyframe, at the end of the clip, where its confidence
    falls too low, by `cancel`, or when the object is changed meanwhile; what came so far stays.

    Signals:
        failed(str): the frames cannot be read; one sentence for the user.
        told(str): how far it was carried, and why no farther.
        changed(): one began, or ended.
    """

    failed = Signal(str)
    told = Signal(str)
    changed = Signal()

    def __init__(
        self,
        document: Document,
        view: ViewState,
        settings: Callable[[], DensifyConfig],
        remembered: WindowSettings,
        parent: QObject,
    ) -> None:
        """Joined to what is looked at.

        Args:
            settings: gives how objects are filled.
            remembered: has the least confidence.
        """
        super().__init__(parent)
        self._document, self._view = document, view
        self._settings, self._remembered = settings, remembered
        self._way: _Way | None = None
        self._writing = False
        self._background = Background(self)
        self._background.progressed.connect(self._wait_to_land)
        self._background.done.connect(self._end)
        self._background.failed.connect(self._fail)
        self._landing = QTimer(self, interval=LANDS, singleShot=True)
        self._landing.timeout.connect(self._land)
        document.changed.connect(self._give_up_changed)

    @property
    def under_way(self) -> bool:
        """Whether an object is being carried."""
        return self._way is not None

    def start(self, clip: Clip, one: ObjectTrajectory, frame: int, by: int) -> None:
        """Carry an object on (1) or back (-1) from a frame where it is, up to the next keyframe."""
        self.cancel()
        end = destination(one, frame, by, clip.frames)
        config = replace(self._settings(), min_confidence=self._remembered.carry_confidence)
        self._way = _Way(clip, one, frame, end, config, seen=frame)
        others = [other for id, other in self._document.objects(clip.id).items() if id != one.id]
        self._background.start(partial(_carried, self._way, others))
        self._show()
        self.changed.emit()

    def cancel(self) -> bool:
        """End it where it is, what came so far stays; False if there is nothing."""
        way = self._way
        if way is None:
            return False
        self._background.cancel()
        self._finish(f"stopped at frame {way.found[-1].frame}" if way.found else "")
        return True

    def close(self) -> None:
        """End what is under way, and wait for the thread."""
        self.cancel()
        self._background.close()

    # --- what comes -----------------------------------------------------------------------------

    def _wait_to_land(self) -> None:
        if not self._landing.isActive():
            self._landing.start()

    def _land(self) -> None:
        """Write what was found since the last time."""
        way = self._way
        if way is None:
            return
        new = way.found[way.landed :]
        if new:
            way.landed += len(new)
            edit = CarryObservations(way.clip.id, way.object.id, way.start, _together(way.object, new))
            self._writing = True
            try:
                if way.step is not None:
                    self._document.complete(edit, way.step)
                elif self._document.perform(edit):
                    way.step = self._document.last_edit()
                else:
                    self._way = None
                    self._background.cancel()
                    self.changed.emit()
            finally:
                self._writing = False
            self._follow(way, new[-1].frame)
        self._show()

    def _follow(self, way: _Way, frame: int) -> None:
        """Go with the object, unless the person looks elsewhere now."""
        clip = self._view.clip
        if clip is not None and clip.id == way.clip.id and self._view.frame == way.seen:
            way.seen = frame
            self._view.set_frame(frame)

    def _end(self, found: object) -> None:
        way = self._way
        if way is None:
            return
        last = way.found[-1].frame if way.found else way.start
        doubt = f"its confidence falls below {way.config.min_confidence:g} after frame {last}"
        self._finish("" if last == way.end else doubt)

    def _finish(self, why: str) -> None:
        way = self._way
        if way is None:
            return
        self._landing.stop()
        self._land()
        if self._way is None:
            return  # what was found last could not be written, which was said
        self._way = None
        self._show()
        self.changed.emit()
        count = f"{len(way.found):,} frame{'s' if len(way.found) != 1 else ''}"
        self.told.emit(f"Carried track {way.object.id} over {count}{f'; {why}' if why else ''}.")

    def _fail(self, sentence: str) -> None:
        self._finish("")
        self.failed.emit(sentence)

    def _give_up_changed(self, changes: Changes) -> None:
        """The object was changed by something else, or what landed was taken back."""
        way = self._way
        if way is not None and not self._writing and way.object.id in changes.trajectories:
            self._landing.stop()
            self._background.cancel()
            self._way = None
            self._show()
            self.changed.emit()

    def _show(self) -> None:
        way, filling = self._way, {}
        if way is not None:
            total = max(abs(way.end - way.start), 1)
            percent = 100 * len(way.found) // total // 5 * 5
            filling[way.object.id] = Filling(min(way.start, way.end), max(way.start, way.end), percent)
        self._view.set_filling(filling, by="carrying")


def destination(one: ObjectTrajectory, frame: int, by: int, frames: int) -> int:
    """The last frame that an object can be carried to: the one before its next keyframe, or the clip's last.

    Args:
        by: 1 for on, -1 for back.
        frames: how many the clip has.
    """
    keys = one.keyframes[one.keyframes > frame] if by > 0 else one.keyframes[one.keyframes < frame]
    if by > 0:
        return int(keys[0]) - 1 if len(keys) else frames - 1
    return int(keys[-1]) + 1 if len(keys) else 0


def _carried(way: _Way, others: list[ObjectTrajectory], report: OnProgress) -> None:
    with open_frames(way.clip) as frames:
        for one in carry(frames, way.object, way.start, way.end, way.config, others):
            way.found.append(one)
            report(len(way.found), abs(way.end - way.start), "")


def _together(one: ObjectTrajectory, found: list[Carried]) -> ObjectTrajectory:
    found = sorted(found, key=lambda each: each.frame)
    return replace(
        one,
        frames=np.array([each.frame for each in found], np.int32),
        boxes=np.array([each.box for each in found], np.float32),
        origin=np.full(len(found), Origin.PROPAGATED, np.uint8),
        confidence=np.array([each.confidence for each in found], np.float32),
        masks=tuple(each.mask for each in found),
        overlap=np.full(len(found), np.nan, np.float32),
        flags=np.zeros(len(found), np.uint8),
    )
