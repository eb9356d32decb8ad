"""After a person moves a point, its path around that frame is solved again in a thread."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QObject

from core.datasets.reading import Frames, open_frames
from core.events import OnProgress
from core.tracking.repair import repair_around
from core.trajectories.journal import Edit
from core.trajectories.model import KEYFRAMES, Origin, PointTrajectories
from core.trajectories.observation_edits import MovePoint, SetPath
from studio.document import Document
from studio.editing.follow_up import FollowUp, Task
from studio.view_state import ViewState

_THREADS = max(1, (os.cpu_count() or 2) // 2)  # the window needs one, too


@dataclass(frozen=True, eq=False)
class _Task(Task):
    """A path to repair around the frame where a person moved its point, as it is since."""

    frame: int
    track: PointTrajectories


class PathRepair(FollowUp[_Task]):
    """Repairs the paths of points that people move; another edit of the trajectory gives that up."""

    def __init__(self, document: Document, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(document, view, 0, parent)

    def perform(self, edit: Edit) -> None:
        """Make an edit; the path of a moved point is repaired after it."""
        if not self._document.perform(edit) or not isinstance(edit, MovePoint):
            return
        points, clip, step = self._document.points(edit.clip_id), self._view.clip, self._document.last_edit()
        if clip is not None and clip.id == edit.clip_id and step is not None:
            track = points.take(points.ids == edit.trajectory_id)
            self._add(_Task(clip, edit.trajectory_id, step, edit.frame, track))

    def _work(self, task: _Task) -> Callable[[OnProgress], Sequence[Edit]]:
        return partial(_repaired, task)

    def _is_stale(self, task: _Task) -> bool:
        return True

    def _show(self) -> None:
        running = [] if self._running is None else [self._running.trajectory_id]
        self._view.set_repairing(frozenset([*self._waiting, *running]))


def _repaired(task: _Task, report: OnProgress) -> list[Edit]:
    """The edit that repairs a path.

    Raises:
        StudioError: a frame cannot be read.
    """
    track, first = task.track, int(task.track.first[0])
    with open_frames(task.clip) as frames:
        seen = _Span(frames, first, len(track.xy), report)
        anchors = np.isin(track.origin, KEYFRAMES)
        start, xy, error = repair_around(seen, track.xy, task.frame - first, anchors, _THREADS)
    span = slice(start, start + len(xy))
    new = (xy != track.xy[span]).any(axis=1)
    origin = np.where(new, np.uint8(Origin.PROPAGATED), track.origin[span])
    return [SetPath(task.clip.id, task.trajectory_id, first + start, xy, error, origin)]


class _Span:
    """The frames of a trajectory; asks before each whether it is still wanted."""

    def __init__(self, frames: Frames, first: int, count: int, report: OnProgress) -> None:
        self._frames, self._first, self._count, self._report = frames, first, count, report

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, frame: int, /) -> np.ndarray:
        self._report(frame, self._count, "")
        return self._frames[self._first + frame]
