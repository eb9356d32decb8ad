"""Results of runs come into the project: each as one edit, one after the other."""

from collections import deque
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from core.jobs.adopt import result_edit
from core.jobs.run_folder import RunFolder
from studio.background import Background
from studio.document import Document


class Adoption(QObject):
    """A queue of runs whose results are read in a thread and stored in the background.

    Signals:
        failed(str): a result could not be read; one sentence for the user.
    """

    failed = Signal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._waiting: deque[RunFolder] = deque()
        self._known: set[str] = set()
        self._work = Background(self)
        self._work.done.connect(document.perform_later)
        self._work.failed.connect(self._skip)
        document.busy_changed.connect(self._next)

    def add(self, runs: Iterable[RunFolder]) -> None:
        """Adopt the results of runs, unless that is under way already."""
        for folder in runs:
            if folder.name not in self._known:
                self._known.add(folder.name)
                self._waiting.append(folder)
        self._next()

    def close(self) -> None:
        """Leave what waits for the next time the project is opened."""
        self._waiting.clear()
        self._work.close()

    def _next(self) -> None:
        if self._waiting and not self._work.is_running and not self._document.busy:
            folder = self._waiting.popleft()
            self._work.start(lambda report: result_edit(folder))

    def _skip(self, sentence: str) -> None:
        self.failed.emit(sentence)
        self._next()
