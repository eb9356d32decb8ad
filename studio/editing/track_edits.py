"""From what is selected to the edit that a person asks for, and why not where it cannot be done."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.trajectories.join_suggestions import JoinSuggestions
from core.trajectories.model import Review
from core.trajectories.observation_edits import DeleteObservation
from core.trajectories.track_rows import TrackRows
from core.trajectories.trajectory_edits import (
    DeletePart,
    DeleteTrajectories,
    Merge,
    Relabel,
    SetReview,
    Split,
    Swap,
    Trim,
)
from studio.document import Document
from studio.editing.batch_words import counted_texts
from studio.editing.path_repair import straight_parts
from studio.view_state import ViewState

NONE = "Select a track first."
ONE = "Select one track only."
OUTSIDE = "Go to a frame inside the track."
TOO_FEW = "Select two tracks or more."
NO_POINT = "Points are bridged; only objects are merged, and what lies between is filled."


@dataclass(frozen=True, eq=False)
class _Chosen:
    """The selected tracks of the clip: ids ascending; of each whether object, first, last, review, label
    (a place among `TrackRows.names`), (K,)."""

    ids: tuple[int, ...]
    is_object: np.ndarray
    first: np.ndarray
    last: np.ndarray
    review: np.ndarray
    label: np.ndarray

    @property
    def one_kind(self) -> bool:
        return len(np.unique(self.is_object)) <= 1


class TrackEdits(QObject):
    """Edits of the selected tracks at the frame that is seen.

    Signals:
        edit_asked(Edit): make it.
        bridge_asked(int, int): solve the straight parts of a point of a clip.
    """

    edit_asked = Signal(object)
    bridge_asked = Signal(int, int)

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
        self._found: tuple[TrackRows, frozenset[int], _Chosen] | None = None

    def refusals(self) -> dict[str, str]:
        """Action → why it cannot be done now; empty where it can."""
        chosen, frame = self._chosen(), self._frame()
        none = "" if chosen.ids else NONE
        one = none or ("" if len(chosen.ids) == 1 else ONE)
        inside = one or ("" if chosen.first[0] < frame <= chosen.last[0] else OUTSIDE)
        before_end = one or ("" if chosen.first[0] <= frame < chosen.last[0] else OUTSIDE)
        several = "" if len(chosen.ids) > 1 else TOO_FEW
        two = "" if len(chosen.ids) == 2 else "Select two tracks."
        kind = "" if chosen.one_kind else "Select tracks of one kind, objects or points."
        opened = "Open already." if bool((chosen.review == Review.OPEN).all()) else ""
        if not opened and bool(np.isin(chosen.review, (Review.OPEN, Review.SUGGESTED)).all()):
            opened = "A suggestion waits for its first decision; accept or reject it."
        return {
            "merge": several or kind or self._why_not_merged(chosen),
            "bridge": none or kind or self._why_not_bridged(chosen),
            "swap": two or kind or self._why_not_swapped(chosen, frame),
            "split": inside,
            "trim_start": inside,
            "trim_end": before_end,
            "delete_here": none or self._why_none_deleted(chosen, frame),
            "delete_part": none or self._why_no_part(chosen),
            **dict.fromkeys(("delete_track", "relabel", "pin", "accept", "reject"), none),
            "reopen": none or opened,
            "track_start": one or ("This is the start of the track." if frame == chosen.first[0] else ""),
            "track_end": one or ("This is the end of the track." if frame == chosen.last[0] else ""),
        }

    def _why_not_merged(self, chosen: _Chosen) -> str:
        if chosen.is_object[0]:
            return ""
        order = np.lexsort((np.array(chosen.ids), chosen.first))
        ends = np.maximum.accumulate(chosen.last[order])
        overlapping = np.flatnonzero(chosen.first[order][1:] <= ends[:-1])
        if not len(overlapping):
            return ""
        place = int(overlapping[0]) + 1
        before, id = int(chosen.last[order[:place]].argmax()), chosen.ids[order[place]]
        other = chosen.ids[order[before]]
        return f"Points {other} and {id} overlap in time; trim one of them, then merge."

    def _why_not_bridged(self, chosen: _Chosen) -> str:
        if chosen.is_object[0]:
            return NO_POINT
        if len(chosen.ids) > 1:
            return self._why_not_merged(chosen)
        points = self._document.points(self._clip)
        if straight_parts(points.take(points.ids == chosen.ids[0])):
            return ""
        return f"Point {chosen.ids[0]} has no gap; select the point that goes on after it, too."

    def _why_not_swapped(self, chosen: _Chosen, frame: int) -> str:
        outside = [
            id
            for id, first, last in zip(chosen.ids, chosen.first, chosen.last, strict=True)
            if not first < frame <= last
        ]
        return f"Track {outside[0]} does not run through frame {frame}." if outside else ""

    def _why_none_deleted(self, chosen: _Chosen, frame: int) -> str:
        if self._view.marked is not None:
            return self._why_no_part(chosen)
        here = self._here(chosen, frame)
        if not here:
            return "What is selected is not in this frame."
        return "" if len(here) == 1 else f"{ONE} Shift+Delete deletes several, whole."

    def _why_no_part(self, chosen: _Chosen) -> str:
        if self._view.marked is None:
            return "Mark a part first: drag with Shift over its lane, or Alt+[ and Alt+]."
        first, last = self._view.marked
        if ((chosen.first <= last) & (first <= chosen.last)).any():
            return ""
        return f"Nothing of what is selected lies in frames {first} to {last}."

    def _here(self, chosen: _Chosen, frame: int) -> list[int]:
        """Those of the selected tracks that are in a frame; no more than two."""
        objects = self._document.objects(self._clip)
        here: list[int] = []
        for place in np.flatnonzero((chosen.first <= frame) & (frame <= chosen.last)).tolist():
            id = chosen.ids[place]
            if len(here) < 2 and (id not in objects or objects[id].place(frame) is not None):
                here.append(id)
        return here

    def merge(self) -> None:
        """Of suggestions, joined: parts of one thing are together what it covers."""
        chosen = self._chosen()
        parts = bool((chosen.review == Review.SUGGESTED).all() and all(chosen.is_object))
        join = JoinSuggestions if parts else Merge
        self.edit_asked.emit(join(self._clip, chosen.ids))

    def bridge(self) -> None:
        """Join the selected points by the path between them; of one point, solve its straight parts."""
        ids = self._chosen().ids
        if len(ids) > 1:
            self.edit_asked.emit(Merge(self._clip, ids))
        else:
            self.bridge_asked.emit(self._clip, ids[0])

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

    def delete_here(self) -> None:
        """Delete the part that is marked, else what the selected track has in this frame."""
        if self._view.marked is not None:
            self.delete_part()
            return
        frame = self._frame()
        (id,) = self._here(self._chosen(), frame)
        self.edit_asked.emit(DeleteObservation(self._clip, id, frame))

    def delete_part(self) -> None:
        """Delete what the selected tracks have in the marked frames."""
        marked = self._view.marked
        if marked is not None:
            self.edit_asked.emit(DeletePart(self._clip, self._chosen().ids, *marked))
            self._view.set_marked(None)

    def mark(self, end: int) -> tuple[int, int]:
        """Mark from this frame on (`end` 0) or up to it (1); returns first and last frame that are marked."""
        frame, marked = self._frame(), self._view.marked
        first, last = marked if marked is not None else (frame, frame)
        marked = (frame, max(last, frame)) if end == 0 else (min(first, frame), frame)
        self._view.set_marked(marked)
        return marked

    def delete_tracks(self) -> None:
        self.edit_asked.emit(DeleteTrajectories(self._clip, self._chosen().ids))

    def relabel(self, label: str) -> None:
        self.edit_asked.emit(Relabel(self._clip, self._chosen().ids, label.strip()))

    def labels(self) -> frozenset[str]:
        """Those of the selected tracks, the empty one for those without."""
        rows, chosen = self._rows(), self._chosen()
        return frozenset() if rows is None else frozenset(rows.names[np.unique(chosen.label)])

    def review(self, review: Review) -> None:
        """Of those that are reviewed otherwise; of all where none is."""
        chosen = self._chosen()
        others = np.array(chosen.ids, np.int64)[chosen.review != review].tolist()
        self.edit_asked.emit(SetReview(self._clip, tuple(others) or chosen.ids, review))

    def counted_texts(self) -> dict[str, str]:
        """Action → its text for the tracks that are selected, where they are several."""
        return counted_texts(self._chosen().review)

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
        """Looked up once for each selection among the same tracks."""
        rows, selection = self._rows(), self._view.selection
        if rows is None or not selection:
            return _Chosen((), *[np.zeros(0, np.int64)] * 5)
        if self._found is None or self._found[0] is not rows or self._found[1] is not selection:
            places = np.flatnonzero(np.isin(rows.ids, list(selection)))
            places = places[np.argsort(rows.ids[places])]
            columns = (rows.is_object, rows.first, rows.last, rows.review, rows.name)
            ids = tuple(rows.ids[places].tolist())
            self._found = rows, selection, _Chosen(ids, *(column[places] for column in columns))
        return self._found[2]
