"""A backup of a large database, made by a process of its own that goes on when the window is closed.

    python -m core.trajectories.backup_process DATABASE FOLDER MEGABYTES

It holds no lock of the project, which can be opened, edited and closed again meanwhile: what it copies is the
database as it was when it began. Killed at any moment it leaves a `.partial` for the next to remove.
"""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from core.errors import StudioError
from core.trajectories.backups import Backups
from core.version import ROOT

PAUSE = 0.004
"""Seconds of rest after each megabyte."""


_going: "list[subprocess.Popen[bytes]]" = []
"""Kept until they end, so that none stays a zombie."""


def start(database: Path, backups: Backups) -> "subprocess.Popen[bytes]":
    """Begin; nothing needs to wait for it.

    Raises:
        OSError: no process can be started.
    """
    _going[:] = [one for one in _going if one.poll() is None]
    command = [sys.executable, "-m", "core.trajectories.backup_process"]
    command += [str(database), str(backups.folder), str(backups.megabytes)]
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        cwd=ROOT,  # where `core` is found
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        start_new_session=True,
        creationflags=flags,
    )
    _going.append(process)
    return process


def start_if_due(database: Path, backups: Backups) -> "subprocess.Popen[bytes] | None":
    """Begin where something changed since the last one.

    Raises:
        StudioError: it cannot be begun.
    """
    try:
        return start(database, backups) if backups.is_due() else None
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        raise StudioError(reason(error)) from error


def reason(error: sqlite3.Error | OSError | UnicodeDecodeError) -> str:
    """Why no backup was made and what to do, in one sentence."""
    why = (error.strerror if isinstance(error, OSError) else "") or str(error)
    if isinstance(error, (OSError, sqlite3.OperationalError)):
        return f"No backup could be made ({why}); free disk space or check the project's folder backups."
    return f"No backup could be made, since the database is damaged ({why}); restore an earlier backup."


def main(database: Path, folder: Path, megabytes: float) -> int:
    """Make one if it is due; returns the exit code of the process."""
    if hasattr(os, "nice"):
        os.nice(10)
    backups = Backups(database, folder, megabytes)
    try:
        if backups.is_due():
            backups.make("background", PAUSE)
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        backups.note_failure(reason(error))
        return 1
    backups.note_failure("")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])))
