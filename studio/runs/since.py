"""What was edited since the runs of a project: worked out in a thread, and kept until the next edit."""

from PySide6.QtCore import QObject, Signal

from core.errors import StudioError
from core.project.project import Project
from core.runs import edits_since as core_edits
from core.runs.run_folder import RunFolder
from studio.background import Background
from studio.document import Document
from studio.runs.run import Run


def edits_since(run: Run, document: Document) -> str:
    """Such as "37 edits since: 12 splits, 3 rejections, 410 positives gone"; empty where nothing is known.

    It reads the trajectories of every clip that was edited since; `Since` does so in a thread.
    """
    return _words(run.folder, document.project) if run.folder is not None else ""


class Since(QObject):
    """The sentences of `edits_since`, of the runs that were asked about.

    Signals:
        changed(): a sentence that was asked for is there now.
    """

    changed = Signal()

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._known: dict[tuple[str, int], str] = {}
        self._asked: tuple[str, int] | None = None
        self._reader = Background(self)
        self._reader.done.connect(self._take)

    def words(self, run: Run) -> str:
        """The sentence about a run; empty until it is there, which `changed` says."""
        folder = run.folder
        if folder is None or run.revision is None:
            return ""
        key = (run.name, self._document.revision())
        if key not in self._known and key != self._asked:
            self._asked, project = key, self._document.project
            self._reader.start(lambda report: (key, _words(folder, project)))
        return self._known.get(key, "")

    def close(self) -> None:
        """Wait for the thread."""
        self._reader.close()

    def _take(self, found: tuple[tuple[str, int], str]) -> None:
        key, sentence = found
        self._known = {old: words for old, words in self._known.items() if old[1] == key[1]}
        self._known[key], self._asked = sentence, None
        self.changed.emit()


def _words(folder: RunFolder, project: Project) -> str:
    try:
        return core_edits.edits_since(folder, project)
    except StudioError as error:
        return str(error)
