"""Goes from what a run remarked on to the frame in Curate, with the trajectories selected."""

from collections.abc import Collection

from PySide6.QtCore import QObject, Signal

from studio.document import Document
from studio.view_state import ViewState
from studio.watch.patch_cutter import Patch

GONE = "The clip is no longer in the project; undo its removal to see it."
CHANGED = "Some of these tracks are no longer there: deleted, joined or tracked anew since the run."


class Visit(QObject):
    """Turns to a clip as soon as its tracks are read; a newer wish takes the place of one that waits.

    Signals:
        begun(): Curate is to be shown.
        failed(str): the clip or some of the tracks are gone; one sentence.
    """

    begun = Signal()
    failed = Signal(str)

    def __init__(self, document: Document, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self._wanted: tuple[int, frozenset[int], int | None] | None = None
        document.prepared.connect(self._arrive)

    def open_patch(self, patch: Patch) -> None:
        """Show the frame of a patch with its trajectory selected."""
        self.go(patch.clip.id, {patch.trajectory} - {0}, patch.frame)

    def go(self, clip_id: int, ids: Collection[int], frame: int | None = None) -> None:
        """Show a clip with some of its trajectories selected, at a frame or where it is looked at now."""
        if clip_id not in {one.clip.id for one in self._document.clips()}:
            self.failed.emit(GONE)
            return
        self.begun.emit()
        self._wanted = (clip_id, frozenset(ids), frame)
        self._document.prepare(clip_id)

    def _arrive(self, clip_id: int) -> None:
        if self._wanted is None or self._wanted[0] != clip_id:
            return
        _, ids, frame = self._wanted
        self._wanted = None
        clip = next((one.clip for one in self._document.clips() if one.clip.id == clip_id), None)
        self._view.set_clip(clip)
        there = ids & (
            self._document.objects(clip_id).keys() | set(self._document.points(clip_id).ids.tolist())
        )
        self._view.set_selection(there)
        if frame is not None:
            self._view.set_frame(frame)
        if there != ids:
            self.failed.emit(CHANGED)
