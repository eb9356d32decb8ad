"""What an edit was about is selected, and gone to where it is undone, so that the next key meets it."""

from collections.abc import Callable, Iterable

import numpy as np
from PySide6.QtCore import QObject

from core.trajectories.model import Changes
from studio.document import FEW, Document
from studio.view_state import ViewState


class Focus(QObject):
    """Selects what an edit left of the tracks that it was about, and goes where one was taken back.

    A track that fell in parts leaves the part that is in the frame that is seen, or all of them where none
    is; of others, those that were selected stay so. An edit of a track that was not selected selects it.
    """

    def __init__(
        self, document: Document, view: ViewState, frame: Callable[[], int], parent: QObject | None = None
    ) -> None:
        """`frame`: gives the frame that is on the canvas."""
        super().__init__(parent)
        self._document, self._view, self._frame = document, view, frame
        self._wanted: Changes | None = None  # to go to when its clip is read
        document.prepared.connect(self._arrive)

    def follow(self, changes: Changes) -> None:
        """Select what an edit was about; many tracks, as an import brings, are left alone."""
        clip, touched = self._view.clip, changes.trajectories
        if clip is None or clip.id not in changes.clips or not 0 < len(touched) <= FEW:
            return
        spans = self._spans(clip.id, touched)
        if changes.new and len(spans) > len(changes.new):
            here = [id for id, (first, last) in spans.items() if first <= self._frame() <= last]
            self._view.set_selection(here or spans)
        elif spans and not touched & self._view.selection:
            self._view.set_selection(spans)

    def go(self, changes: Changes) -> str:
        """Go to the clip and frame of what was changed, and select it; where several clips were, nowhere.

        Returns:
            the name of the clip; empty where there is not one, or where it is gone.
        """
        clips = {one.clip.id: one.clip for one in self._document.clips() if one.clip.id in changes.clips}
        if len(clips) != 1:
            return ""
        ((clip_id, clip),) = clips.items()
        self._wanted = changes
        if self._view.clip is not None and self._view.clip.id == clip_id:
            self._arrive(clip_id)
        else:
            self._document.prepare(clip_id)
        return clip.name

    def _arrive(self, clip_id: int) -> None:
        changes = self._wanted
        if changes is None or clip_id not in changes.clips:
            return
        self._wanted = None
        clips = {one.clip.id: one.clip for one in self._document.clips()}
        self._view.set_clip(clips.get(clip_id))
        if 0 < len(changes.trajectories) <= FEW and not changes.clip_itself:
            self._view.set_selection(self._spans(clip_id, changes.trajectories))
        if changes.span is not None:
            first, last = changes.span
            self._view.set_frame(min(max(self._view.frame, first), last))

    def _spans(self, clip_id: int, ids: Iterable[int]) -> dict[int, tuple[int, int]]:
        """First and last frame of those of some tracks that are there."""
        points, objects = self._document.points(clip_id), self._document.objects(clip_id)
        spans = {id: (int(objects[id].frames[0]), int(objects[id].frames[-1])) for id in ids if id in objects}
        for place in np.flatnonzero(np.isin(points.ids, list(ids))).tolist():
            spans[int(points.ids[place])] = int(points.first[place]), int(points.last[place])
        return spans
