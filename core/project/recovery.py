"""A backup in the place of a database that cannot be read any more; the damaged file is kept beside it."""

import contextlib
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from core.atomic_file import put, writing_atomically
from core.errors import StudioError
from core.project.hold import Hold
from core.trajectories.backups import Backup, Backups, edits_after, is_whole


@dataclass(frozen=True)
class Recovery:
    """What can be put in the place of a project's database.

    Attributes:
        project: the project's folder.
        backup: the newest that is whole.
        passed_over: newer ones that are damaged, too.
        lost: edits, undos and redos that came after it; None where the damaged file does not say.
    """

    project: Path
    backup: Backup
    passed_over: int
    lost: int | None

    def __str__(self) -> str:
        made = self.backup.made
        when = f" of {made.astimezone():%d %B %Y, %H:%M}" if made is not None else f" {self.backup.path.name}"
        if self.lost is None:
            after = "how many edits came after it, the damaged file does not say"
        elif self.lost:
            after = f"{self.lost:,} edit{'s' if self.lost != 1 else ''} came after it"
        else:
            after = "no edit came after it"
        more = f"{self.passed_over} newer one{'s are' if self.passed_over != 1 else ' is'} damaged, too; "
        return f"the backup{when} is whole; {more if self.passed_over else ''}{after}"


def found(project: Path) -> Recovery | None:
    """The newest backup that is whole; None where there is none. Each file that is tried is read whole."""
    project = Path(project).resolve()
    database = project / "annotations.sqlite"
    for passed_over, backup in enumerate(reversed(Backups(database, project / "backups").all())):
        with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
            if is_whole(backup):
                return Recovery(project, backup, passed_over, edits_after(database, backup))
    return None


def restore(recovery: Recovery) -> Path | None:
    """Put the backup in place; killed at any moment, it can be done again.

    Returns:
        where the damaged file is now; None where there was none.

    Raises:
        StudioError: the project is open, or its folder cannot be written.
    """
    project = recovery.project
    database = project / "annotations.sqlite"
    try:
        with contextlib.closing(Hold(project)), contextlib.ExitStack() as back:
            with writing_atomically(database) as copy:
                shutil.copyfile(recovery.backup.path, copy)
                with open(copy, "rb+") as file:
                    os.fsync(file.fileno())  # before the damaged file gives way
                kept = _set_aside(database, back)
            back.pop_all()
            return kept
    except OSError as error:
        raise StudioError(
            f"The backup cannot be put in place ({error.strerror}); free disk space, then try again."
        ) from error


def _set_aside(database: Path, back: contextlib.ExitStack) -> Path | None:
    """Rename the damaged file and those that belong to it, which must not be read with another.

    Args:
        back: gives them their names again, unless its callbacks are taken from it.
    """
    number = 1
    while list(database.parent.glob(f"annotations.damaged-{number}.*")):
        number += 1
    kept = database.with_name(f"annotations.damaged-{number}.sqlite")
    for end in ("-wal", "-shm", ""):  # the last edits are in the -wal: it stays beside its database
        here, there = database.with_name(f"{database.name}{end}"), kept.with_name(f"{kept.name}{end}")
        with contextlib.suppress(FileNotFoundError):
            put(here, there)
            back.callback(put, there, here)
    return kept if kept.exists() else None
