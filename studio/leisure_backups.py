"""Backups while a project is open: by a process of its own, now and then, where something changed."""

import subprocess
import time

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import StudioError
from core.project.project import Project
from core.trajectories import backup_process
from core.trajectories.sqlite_file import SqliteFile

LOOK = 30_000
"""Milliseconds between two looks whether one is due, or has ended."""

LEAST_PAUSE = 600.0
"""Seconds between two backups at least."""

PER_MEGABYTE = 3.0
"""Seconds that each megabyte of the database adds to the pause: 1 GB is copied once in 50 minutes."""


class LeisureBackups(QObject):
    """Backs a database file up at leisure; one on a server has its own backups.

    Signals:
        failed(str): none could be made; one sentence.
    """

    failed = Signal(str)

    def __init__(
        self,
        project: Project,
        parent: QObject | None = None,
        look: int = LOOK,
        least_pause: float = LEAST_PAUSE,
        per_megabyte: float = PER_MEGABYTE,
    ) -> None:
        super().__init__(parent)
        self._file = project.database if isinstance(project.database, SqliteFile) else None
        self._least_pause, self._per_megabyte = least_pause, per_megabyte
        self._made = time.monotonic()  # also where the last one was made before the project was opened
        self._process: subprocess.Popen[bytes] | None = None
        self._timer = QTimer(self, interval=look)
        self._timer.timeout.connect(self._look)
        if self._file is not None:
            self._timer.start()

    def tell_last(self) -> None:
        """Say why the last one could not be made, if so."""
        if self._file is not None and self._file.backups.failure:
            self.failed.emit(self._file.backups.failure)

    def set_room(self, megabytes: float) -> None:
        """How much all backups together may take, the newest excepted; holds for the next one."""
        if self._file is not None:
            self._file.backups.megabytes = megabytes

    def close(self) -> None:
        """Look no longer; one that is under way is finished by its process."""
        self._timer.stop()

    def _look(self) -> None:
        file = self._file
        if file is None or (self._process is not None and self._process.poll() is None):
            return
        ended, self._process = self._process, None
        if ended is not None and ended.returncode != 0:
            self.failed.emit(file.backups.failure or "No backup could be made; check the folder backups.")
        pause = self._least_pause + self._per_megabyte * file.megabytes
        if time.monotonic() - self._made < pause:
            return
        try:
            self._process = backup_process.start_if_due(file.path, file.backups)
        except StudioError as error:
            self._made = time.monotonic()
            self.failed.emit(str(error))
        if self._process is not None:
            self._made = time.monotonic()
