"""Clips, tracks and labels of a project that the command palette finds, and the way there."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

import numpy as np
from PySide6.QtCore import QObject, Signal

from core.datasets.clip import Clip
from core.trajectories import store
from studio.document import Document
from studio.tables.frame_to_show import frame_to_show
from studio.tables.track_table import TrackTable
from studio.view_state import ViewState
from studio.window.command_palette import Place

MOST = 8
"""Clips, and labels, that are shown at most."""

LONGEST_ID = 18
"""Digits of the number of a track."""

MOST_LABELLED = 50_000
"""Tracks of a clip whose labels are looked through; in larger clips those of objects alone."""


class Places(QObject):
    """Finds places by words; a track is gone to at its nearest frame, also in another clip.

    Signals:
        gone_to(): tracks were gone to, and are to be seen.
    """

    gone_to = Signal()

    def __init__(
        self,
        document: Document,
        view: ViewState,
        tracks: TrackTable,
        show_workspace: Callable[[str], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._tracks = document, view, tracks
        self._show_workspace = show_workspace
        self._wanted: tuple[Clip, frozenset[int]] | None = None  # to go to when the clip is read
        document.prepared.connect(self._arrive)

    def find(self, words: Sequence[str]) -> list[Place]:
        """The track of a number, the clips and the labels of this clip whose names hold all words."""
        return [
            *self._track(words),
            *islice(self._clips(words), MOST),
            *islice(self._labels(words), MOST),
        ]

    def _track(self, words: Sequence[str]) -> Iterator[Place]:
        if len(words) != 1 or not words[0].isdecimal() or len(words[0]) > LONGEST_ID:
            return
        id = int(words[0])
        with self._document.project.reading() as connection:
            clip_id = store.clip_of(connection, id)
        clip = next((one.clip for one in self._document.clips() if one.clip.id == clip_id), None)
        if clip is not None:
            go = partial(self._go, clip, frozenset({id}))
            yield Place(f"Track {id}", f"in {clip.name}", "track", go)

    def _clips(self, words: Sequence[str]) -> Iterator[Place]:
        for one in self._document.clips():
            clip = one.clip
            if all(word in clip.name.casefold() for word in words):
                about = f"{clip.frames:,} frames, {one.objects + one.points:,} tracks"
                yield Place(f"Clip {clip.name}", about, "film", partial(self._go, clip, frozenset()))

    def _labels(self, words: Sequence[str]) -> Iterator[Place]:
        clip, rows = self._view.clip, self._tracks.model.rows
        if clip is None or rows is None:
            return
        seen = len(rows) if len(rows) <= MOST_LABELLED else int(rows.is_object.sum())
        for label, count in sorted(Counter(rows.labels[:seen].tolist()).items()):
            if label and all(word in label.casefold() for word in words):
                ids = frozenset(rows.ids[:seen][rows.labels[:seen] == label].tolist())
                about = f"{count:,} tracks" if count > 1 else "1 track"
                yield Place(f"Label {label}", about, "label", partial(self._go, clip, ids))

    def _go(self, clip: Clip, ids: frozenset[int]) -> None:
        self._show_workspace("curate")
        if ids:
            self._wanted = clip, ids
            self._document.prepare(clip.id)
        else:
            self._view.set_clip(clip)

    def _arrive(self, clip_id: int) -> None:
        if self._wanted is None or self._wanted[0].id != clip_id:
            return
        (clip, ids), self._wanted = self._wanted, None
        self._view.set_clip(clip)
        self._view.set_selection(ids)
        points, objects = self._document.points(clip.id), self._document.objects(clip.id)
        first = min(ids)
        place = np.flatnonzero(points.ids == first)
        if first in objects or len(place):
            track = objects[first] if first in objects else points.take(place)
            self._view.set_frame(frame_to_show(track, self._view.frame, ""))
            self.gone_to.emit()
