"""Holding a project: one process at a time has it open.

Its file `lock` is held, as by every version of this program, and so is the folder itself: who deletes the
file lets nobody in.
"""

import contextlib
import threading
from pathlib import Path

import filelock

from core.errors import StudioError
from core.file_holder import HeldError, holder_of
from core.folder_lock import held_folder


class Hold:
    """A project's folder, held until `close`.

    Raises:
        HeldError: another process has it open.
        OSError: the folder cannot be written.
    """

    def __init__(self, project: Path) -> None:
        self._project, self._path = project, project / "lock"
        self._mutex = threading.Lock()
        with contextlib.ExitStack() as undo:
            if not undo.enter_context(held_folder(project)):
                raise self._held(project)
            self._take()
            self._folder = undo.pop_all()

    def check(self) -> None:
        """See that the file is still ours, before something is written; one that was deleted is made again.

        Raises:
            StudioError: another process made and holds it meanwhile, or the folder is gone.
        """
        with self._mutex:
            try:
                if self._path.exists() and _identity(self._path) == self._file:
                    return
                self._project.stat()  # a lock would make the folder again
                before = self._lock
                self._take()
                before.release()
            except OSError as error:
                raise StudioError(
                    f"Nothing was saved, for the project {self._project} is not to be written any more "
                    f"({error.strerror}); see where its folder is, then open it again."
                ) from error

    def close(self) -> None:
        """Let go of the project."""
        self._lock.release()
        self._folder.close()

    def _take(self) -> None:
        lock = filelock.FileLock(self._path, blocking=False, thread_local=False)
        try:
            lock.acquire()
        except filelock.Timeout as error:
            raise self._held(self._path) from error
        self._lock, self._file = lock, _identity(self._path)

    def _held(self, what: Path) -> HeldError:
        return HeldError(
            f"The project {self._project.name} is open in another window or command; close it there "
            f"({holder_of(what)})."
        )


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
