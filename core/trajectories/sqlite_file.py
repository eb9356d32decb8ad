"""A project's database as a file, with its backups."""

import contextlib
import datetime
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from core.errors import StudioError
from core.trajectories import schema

BACKUPS_KEPT = 10

_STAMP = "%Y%m%dT%H%M%S%f"
"""The time, in UTC, that the name of a backup begins with."""


class SqliteFile:
    """`annotations.sqlite`, in WAL mode with `synchronous=FULL`: a committed edit survives a crash.

    Attributes:
        room: what to do about a file that cannot be written.
    """

    room = "free disk space or check the project folder"

    def __init__(self, path: Path, backups: Path) -> None:
        self.path = path
        self._backups = backups

    def __str__(self) -> str:
        return str(self.path)

    @property
    def remedy(self) -> str:
        """What to do about a file that cannot be read."""
        return f"close the project and {self._put_back}"

    @property
    def _put_back(self) -> str:
        """Which backup is the newest and how old it is, in words."""
        found = sorted(self._backups.glob("*.sqlite"))
        if not found:
            return "restore it from a copy of your own, since its folder backups/ is empty"
        newest = f"put the newest file of its folder backups/ in its place: {found[-1].name}"
        with contextlib.suppress(ValueError):
            made = datetime.datetime.strptime(found[-1].name.split("-")[0], _STAMP)
            newest += f", of {made.replace(tzinfo=datetime.UTC).astimezone():%d %B, %H:%M}"
        return newest

    def connect(self) -> Engine:
        """An engine with the settings every connection needs.

        Transactions begin when SQLAlchemy says so, not at Python's first INSERT: only then does a
        reader see one moment, and is a migration done whole or not at all. One that writes takes the
        write lock at its start.

        Raises:
            StudioError: the file is missing though there are backups, of another program, damaged, or cannot
                be written.
        """
        self._check()
        url = URL.create("sqlite", database=str(self.path))
        engine = create_engine(url, connect_args={"timeout": 5, "check_same_thread": False})

        @event.listens_for(engine, "connect")
        def configure(connection: Any, _: Any) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            writes = connection.get_execution_options().get("writes", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def back_up(self, why: str) -> Path:
        """Copy it while it may be in use; the copy is checked, then the oldest beyond ten go.

        Raises:
            sqlite3.DatabaseError: the copy is damaged; it is not kept.
        """
        self._backups.mkdir(exist_ok=True)
        stamp = datetime.datetime.now(datetime.UTC).strftime(_STAMP)
        target = self._backups / f"{stamp}-{why}.sqlite"
        partial = target.with_suffix(".partial")
        for left in self._backups.glob("*.partial"):  # by a program that was killed
            left.unlink(missing_ok=True)
        try:
            with (
                contextlib.closing(sqlite3.connect(self.path)) as source,
                contextlib.closing(sqlite3.connect(partial)) as copy,
            ):
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
                problem = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise sqlite3.DatabaseError(problem)
        except sqlite3.Error:
            partial.unlink(missing_ok=True)
            raise
        partial.replace(target)
        for old in sorted(self._backups.glob("*.sqlite"))[:-BACKUPS_KEPT]:
            old.unlink(missing_ok=True)
        return target

    def back_up_changes(self) -> None:
        """Back it up, unless the newest backup can be read and ends with the same step of the journal."""
        with contextlib.suppress(OSError, sqlite3.Error):
            newest = max(self._backups.glob("*.sqlite"), default=None)
            if newest is not None:
                with contextlib.suppress(sqlite3.Error):
                    if _last_step(newest) == _last_step(self.path):
                        return
            self.back_up("close")

    def _check(self) -> None:
        path = self.path
        if not path.exists() and any(self._backups.glob("*.sqlite")):
            raise StudioError(f"{path} is missing; {self._put_back}.")
        try:
            with contextlib.closing(sqlite3.connect(path)) as connection:
                application = connection.execute("PRAGMA application_id").fetchone()[0]
                empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
                if not empty and application != schema.APPLICATION_ID:
                    raise StudioError(f"{path} is not a database of this program; restore it from backups/.")
                problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if problem != "ok":
                    raise sqlite3.DatabaseError(problem.splitlines()[-1])  # below a heading
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("PRAGMA user_version=1")
                connection.rollback()
        except sqlite3.OperationalError as error:
            raise StudioError(
                f"Cannot write to {path} ({error}); free disk space or copy the project to a writable disk."
            ) from error
        except sqlite3.DatabaseError as error:
            raise StudioError(f"{path} is damaged ({error}); {self._put_back}.") from error


def _last_step(database: Path) -> tuple[int, str] | None:
    """Number and time of the last edit, undo or redo: the number alone comes again after a restore."""
    query = "SELECT revision, created FROM journal ORDER BY revision DESC LIMIT 1"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        step: tuple[int, str] | None = connection.execute(query).fetchone()
        return step
