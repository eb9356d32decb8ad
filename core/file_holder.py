"""Which process holds a file that is wanted, where the system tells."""

import contextlib
import os
from pathlib import Path

from core.errors import StudioError

_LOCKS, _PROCESSES = Path("/proc/locks"), Path("/proc")  # of Linux

_LONGEST = 80
"""Characters of a command that are quoted."""


class HeldError(StudioError):
    """Another process holds what is asked for; it may be free in a moment."""


def holder_of(path: Path) -> str:
    """The other process that holds a lock on a file or folder, such as `process 12: sqlite3 tracks.sqlite`.

    Returns:
        "another program" where the system does not tell which.
    """
    with contextlib.suppress(OSError, ValueError):
        found = path.stat()
        file = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
        for line in _LOCKS.read_text(encoding="ascii").splitlines():
            words = line.split()  # 1: FLOCK ADVISORY WRITE 3358 fe:00:3450322 0 EOF
            if words[1] == "->" or words[3] != "WRITE" or words[5] != file:
                continue
            if int(words[4]) not in (0, os.getpid()):
                return _named(int(words[4]))
    return "another program"


def _named(pid: int) -> str:
    command = (_PROCESSES / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ")
    text = "".join(letter if letter.isprintable() else " " for letter in command.decode("utf-8", "replace"))
    text = " ".join(text.split())
    return f"process {pid}: {text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'}"
