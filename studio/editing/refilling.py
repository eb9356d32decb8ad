"""After a person edits a keyframe of an object, what lies beside it is filled, shapes in a thread."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer

from core.config import from_dict
from core.datasets.reading import open_frames
from core.errors import StudioError
from core.events import OnProgress
from core.tracking.config import DensifyConfig
from core.tracking.densify import between_boxes
from core.tracking.refill import carried_one_way, refill
from core.tracking.spans import is_filled_by_box, span_around
from core.trajectories.bulk_edits import FillObservations
from core.trajectories.journal import Edit
from core.trajectories.model import KEYFRAMES, ObjectTrajectory, Origin, Review
from core.trajectories.observation_edits import (
    DeleteObservation,
    MakeKeyframe,
    MoveKeyframe,
    SetFilling,
    SetObservation,
)
from core.trajectories.sight import is_outside
from core.trajectories.sight_edits import SetOccluded, SetOutside
from core.trajectories.steps import HistoryEntry
from studio import lookups
from studio.document import Document
from studio.editing.follow_up import FollowUp, Task
from studio.view_state import Filling, ViewState

PAUSE = 400
"""Milliseconds without another edit before filling begins: the strokes of a brush are filled for once."""

_KEPT = ("method", "one_way_frames", "min_confidence")
"""Settings of the last densifying that filling again keeps."""

_EDITS = (SetObservation, MakeKeyframe, MoveKeyframe, DeleteObservation)
_OfKeyframe = SetObservation | MakeKeyframe | MoveKeyframe | DeleteObservation


@dataclass(frozen=True, eq=False)
class _Task(Task):
    """An object to fill around the frames that were edited, as it is since the last of the edits.

    Attributes:
        before: the objects of the clip before the first of the edits: what of them was carried one way.
    """

    step: HistoryEntry
    object: ObjectTrajectory
    frames: frozenset[int]
    config: DensifyConfig
    before: tuple[ObjectTrajectory, ...]

    @property
    def span(self) -> tuple[int, int]:
        """First and last frame that may change."""
        was = next((one for one in self.before if one.id == self.object.id), self.object)
        keys = self.object.keyframes
        reach = self.config.one_way_frames if _reaches_beyond(was) else 0
        around = [span_around(self.object, frame, self.clip.frames) for frame in self.frames]
        first, last = min(first for first, _ in around), max(last for _, last in around)
        return max(first, int(keys[0]) - reach), min(last, int(keys[-1]) + reach)


class Refilling(FollowUp[_Task]):
    """Fills the spans beside edited keyframes, by the method that was chosen for their object.

    Beyond its first and last keyframe, and where somebody looked for it in vain, an object is filled only
    if it was there before the edit. Another edit of a keyframe of an object has its filling begin again,
    for both.
    """

    def __init__(
        self, document: Document, view: ViewState, wanted: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        """`wanted`: whether edits are to be followed now."""
        super().__init__(document, view, PAUSE, parent)
        self._wanted = wanted
        self._straight: list[_Task] = []  # filled by box alone: in the window's next turn, without a thread
        self._turn = QTimer(self, interval=0, singleShot=True)
        self._turn.timeout.connect(self._fill_straight)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being filled."""
        return super().is_idle and not self._straight

    def perform(self, edit: Edit) -> None:
        """Make an edit; what lies beside an edited keyframe is filled after it."""
        if isinstance(edit, SetFilling):
            self._fill_anew(edit)
            return
        if isinstance(edit, SetOccluded | SetOutside):
            self._fill_beside(edit)
            return
        follows = isinstance(edit, _EDITS) and self._wanted() and self._is_of_keyframe(edit)
        before = self._objects(edit.clip_id) if isinstance(edit, _EDITS) else ()
        under_way = self._task_of(edit.trajectory_id) if isinstance(edit, _EDITS) else None
        if self._document.perform(edit) and isinstance(edit, _EDITS):
            if follows and under_way is not None:
                self._fill(edit, edit.trajectory_id, under_way.frames | {_frame_of(edit)}, under_way.before)
            elif follows:
                self._fill(edit, edit.trajectory_id, frozenset((_frame_of(edit),)), before)
            elif under_way is not None:
                self._give_up(lambda task: task.trajectory_id == edit.trajectory_id)

    def config(self) -> DensifyConfig:
        """What of the last densifying holds for filling, where an object says nothing else."""
        return _config(lookups.settings_of_last(self._document.project, "densify"))

    def _fill_anew(self, edit: SetFilling) -> None:
        """Choose another method for objects, and fill them by it between all their keyframes."""
        before = self._objects(edit.clip_id)
        if not self._document.perform(edit):
            return
        self._give_up(lambda task: task.trajectory_id in edit.trajectory_ids)
        if self._wanted():
            for id in edit.trajectory_ids:
                keys = self._document.objects(edit.clip_id)[id].keyframes
                if len(keys) > 1:
                    self._fill(edit, id, frozenset(keys[1::2].tolist()), before)

    def _fill_beside(self, edit: SetOccluded | SetOutside) -> None:
        """Say something of objects in a frame, and fill beside it those that have a keyframe more there."""
        before = self._objects(edit.clip_id)
        under_way = {id: self._task_of(id) for id in edit.trajectory_ids}
        keys = {one.id: one.keyframes for one in before}
        back = isinstance(edit, SetOutside) and not edit.outside

        def fill() -> None:
            for id, task in under_way.items() if self._wanted() else ():
                one = self._document.objects(edit.clip_id)[id]
                new = np.setdiff1d(one.keyframes, keys[id])
                frames = frozenset((edit.frame,)) if back or edit.frame in new else frozenset[int]()
                was = before if task is None else task.before
                if frames or task is not None:
                    self._fill(edit, id, frames | (frozenset() if task is None else task.frames), was)

        self._document.perform(edit, fill)

    def _is_of_keyframe(self, edit: _OfKeyframe) -> bool:
        """Whether an edit is of a keyframe, or makes one."""
        one = self._document.objects(edit.clip_id).get(edit.trajectory_id)
        place = one.place(edit.frame) if one is not None else None
        return not isinstance(edit, DeleteObservation) or (
            one is not None and place is not None and one.origin[place] in KEYFRAMES
        )

    def _objects(self, clip_id: int) -> tuple[ObjectTrajectory, ...]:
        return tuple(self._document.objects(clip_id).values())

    def _fill(
        self,
        edit: _OfKeyframe | SetFilling | SetOccluded | SetOutside,
        id: int,
        frames: frozenset[int],
        before: tuple[ObjectTrajectory, ...],
    ) -> None:
        """Fill an object around some frames, as part of the edit that was just made."""
        step, one = self._document.last_edit(), self._document.objects(edit.clip_id).get(id)
        clip = next(known.clip for known in self._document.clips() if known.clip.id == edit.clip_id)
        if step is None or one is None or one.review == Review.SUGGESTED:  # filled once it is accepted
            return
        frames = frozenset(frame for frame in frames if _is_open(one, frame, clip.frames))
        if not frames or not len(one.keyframes):
            return
        config = _no_stricter(self.config(), before)
        task = _Task(clip, id, step, one, frames, config, before)
        if is_filled_by_box(one, task.config):
            if isinstance(edit, MakeKeyframe) and frames == {edit.frame}:
                return  # its box stays where it was: a straight way would say less than what was carried
            self._straight.append(task)
            self._turn.start()
        else:
            self._add(task)

    def close(self) -> None:
        """Fill what needs no thread, give up the rest, and wait for the thread."""
        self._turn.stop()
        self._fill_straight()
        super().close()

    def _fill_straight(self) -> None:
        tasks, self._straight = self._straight, []
        for task in tasks:
            if not self._is_stale(task):
                for filled in _filled_by_box(task):
                    self._document.complete(filled, task.step)

    def _work(self, task: _Task) -> Callable[[OnProgress], Sequence[Edit]]:
        return partial(_filled, task, tuple(self._document.objects(task.clip.id).values()))

    def _is_stale(self, task: _Task) -> bool:
        """Whether it begins from other keyframes than there are now; names and reviews do not matter."""
        one = self._document.objects(task.clip.id).get(task.trajectory_id)
        return one is None or one.keyframes_digest() != task.object.keyframes_digest()

    def _show(self) -> None:
        filling = {id: Filling(*task.span) for id, task in self._waiting.items()}
        if self._running is not None:
            filling[self._running.trajectory_id] = Filling(*self._running.span, self._percent)
        self._view.set_filling(filling)


def _config(settings: Mapping[str, Any]) -> DensifyConfig:
    """What of the last densifying holds for filling again; the defaults where it can no longer be read."""
    try:
        return from_dict(DensifyConfig, {name: settings[name] for name in _KEPT if name in settings})
    except StudioError:
        return DensifyConfig()


def _no_stricter(config: DensifyConfig, objects: Sequence[ObjectTrajectory]) -> DensifyConfig:
    """The same, so that what somebody carried on at a lower confidence than it asks for is not cut short."""
    least = [one.confidence[_beyond(one)].min(initial=1.0) for one in objects]
    return replace(config, min_confidence=min(config.min_confidence, float(min(least, default=1.0))))


def _beyond(one: ObjectTrajectory) -> np.ndarray:
    """(K,) bool, which observations of an object were carried beyond its first or last keyframe."""
    keys = one.keyframes
    if not len(keys):
        return np.zeros(len(one.frames), bool)
    outer = (one.frames < keys[0]) | (one.frames > keys[-1])
    return np.asarray(outer & (one.origin == Origin.PROPAGATED))


def _reaches_beyond(one: ObjectTrajectory) -> bool:
    """Whether an object was carried beyond its first or last keyframe."""
    return bool(_beyond(one).any())


def _frame_of(edit: _OfKeyframe) -> int:
    """Where what was edited is now."""
    return edit.to if isinstance(edit, MoveKeyframe) else edit.frame


def _is_open(one: ObjectTrajectory, frame: int, frames: int) -> bool:
    """Whether there is something to fill, or was filled, between a frame and the keyframes beside it."""
    if is_outside(one, np.array([frame]))[0]:
        return False
    first, last = span_around(one, frame, frames)
    within = (one.frames >= first) & (one.frames <= last)
    keys = one.keyframes[(one.keyframes >= first) & (one.keyframes <= last)]
    between = len(keys) > 1 and keys[-1] - keys[0] >= len(keys)
    return bool(between or (one.origin[within] == Origin.PROPAGATED).any())


def _around(task: _Task) -> dict[tuple[int, int], int]:
    """By first and last frame of what is to be filled, a frame within it that was edited."""
    return {span_around(task.object, frame, task.clip.frames): frame for frame in task.frames}


def _filled_by_box(task: _Task) -> Iterator[FillObservations]:
    """The edits that fill an object by its boxes."""
    for span in sorted(_around(task)):
        config = replace(task.config, method="box", span=span)
        found = {task.clip.id: {task.object.id: between_boxes(task.object, config)}}
        yield FillObservations(found, span, "refill", asdict(config))


def _filled(task: _Task, objects: tuple[ObjectTrajectory, ...], report: OnProgress) -> list[FillObservations]:
    """The edits that fill what lies beside the frames of a task.

    Raises:
        StudioError: a frame cannot be read, or a mask does not fit it.
    """
    made_from = {one.id: one.keyframes_digest() for one in objects}
    around = _around(task)
    one_way = carried_one_way(task.before, task.clip.frames, task.config)
    edits: list[FillObservations] = []
    with open_frames(task.clip) as frames:
        for span, frame in sorted(around.items()):

            def tell(done: int, total: int) -> None:
                report(len(edits) * total + done, len(around) * total, "")

            found = refill(frames, objects, task.object.id, frame, task.config, tell, one_way)
            settings = asdict(replace(task.config, span=span))
            filled = {task.clip.id: found.objects}
            edits.append(FillObservations(filled, found.span, "refill", settings, made_from=made_from))
    return edits
