"""How far a project's review is, read from its folder and kept there a moment after it changed."""

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import StudioError
from core.review.progress import ReviewProgress, as_bytes, read_progress, write_progress
from studio.background import Background

SAVE_AFTER = 1000
"""Milliseconds after which it is kept."""


class KeptProgress(QObject):
    """It is written in a thread.

    Attributes:
        progress: all of it.

    Signals:
        failed(str): it cannot be read or written; a sentence for the user.
    """

    failed = Signal(str)

    def __init__(self, project: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self.progress = ReviewProgress()
        self._writer = Background(self)
        self._writer.failed.connect(self.failed)
        self._soon = QTimer(self, interval=SAVE_AFTER, singleShot=True)
        self._soon.timeout.connect(self._write)

    def read(self) -> None:
        """Take what the project's folder says."""
        try:
            self.progress = read_progress(self._project)
        except StudioError as error:
            self.failed.emit(str(error))

    def keep(self) -> None:
        """It changed."""
        self._soon.start()

    def close(self) -> None:
        """Write what is still to be kept, and wait for the thread."""
        waiting = self._soon.isActive()
        self._soon.stop()
        self._writer.close()
        if waiting:
            try:
                write_progress(self._project, as_bytes(self.progress))
            except StudioError as error:
                self.failed.emit(str(error))

    def _write(self) -> None:
        data = as_bytes(self.progress)
        self._writer.start(lambda report: write_progress(self._project, data))
