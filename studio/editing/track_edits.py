"""From what is selected to the edit that a person asks for, and why not where it cannot be done."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.trajectories.model import Review
from core.trajectories.observation_edits import MakeKeyframe
from core.trajectories.trajectory_edits import (
    DeleteTrajectories,
    Merge,
    Relabel,
    SetReview,
    Split,
    Swap,
    Trim,
)
from studio.document import Document
from studio.tables.track_rows import TrackRows
from studio.view_state import ViewState


@dataclass(frozen=True, eq=False)
class _Chosen:
    """The selected tracks of the clip: ids ascending (K,), and by place whether object, first, last."""

    ids: tuple[int, ...]
    is_object: np.ndarray
    first: np.ndarray
    last: np.ndarray

    @property
    def one_kind(self) -> bool:
        return len(np.unique(self.is_object)) <= 1


class TrackEdits(QObject):
    """Edits of the selected tracks at the frame that is seen.

    Signals:
        edit_asked(Edit): make it.
    """

    edit_asked = Signal(object)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        rows: Callable[[], TrackRows | None],
        frame: Callable[[], int],
        parent: QObject,
    ) -> None:
        """Joined to what is looked at.

        Args:
            rows: gives the tracks of the clip.
            frame: gives the frame that is on the canvas, which is not yet `view.frame` while that one
                is being read; a person edits what they see.
        """
        super().__init__(parent)
        self._document, self._view, self._rows, self._frame = document, view, rows, frame

    def refusals(self) -> dict[str, str]:
        """Action → why it cannot be done now; empty where it can."""
        chosen, frame = self._chosen(), self._frame()
        none = "" if chosen.ids else "Select a track first."
        one = none or ("" if len(chosen.ids) == 1 else "Select one track only.")
        outside = "Go to a frame inside the track."
        inside = one or ("" if chosen.first[0] < frame <= chosen.last[0] else outside)
        before_end = one or ("" if chosen.first[0] <= frame < chosen.last[0] else outside)
        several = "" if len(chosen.ids) > 1 else "Select two tracks or more."
        two = "" if len(chosen.ids) == 2 else "Select two tracks."
        kind = "" if chosen.one_kind else "Select tracks of one kind, objects or points."
        return {
            "merge": several or kind,
            "swap": two or kind,
            "split": inside,
            "trim_start": inside,
            "trim_end": before_end,
            "keyframe": one or ("" if chosen.is_object[0] else "Select an object."),
            "delete_here": one
            or ("" if chosen.first[0] <= frame <= chosen.last[0] else "The track is not at this frame."),
            **dict.fromkeys(
                (
                    "delete_track",
                    "relabel",
                    "pin",
                    "accept",
                    "reject",
                    "reopen",
                    "select_none",
                    "hide_others",
                ),
                none,
            ),
            **dict.fromkeys(("track_start", "track_end"), one),
        }

    def merge(self) -> None:
        self.edit_asked.emit(Merge(self._clip, self._chosen().ids))

    def swap(self) -> None:
        first, second = self._chosen().ids
        self.edit_asked.emit(Swap(self._clip, first, second, self._frame()))

    def split(self) -> None:
        self.edit_asked.emit(Split(self._clip, self._one, self._frame()))

    def trim_start(self) -> None:
        last = int(self._chosen().last[0])
        self.edit_asked.emit(Trim(self._clip, self._one, self._frame(), last))

    def trim_end(self) -> None:
        first = int(self._chosen().first[0])
        self.edit_asked.emit(Trim(self._clip, self._one, first, self._frame()))

    def keyframe(self) -> None:
        self.edit_asked.emit(MakeKeyframe(self._clip, self._one, self._frame()))

    def delete_tracks(self) -> None:
        self.edit_asked.emit(DeleteTrajectories(self._clip, self._chosen().ids))

    def relabel(self, label: str) -> None:
        self.edit_asked.emit(Relabel(self._clip, self._chosen().ids, label.strip()))

    def review(self, review: Review) -> None:
        self.edit_asked.emit(SetReview(self._clip, self._chosen().ids, review))

    def keyframe_from(self, by: int) -> int | None:
        """The next (1) or previous (-1) keyframe of the selected objects, or of any; None without one."""
        if self._view.clip is None:
            return None
        objects = self._document.objects(self._view.clip.id)
        wanted = [objects[id] for id in self._view.selection if id in objects] or list(objects.values())
        frames = np.unique(np.concatenate([np.zeros(0, np.int64), *(one.keyframes for one in wanted)]))
        frames = frames[frames > self._view.frame] if by > 0 else frames[frames < self._view.frame]
        return None if len(frames) == 0 else int(frames[0] if by > 0 else frames[-1])

    def span(self) -> tuple[int, int] | None:
        """First and last frame of the one selected track."""
        chosen = self._chosen()
        return (int(chosen.first[0]), int(chosen.last[0])) if len(chosen.ids) == 1 else None

    @property
    def _clip(self) -> int:
        assert self._view.clip is not None, "an edit without a clip; the action should be disabled"
        return self._view.clip.id

    @property
    def _one(self) -> int:
        (id,) = self._chosen().ids
        return id

    def _chosen(self) -> _Chosen:
        rows = self._rows()
        nothing = np.zeros(0, np.int64)
        if rows is None or not self._view.selection:
            return _Chosen((), nothing, nothing, nothing)
        places = np.flatnonzero(np.isin(rows.ids, list(self._view.selection)))
        places = places[np.argsort(rows.ids[places])]
        ids = tuple(rows.ids[places].tolist())
        return _Chosen(ids, rows.is_object[places], rows.first[places], rows.last[places])
