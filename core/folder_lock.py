"""Folders that one process at a time works in, whatever becomes of the files in them."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import filelock

if sys.platform != "win32":
    import fcntl


@contextlib.contextmanager
def held_folder(path: Path) -> Iterator[bool]:
    """Hold a folder that exists for the block; False where another process, or a block of this one, does.

    The system lets go of it when this process ends, however that happens. On a file system that cannot hold
    folders (NFS) nobody is kept out.

    Raises:
        OSError: it cannot be opened.
    """
    if sys.platform == "win32":  # there a file that is held cannot be deleted, and it goes with the block
        lock = filelock.FileLock(path / ".held", blocking=False, thread_local=False)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(lock)
            except filelock.Timeout:
                yield False
            else:
                yield True
    else:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield _locked(handle)
        finally:
            os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # not on this file system
        return True
    return True
