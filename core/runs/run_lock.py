"""The lock of a run, which a worker holds for its life: its file `lock`, and its folder.

Whoever deletes the file has not let go of the folder. Windows lets nobody delete a file that is held, so
there the file is enough.
"""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import filelock

from core import links
from core.errors import StudioError
from core.folder_lock import held_folder

_PATIENCE = 5.0
"""Seconds for which a lock is tried: a killed worker's can stay for some 100 ms."""


def is_held(path: Path) -> bool:
    """Whether a worker holds the lock of the run in a folder; no worker holds a link."""
    if not path.is_dir() or links.is_link(path / "lock"):
        return False  # and do not let the lock make the folder again
    lock = filelock.FileLock(path / "lock")
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        return True
    except OSError:
        return False
    try:
        with _folder(path) as free:
            return not free
    except OSError:
        return False
    finally:
        lock.release()


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock of the run in a folder.

    Raises:
        StudioError: another worker holds it.
        OSError: it cannot be held.
    """
    running = StudioError(f"The run {path.name} is already running in another process.")
    try:
        lock = filelock.FileLock(path / "lock", timeout=_PATIENCE).acquire()
    except filelock.Timeout as error:
        raise running from error
    with lock, _folder(path) as free:
        if not free:
            raise running
        yield


def _folder(path: Path) -> contextlib.AbstractContextManager[bool]:
    return contextlib.nullcontext(True) if sys.platform == "win32" else held_folder(path)
