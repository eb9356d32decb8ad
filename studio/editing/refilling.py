"""After a person edits a keyframe of a densified object, what lies beside it is filled again in a thread."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from core.config import from_dict
from core.datasets.reading import open_frames
from core.errors import StudioError
from core.events import OnProgress
from core.tracking.config import DensifyConfig
from core.tracking.refill import refill
from core.tracking.spans import span_around
from core.trajectories.bulk_edits import FillObservations
from core.trajectories.journal import Edit
from core.trajectories.model import KEYFRAMES, ObjectTrajectory, Origin
from core.trajectories.observation_edits import DeleteObservation, MakeKeyframe, SetObservation
from studio.document import Document
from studio.editing.follow_up import FollowUp, Task
from studio.view_state import Filling, ViewState

PAUSE = 400
"""Milliseconds without another edit before filling begins: the strokes of a brush are filled for once."""

_KEPT = ("method", "one_way_frames", "min_confidence")
"""Settings of the last densifying that filling again keeps."""

_EDITS = (SetObservation, MakeKeyframe, DeleteObservation)


@dataclass(frozen=True, eq=False)
class _Task(Task):
    """An object to fill around the frames that were edited, as it is since the last of the edits."""

    object: ObjectTrajectory
    frames: frozenset[int]
    config: DensifyConfig

    @property
    def span(self) -> tuple[int, int]:
        """First and last frame that may change."""
        keys, reach = self.object.keyframes, self.config.one_way_frames
        around = [span_around(self.object, frame, self.clip.frames) for frame in self.frames]
        first, last = min(first for first, _ in around), max(last for _, last in around)
        return max(first, int(keys[0]) - reach), min(last, int(keys[-1]) + reach)


class Refilling(FollowUp[_Task]):
    """Fills the spans beside edited keyframes.

    Objects that were never densified are left alone. Another edit of a keyframe of an object has its
    filling begin again, for both.
    """

    def __init__(
        self, document: Document, view: ViewState, wanted: Callable[[], bool], parent: QObject | None = None
    ) -> None:
        """`wanted`: whether edits are to be followed now."""
        super().__init__(document, view, PAUSE, parent)
        self._wanted = wanted

    def perform(self, edit: Edit) -> None:
        """Make an edit; what lies beside an edited keyframe is filled after it."""
        follows = isinstance(edit, _EDITS) and self._wanted() and self._is_filled_around(edit)
        before = self._task_of(edit.trajectory_id) if isinstance(edit, _EDITS) else None
        if self._document.perform(edit) and isinstance(edit, _EDITS):
            if follows:
                self._fill_around(edit, before.frames if before is not None else frozenset())
            elif before is not None:
                self._give_up(lambda task: task.trajectory_id == edit.trajectory_id)

    def _is_filled_around(self, edit: SetObservation | MakeKeyframe | DeleteObservation) -> bool:
        """Whether an edit is of a keyframe, or makes one, of an object that was densified."""
        one = self._document.objects(edit.clip_id).get(edit.trajectory_id)
        if one is None or not (one.origin == Origin.PROPAGATED).any():
            return False
        place = one.place(edit.frame)
        return not isinstance(edit, DeleteObservation) or (
            place is not None and one.origin[place] in KEYFRAMES
        )

    def _task_of(self, trajectory_id: int) -> _Task | None:
        if self._running is not None and self._running.trajectory_id == trajectory_id:
            return self._running
        return self._waiting.get(trajectory_id)

    def _fill_around(
        self, edit: SetObservation | MakeKeyframe | DeleteObservation, frames: frozenset[int]
    ) -> None:
        step, one = self._document.last_edit(), self._document.objects(edit.clip_id).get(edit.trajectory_id)
        if step is None or one is None or not len(one.keyframes):
            return
        clip = next(known.clip for known in self._document.clips() if known.clip.id == edit.clip_id)
        config = _config(self._document.settings_of_last("densify"))
        self._add(_Task(clip, one.id, step, one, frames | {edit.frame}, config))

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


def _filled(task: _Task, objects: tuple[ObjectTrajectory, ...], report: OnProgress) -> list[FillObservations]:
    """The edits that fill what lies beside the frames of a task.

    Raises:
        StudioError: a frame cannot be read, or a mask does not fit it.
    """
    made_from = {one.id: one.keyframes_digest() for one in objects}
    around = {span_around(task.object, frame, task.clip.frames): frame for frame in task.frames}
    edits: list[FillObservations] = []
    with open_frames(task.clip) as frames:
        for span, frame in sorted(around.items()):

            def tell(done: int, total: int) -> None:
                report(len(edits) * total + done, len(around) * total, "")

            found = refill(frames, objects, task.object.id, frame, task.config, tell)
            settings = asdict(replace(task.config, span=span))
            filled = {task.clip.id: found.objects}
            edits.append(FillObservations(filled, found.span, "refill", settings, made_from=made_from))
    return edits
