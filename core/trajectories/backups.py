"""Copies of a project's database, made while it is in use; which there are, and which go.

They are ordered by a number of their own, never by what the clock said. Only the newest is always kept.
"""

import contextlib
import datetime
import errno
import os
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import quote

import filelock

BACKUPS_KEPT = 10

MEGABYTES = 2_000
"""What all backups of a project together may take, the newest excepted."""

_STAMP = "%Y%m%dT%H%M%S%f"
"""The time, in UTC, in the name of a backup."""

_NAME = re.compile(r"(?:backup-(?P<number>\d+)-r(?P<revision>\d+)-)?(?P<stamp>\d{8}T\d{12})-")

_PAGES = 256
"""Pages copied at a time, 1 MB; other programs read and write in between."""

_SYNCED = 8 << 20
"""Bytes after which the copy is brought to the disk, so that no edit waits for much of it."""

_ROOM = 1.25
"""Times its size must be free for a copy: what is left is for the edits."""


@dataclass(frozen=True)
class Backup:
    """A copy of the database.

    Attributes:
        path: the file.
        number: in the order in which they were made; 0 for those of older programs.
        revision: of the journal when it was made; None where the file cannot be read.
        made: what the clock said, in UTC; None where the name does not say it.
    """

    path: Path
    number: int
    revision: int | None
    made: datetime.datetime | None

    def __str__(self) -> str:
        when = f", of {self.made.astimezone():%d %B, %H:%M}" if self.made is not None else ""
        return f"{self.path.name}{when}"


class Backups:
    """The folder `backups/` of a project.

    Attributes:
        megabytes: what all together may take, the newest excepted.
    """

    def __init__(self, database: Path, folder: Path, megabytes: float = MEGABYTES) -> None:
        self.folder, self.megabytes = folder, megabytes
        self._database = database

    def all(self) -> list[Backup]:
        """Those that are there, oldest first."""
        found = [_read_name(path) for path in self.folder.glob("*.sqlite")]
        return sorted(found, key=lambda one: (one.number, one.revision or 0, one.path.name))

    def newest_whole(self, small: int) -> Backup | None:
        """The newest that is whole; one of more bytes than `small` is believed, as reading takes long."""
        for one in reversed(self.all()):
            with contextlib.suppress(sqlite3.Error, OSError, UnicodeDecodeError):
                if one.revision is None:
                    continue
                if one.path.stat().st_size > small or is_whole(one):
                    return one
        return None

    def make(self, why: str, pause: float = 0.0) -> Path:
        """Copy the database as it is at one moment; the copy is checked, then the oldest go.

        It never takes the place of another, and is whole as soon as it has its name.

        Args:
            why: the end of its name, such as `close`.
            pause: seconds of rest after each megabyte.

        Raises:
            sqlite3.DatabaseError: the database or the copy is damaged; it is not kept.
            OSError: there is no room for it, or it cannot be written.
        """
        self.folder.mkdir(exist_ok=True)
        with self._alone():
            for left in self.folder.glob("*.partial"):  # by a program that was killed
                left.unlink(missing_ok=True)
            self._make_room()
            partial = self.folder / f"{os.getpid()}.partial"
            try:
                revision = _copy(self._database, partial, pause)
                stamp = datetime.datetime.now(datetime.UTC).strftime(_STAMP)
                number = max((one.number for one in self.all()), default=0) + 1
                target = self.folder / f"backup-{number:06}-r{revision}-{stamp}-{why}.sqlite"
                partial.replace(target)
            except (sqlite3.Error, OSError):
                partial.unlink(missing_ok=True)
                raise
            self._let_go()
        return target

    def is_due(self) -> bool:
        """Whether the newest cannot be read, or ends with another step of the journal than the database.

        Raises:
            sqlite3.Error: the database itself cannot be read.
        """
        found = self.all()
        if found:
            with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
                return last_step(found[-1].path) != last_step(self._database)
        return True

    @property
    def failure(self) -> str:
        """Why the last one could not be made, in one sentence; empty where it was."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return (self.folder / "failed.txt").read_text(encoding="utf-8").strip()[:500]
        return ""

    def note_failure(self, sentence: str) -> None:
        """Keep why none could be made for whoever opens the project next; empty forgets it."""
        with contextlib.suppress(OSError):
            if sentence:
                (self.folder / "failed.txt").write_text(sentence, encoding="utf-8", newline="\n")
            else:
                (self.folder / "failed.txt").unlink(missing_ok=True)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until no other process makes one here."""
        with filelock.FileLock(self.folder.with_name("backups.lock")):
            yield

    def _make_room(self) -> None:
        """Let the oldest go where the disk has no room for one more; the newest stays."""
        size = self._database.stat().st_size
        for old in self.all()[:-1]:
            if shutil.disk_usage(self.folder).free >= _ROOM * size:
                break
            old.path.unlink(missing_ok=True)
        if shutil.disk_usage(self.folder).free < _ROOM * size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _let_go(self) -> None:
        """Remove the oldest beyond what is kept."""
        left = 1e6 * self.megabytes
        for place, one in enumerate(reversed(self.all())):
            left -= one.path.stat().st_size
            if place and (place >= BACKUPS_KEPT or left < 0):
                one.path.unlink(missing_ok=True)


def address(database: PurePath, mode: str) -> str:
    """An absolute path as SQLite takes it with a mode; `as_uri` would make a host of a share of Windows."""
    path = database.as_posix()
    return f"file://{'' if path.startswith('/') else '/'}{quote(os.fsencode(path), '/:')}?mode={mode}"


def last_step(database: Path, mode: str = "rw") -> tuple[int, str] | None:
    """Number and time of the last edit, undo or redo: the number alone comes again after a restore.

    Args:
        mode: how SQLite opens the file; `ro` never writes to it, `ro&immutable=1` nor beside it.
    """
    query = "SELECT revision, created FROM journal ORDER BY revision DESC LIMIT 1"
    with contextlib.closing(sqlite3.connect(address(database.resolve(), mode), uri=True)) as connection:
        step: tuple[int, str] | None = connection.execute(query).fetchone()
        return step


def is_whole(backup: Backup) -> bool:
    """Whether a backup can be put in the place of the database; it is read whole.

    Raises:
        sqlite3.Error, UnicodeDecodeError: it cannot be read.
    """
    with contextlib.closing(sqlite3.connect(backup.path)) as connection:
        return backup.revision is not None and not problem(connection)


def edits_after(database: Path, backup: Backup) -> int | None:
    """Edits, undos and redos that came after a backup; None where the database does not say."""
    if not database.exists():
        return None
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError, TypeError):
        alone = not database.with_name(f"{database.name}-wal").exists()
        last = last_step(database, "ro&immutable=1" if alone else "ro")  # it stays as it is
        if last is not None and backup.revision is not None:
            return max(last[0] - backup.revision, 0)
    return None


def problem(connection: sqlite3.Connection) -> str:
    """What SQLite finds wrong with the pages of a database, all of which it reads; empty for nothing."""
    found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if found == "ok" else found.splitlines()[-1]  # below a heading


def _read_name(path: Path) -> Backup:
    made, found = None, _NAME.match(path.name)
    if found is not None:
        with contextlib.suppress(ValueError):
            made = datetime.datetime.strptime(found["stamp"], _STAMP).replace(tzinfo=datetime.UTC)
    if found is not None and found["number"]:
        return Backup(path, int(found["number"]), int(found["revision"]), made)
    revision = None
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        step = last_step(path)
        revision = step[0] if step is not None else 0
    return Backup(path, 0, revision, made)


def _copy(database: Path, target: Path, pause: float) -> int:
    """Copy a database as it is at one moment, in small steps; returns the revision of its journal."""
    target.touch()
    with (
        contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=60)) as source,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy,
        open(target, "rb+") as file,
    ):
        source.execute("BEGIN")  # of one moment: without it every edit would begin the copy anew
        revision = _revision(source)
        for pragma in ("synchronous=OFF", "journal_mode=OFF"):
            copy.execute(f"PRAGMA {pragma}")
        synced = 0

        def rest(status: int, remaining: int, total: int) -> None:
            nonlocal synced
            size = os.fstat(file.fileno()).st_size
            if size - synced >= _SYNCED:
                os.fsync(file.fileno())
                synced = size
            time.sleep(pause)

        source.backup(copy, pages=_PAGES, progress=rest)
        source.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")
        damage = problem(copy)
        if damage:
            raise sqlite3.DatabaseError(damage)
        os.fsync(file.fileno())
    return revision


def _revision(connection: sqlite3.Connection) -> int:
    """The last number of the journal; 0 where there is none yet."""
    if not connection.execute("SELECT count(*) FROM sqlite_master WHERE name='journal'").fetchone()[0]:
        return 0
    return int(connection.execute("SELECT max(revision) FROM journal").fetchone()[0] or 0)
