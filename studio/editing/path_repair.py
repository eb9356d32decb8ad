"""After a person moves or joins points, their paths there are solved again in a thread."""

import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QObject

from core.datasets.reading import Frames, open_frames
from core.events import OnProgress
from core.tracking.repair import bridge, repair_around
from core.trajectories.journal import Edit
from core.trajectories.model import KEYFRAMES, Origin, PointTrajectories
from core.trajectories.observation_edits import MovePoint, SetPath
from core.trajectories.steps import HistoryEntry
from core.trajectories.trajectory_edits import Merge
from studio.document import Document
from studio.editing.follow_up import FollowUp, Task
from studio.view_state import ViewState

_THREADS = max(1, (os.cpu_count() or 2) // 2)  # the window needs one, too


@dataclass(frozen=True, eq=False)
class _Task(Task):
    """A path to solve again around the frames where a person moved its point, and in its gaps.

    Attributes:
        moved: frames.
        gaps: the frames on both sides of each gap, where the path is known.
        track: as it is since.
    """

    moved: frozenset[int]
    gaps: tuple[tuple[int, int], ...]
    track: PointTrajectories


class PathRepair(FollowUp[_Task]):
    """Solves the paths of points that people move or join; another edit of the trajectory gives that up.

    A point that is moved again before that is solved around all the frames where it was moved.
    """

    def __init__(self, document: Document, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(document, view, 0, parent)

    def perform(self, edit: Edit) -> None:
        """Make an edit; the path of a moved point, and that between joined ones, is solved after it."""
        if isinstance(edit, MovePoint):
            left = self._task_of(edit.trajectory_id)
            moved, gaps = (left.moved, left.gaps) if left is not None else (frozenset[int](), ())
            if self._document.perform(edit):
                self._solve(edit.clip_id, edit.trajectory_id, moved | {edit.frame}, gaps)
        elif isinstance(edit, Merge):
            points = self._document.points(edit.clip_id)
            parts = points.take(np.isin(points.ids, edit.trajectory_ids))
            order = np.lexsort((parts.ids, parts.first)).tolist()
            if self._document.perform(edit) and order:
                spans = [(int(parts.first[place]), int(parts.last[place])) for place in order]
                ends = [(one[1], other[0]) for one, other in itertools.pairwise(spans)]
                gaps = tuple((last, first) for last, first in ends if first > last + 1)
                self._solve(edit.clip_id, int(parts.ids[order[0]]), frozenset(), gaps)
        else:
            self._document.perform(edit)

    def bridge(self, clip_id: int, trajectory_id: int) -> None:
        """Solve the straight parts of a point's path; a step of its own."""
        points = self._document.points(clip_id)
        gaps = straight_parts(points.take(points.ids == trajectory_id))
        self._solve(clip_id, trajectory_id, frozenset(), gaps, a_step=True)

    def _solve(
        self,
        clip_id: int,
        id: int,
        moved: frozenset[int],
        gaps: tuple[tuple[int, int], ...],
        a_step: bool = False,
    ) -> None:
        points, clip = self._document.points(clip_id), self._view.clip
        step: HistoryEntry | None = None if a_step else self._document.last_edit()
        if clip is not None and clip.id == clip_id and (moved or gaps) and (a_step or step is not None):
            self._add(_Task(clip, id, step, moved, gaps, points.take(points.ids == id)))

    def _work(self, task: _Task) -> Callable[[OnProgress], Sequence[Edit]]:
        return partial(_repaired, task)

    def _is_stale(self, task: _Task) -> bool:
        return True

    def _show(self) -> None:
        running = [] if self._running is None else [self._running.trajectory_id]
        self._view.set_repairing(frozenset([*self._waiting, *running]))


def straight_parts(track: PointTrajectories) -> tuple[tuple[int, int], ...]:
    """Of one trajectory, the frames on both sides of each stretch that was only joined by a straight line."""
    first = int(track.first[0])
    straight = (track.origin == Origin.PROPAGATED) & np.isnan(track.error)
    edges = np.diff(np.concatenate(([False], straight, [False])).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return tuple((first + int(a) - 1, first + int(b)) for a, b in zip(starts, ends, strict=True))


def _repaired(task: _Task, report: OnProgress) -> list[Edit]:
    """The edit that repairs a path.

    Raises:
        StudioError: a frame cannot be read.
    """
    track, first = task.track, int(task.track.first[0])
    xy, error = track.xy.copy(), track.error.copy()
    anchors = np.isin(track.origin, KEYFRAMES)
    changed: list[slice] = []
    with open_frames(task.clip) as frames:
        seen = _Span(frames, first, len(xy), report)
        for last, again in task.gaps:
            span = slice(last - first + 1, again - first)
            xy[span], error[span] = bridge(seen, xy, last - first, again - first, _THREADS)
            changed.append(span)
        for frame in sorted(task.moved):
            start, new, doubt = repair_around(seen, xy, frame - first, anchors, _THREADS)
            span = slice(start, start + len(new))
            xy[span], error[span] = new, doubt
            changed.append(span)
    span = slice(min(one.start for one in changed), max(one.stop for one in changed))
    new_here = (xy[span] != track.xy[span]).any(axis=1) & ~anchors[span]
    origin = np.where(new_here, np.uint8(Origin.PROPAGATED), track.origin[span])
    return [SetPath(task.clip.id, task.trajectory_id, first + span.start, xy[span], error[span], origin)]


class _Span:
    """The frames of a trajectory; asks before each whether it is still wanted."""

    def __init__(self, frames: Frames, first: int, count: int, report: OnProgress) -> None:
        self._frames, self._first, self._count, self._report = frames, first, count, report

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, frame: int, /) -> np.ndarray:
        self._report(frame, self._count, "")
        return self._frames[self._first + frame]
