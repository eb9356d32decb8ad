"""After a person moves a point, its path around that frame is solved again in a thread."""

import os
from collections import deque
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.datasets.clip import Clip
from core.datasets.reading import Frames, open_frames
from core.tracking.repair import repair_around
from core.trajectories.edits import MovePoint, SetPath
from core.trajectories.journal import Edit, HistoryEntry
from core.trajectories.model import KEYFRAMES, Changes, Origin, PointTrajectories
from studio.background import Background, Report
from studio.document import Document
from studio.view_state import ViewState

_THREADS = max(1, (os.cpu_count() or 2) // 2)  # the window needs one, too


@dataclass(frozen=True, eq=False)
class _Task:
    """A trajectory to repair around a frame: the edit that moved it, its clip, and how it is since."""

    moved: MovePoint
    step: HistoryEntry
    clip: Clip
    track: PointTrajectories


class PathRepair(QObject):
    """Repairs the paths of points that people move, one after the other.

    The edit is made at once; the repair lands later as part of the same step of undo. Another edit of
    that trajectory, its undo or `cancel` gives the repair up.

    Signals:
        failed(str): the frames cannot be read; one sentence for the user.
    """

    failed = Signal(str)

    def __init__(self, document: Document, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self._waiting: deque[_Task] = deque()
        self._running: _Task | None = None
        self._work = Background(self)
        self._work.done.connect(self._land)
        self._work.failed.connect(self._fail)
        self._work.cancelled.connect(self._next)
        document.changed.connect(self._give_up_changed)

    def perform(self, edit: Edit) -> None:
        """Make an edit; the path of a moved point is repaired after it."""
        if self._document.perform(edit) and isinstance(edit, MovePoint):
            self._add(edit)

    def cancel(self) -> bool:
        """Give up every repair; False if there is none."""
        under_way = bool(self._view.repairing)
        self._waiting.clear()
        self._work.cancel()
        self._running = None
        self._tell()
        return under_way

    def close(self) -> None:
        """Give up what is under way, and wait for the thread."""
        self.cancel()
        self._work.close()

    def _add(self, moved: MovePoint) -> None:
        points, clip, step = self._document.points(moved.clip_id), self._view.clip, self._document.last_edit()
        if clip is None or clip.id != moved.clip_id or step is None:
            return
        place = np.searchsorted(points.ids, moved.trajectory_id)
        self._waiting.append(_Task(moved, step, clip, points.take(np.array([place]))))
        self._tell()
        if not self._work.is_running:
            self._next()

    def _next(self) -> None:
        self._running = None
        if self._waiting:
            task = self._running = self._waiting.popleft()
            self._work.start(lambda report: _repaired(task, report))
        self._tell()

    def _land(self, edit: SetPath) -> None:
        task, self._running = self._running, None  # what it changes is its own change
        if task is not None:
            self._document.complete(edit, task.step)
        self._next()

    def _fail(self, sentence: str) -> None:
        self.failed.emit(sentence)
        self._next()

    def _give_up_changed(self, changes: Changes) -> None:
        self._waiting = deque(
            task for task in self._waiting if task.moved.trajectory_id not in changes.trajectories
        )
        if self._running is not None and self._running.moved.trajectory_id in changes.trajectories:
            self._work.cancel()
            self._running = None
        self._tell()

    def _tell(self) -> None:
        tasks = [*self._waiting, *([self._running] if self._running is not None else [])]
        self._view.set_repairing(frozenset(task.moved.trajectory_id for task in tasks))


def _repaired(task: _Task, report: Report) -> SetPath:
    """The edit that repairs a path.

    Raises:
        StudioError: a frame cannot be read.
    """
    track, moved = task.track, task.moved
    first = int(track.first[0])
    with open_frames(task.clip) as frames:
        seen = _Span(frames, first, len(track.xy), report)
        at = moved.frame - first
        start, xy, error = repair_around(seen, track.xy, at, np.isin(track.origin, KEYFRAMES), _THREADS)
    span = slice(start, start + len(xy))
    new = (xy != track.xy[span]).any(axis=1)
    origin = np.where(new, np.uint8(Origin.PROPAGATED), track.origin[span])
    return SetPath(moved.clip_id, moved.trajectory_id, first + start, xy, error, origin)


class _Span:
    """The frames of a trajectory; asks before each whether it is still wanted."""

    def __init__(self, frames: Frames, first: int, count: int, report: Report) -> None:
        self._frames, self._first, self._count, self._report = frames, first, count, report

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, frame: int, /) -> np.ndarray:
        self._report(frame, self._count, "")
        return self._frames[self._first + frame]
