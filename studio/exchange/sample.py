"""The sample project, made on the spot in a thread."""

import shutil
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.datasets.readers import find_clips
from core.datasets.sample import write_sample
from core.errors import StudioError
from core.events import OnProgress
from core.project.importing import import_edit
from core.project.project import Project
from core.trajectories.bulk_edits import AddClips
from studio.background import Background

SEED = 7
"""The same seed draws the same clips."""


class SampleMaker(QObject):
    """Makes a project with the sample's clips; one that is not finished is taken away again.

    Signals:
        progressed(int, int, str): done, of how many, and what it does now; 0 of 0 when it ended.
        made(Project, AddClips): the project, and the edit that brings the clips in.
        failed(str): one sentence for the user.
    """

    progressed = Signal(int, int, str)
    made = Signal(object, object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project: Project | None = None
        self._work = Background(self)
        self._work.progressed.connect(self.progressed)
        self._work.done.connect(self._hand_over)
        self._work.cancelled.connect(self._drop)
        self._work.failed.connect(self._drop)
        self._work.failed.connect(self.failed)

    def make(self, path: Path) -> None:
        """Make it in a folder that does not exist yet, unless one is being made."""
        if self._project is None:
            try:
                self._project = Project.create(path)
            except StudioError as error:
                self.failed.emit(str(error))
                return
            folder = self._project.path / "sample"
            self._work.start(lambda report: _draw(folder, report))

    def cancel(self) -> None:
        """It is not wanted any more."""
        self._work.cancel()
        if self._project is not None:
            self.progressed.emit(0, 1, "Cancelling…")

    def close(self) -> None:
        """Wait for the thread, and take away what is not finished."""
        self._work.close()
        self._drop()

    def _hand_over(self, edit: AddClips) -> None:
        project, self._project = self._project, None
        self.progressed.emit(0, 0, "")
        self.made.emit(project, edit)

    def _drop(self) -> None:
        project, self._project = self._project, None
        self.progressed.emit(0, 0, "")
        if project is not None:
            project.close()
            shutil.rmtree(project.path, ignore_errors=True)


def _draw(folder: Path, report: OnProgress) -> AddClips:
    report(0, 3, "Drawing clips and pictures…")
    paths = write_sample(folder, SEED)
    report(1, 3, "Looking through the clips…")
    found = find_clips(paths.clips)
    report(2, 3, "Reading annotations…")
    return import_edit(found)
