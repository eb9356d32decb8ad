"""After an edit, what it was about is selected, so that the next key meets what the person sees."""

from collections.abc import Callable, Iterable

import numpy as np

from core.trajectories.model import Changes
from studio.document import FEW, Document
from studio.view_state import ViewState


class Focus:
    """Selects what an edit left of the tracks that it was about.

    A track that fell in parts leaves the part that is in the frame that is seen, or all of them where none
    is; of others, those that were selected stay so. An edit of a track that was not selected selects it.
    """

    def __init__(self, document: Document, view: ViewState, frame: Callable[[], int]) -> None:
        """`frame`: gives the frame that is on the canvas."""
        self._document, self._view, self._frame = document, view, frame

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

    def _spans(self, clip_id: int, ids: Iterable[int]) -> dict[int, tuple[int, int]]:
        """First and last frame of those of some tracks that are there."""
        points, objects = self._document.points(clip_id), self._document.objects(clip_id)
        spans = {id: (int(objects[id].frames[0]), int(objects[id].frames[-1])) for id in ids if id in objects}
        for place in np.flatnonzero(np.isin(points.ids, list(ids))).tolist():
            spans[int(points.ids[place])] = int(points.first[place]), int(points.last[place])
        return spans
