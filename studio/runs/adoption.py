"""Results of runs come into the project: each as one edit, one after the other."""

from collections import deque
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from core.jobs import result_edit
from core.percent import percent
from core.runs.run_folder import RunFolder
from core.trajectories.bulk_edits import FillObservations, ReplacePoints
from core.trajectories.suggestion_edits import AddSuggestions
from studio.background import Background
from studio.document import Document


class Adoption(QObject):
    """A queue of runs whose results are read in a thread and stored in the background.

    Signals:
        message(str): what there is to know about a result that was stored, one sentence or two.
        suggested(int): so many suggested objects of the clips of a result wait for a decision.
        failed(str): a result could not be read; one sentence for the user.
    """

    message = Signal(str)
    suggested = Signal(int)
    failed = Signal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._waiting: deque[RunFolder] = deque()
        self._known: set[str] = set()
        self._work = Background(self)
        self._findings = ""
        self._suggested_in: frozenset[int] = frozenset()
        self._work.done.connect(self._store)
        self._work.failed.connect(self._skip)
        document.performed.connect(self._tell)
        document.busy_changed.connect(self._next)

    def add(self, runs: Iterable[RunFolder]) -> None:
        """Adopt the results of runs, unless that is under way already."""
        for folder in runs:
            if folder.name not in self._known:
                self._known.add(folder.name)
                self._waiting.append(folder)
        self._next()

    @property
    def is_busy(self) -> bool:
        """Whether results are on their way into the project."""
        return bool(self._waiting) or self._work.is_running or bool(self._document.busy)

    def close(self) -> None:
        """Leave what waits for the next time the project is opened."""
        self._waiting.clear()
        self._work.close()

    def _next(self) -> None:
        if self._waiting and not self._work.is_running and not self._document.busy:
            folder = self._waiting.popleft()
            self._work.start(lambda report: result_edit(folder))

    def _store(self, edit: ReplacePoints | FillObservations | AddSuggestions) -> None:
        self._findings = findings(edit) if isinstance(edit, FillObservations) else ""
        self._suggested_in = frozenset(edit.objects) if isinstance(edit, AddSuggestions) else frozenset()
        self._document.perform_later(edit)

    def _tell(self) -> None:
        """Tell what the edit that was stored found, once it can be seen."""
        told, self._findings = self._findings, ""
        if told:
            self.message.emit(told)
        clips, self._suggested_in = self._suggested_in, frozenset()
        waiting = sum(one.suggested for one in self._document.clips() if one.clip.id in clips)
        if waiting:
            self.suggested.emit(waiting)

    def _skip(self, sentence: str) -> None:
        self.failed.emit(sentence)
        self._next()


def findings(edit: FillObservations) -> str:
    """How well hidden keyframes were filled, and how many frames are to be checked; empty if neither."""
    overlaps = [
        overlap
        for objects in edit.audit.values()
        for keyframes in objects.values()
        for overlap in keyframes.values()
    ]
    count = sum(len(one.to_check) for objects in edit.objects.values() for one in objects.values())
    sentences = []
    if overlaps:
        hidden = f"{len(overlaps):,} hidden keyframe{'s were' if len(overlaps) != 1 else ' was'}"
        mean = percent(sum(overlaps) / len(overlaps))
        sentences.append(f"{hidden} filled with an IoU of {mean} on average.")
    if count:
        are = "frames are" if count != 1 else "frame is"
        sentences.append(f"{count:,} {are} to be checked: Review ▸ Next item of the queue.")
    return " ".join(sentences)
