"""Files that are the old one or the new one, never a part."""

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

_SHARING = (5, 32, 33)
"""ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of Windows."""

_PAUSES = (0.01, 0.03, 0.1, 0.3, 0.5)
"""Seconds between two tries to take the place of a file that another program holds."""


@contextlib.contextmanager
def writing_atomically(path: Path) -> Iterator[Path]:
    """A file beside `path` to write, which takes its place when the block ends well and vanishes otherwise.

    It is flushed to disk before. Its name is its own, so several may write the same file at once: the
    last one stays.

    Raises:
        OSError: it cannot be written; the old file stays and nothing is left beside it.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    try:
        yield partial
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        put(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def put(partial: Path, path: Path) -> None:
    """Give a file another name, in the place of the file that has it.

    On Windows a virus scanner may hold either for a moment, which is waited for.

    Raises:
        OSError: as `os.replace`.
    """
    for pause in _PAUSES:
        try:
            return os.replace(partial, path)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _SHARING:
                raise
            time.sleep(pause)
    os.replace(partial, path)


def write_atomically(path: Path, data: bytes) -> None:
    """Write bytes.

    Raises:
        OSError: as `writing_atomically`.
    """
    with writing_atomically(path) as partial:
        partial.write_bytes(data)


def check_writable(path: Path) -> None:
    """Make the folder of a file and see that the file can be written there, before long work for it.

    Raises:
        OSError: it cannot.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    trial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.partial")
    trial.touch()
    trial.unlink()
