"""A project's database as a file, with its backups."""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from core.errors import StudioError
from core.file_holder import HeldError, holder_of
from core.trajectories import backup_process, schema
from core.trajectories.backups import Backups, edits_after, problem
from core.trajectories.damage import DamagedError

SMALL = 32 << 20
"""Bytes up to which a file is read whole at opening and copied at closing; a larger one at leisure."""


PATIENCE = 5.0
"""Seconds that are waited for another program that holds the file."""

_MOMENT = 0.5
"""The same while the project is opened."""

_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"),
    "fullfsync=ON",  # of macOS, whose disks keep what is only synchronised for a while
)

_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteFile:
    """`annotations.sqlite`, in WAL mode with `synchronous=FULL`: a committed edit survives a crash.

    Attributes:
        room: what to do about a file that cannot be written.
        backups: its copies.
    """

    room = "free disk space or check the project folder"

    def __init__(self, path: Path, backups: Path) -> None:
        self.path = path
        self.backups = Backups(path, backups)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def megabytes(self) -> float:
        """How large it is; 0 where it is gone."""
        return self.path.stat().st_size / 1e6 if self.path.exists() else 0.0

    @property
    def remedy(self) -> str:
        """What to do about a file that cannot be read."""
        return f"close the project and {self._put_back}"

    @property
    def _put_back(self) -> str:
        """Which backup is the newest that is whole, how old it is and what came after it, in words."""
        found = self.backups.newest_whole(SMALL)
        if found is None:
            none = "holds none that is whole" if self.backups.all() else "is empty"
            return f"restore it from a copy of your own, since its folder backups/ {none}"
        newest = f"put the newest file of its folder backups/ that is whole in its place: {found}"
        count = edits_after(self.path, found)
        after = "" if count is None else f"{count:,} edit{'s' if count != 1 else ''} came after it; "
        return f"{newest} ({after}the command restore does that)"

    def connect(self) -> Engine:
        """An engine with the settings every connection needs.

        Transactions begin when SQLAlchemy says so, not at Python's first INSERT: only then does a
        reader see one moment, and is a migration done whole or not at all. One that writes takes the
        write lock at its start.

        Raises:
            HeldError: another program holds the file.
            StudioError: the file is missing though there are backups, of another program, damaged, or cannot
                be written.
        """
        self._check()
        url = URL.create("sqlite", database=str(self.path))
        engine = create_engine(url, connect_args={"timeout": PATIENCE, "check_same_thread": False})

        @event.listens_for(engine, "connect")
        def configure(connection: Any, _: Any) -> None:
            connection.isolation_level = None
            cursor = connection.cursor()
            for pragma in _PRAGMAS:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            options = connection.get_execution_options()
            writes, patience = options.get("writes", False), options.get("patience", PATIENCE)
            connection.exec_driver_sql(f"PRAGMA busy_timeout={round(1000 * patience)}")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def held(self, error: BaseException | None, undone: str) -> HeldError | None:
        """What to say where another program holds the file; None where the error is another.

        Args:
            undone: what could not be done, such as "The edit was not saved".
        """
        if not isinstance(error, sqlite3.Error) or getattr(error, "sqlite_errorcode", 0) & 0xFF not in _HELD:
            return None
        who = holder_of(self.path.with_name(f"{self.path.name}-shm"))
        return HeldError(
            f"{undone}, since another program holds {self.path}; close it there, then try again ({who})."
        )

    def back_up_changes(self) -> None:
        """Back it up where it changed: a small one at once, a large one in a process that goes on by itself.

        Why that cannot be done is kept for whoever opens the project next.
        """
        try:
            if not self.backups.is_due():
                return
            if self.path.stat().st_size > SMALL:
                backup_process.start(self.path, self.backups)
            else:
                self.backups.make("close")
                self.backups.note_failure("")
        except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
            self.backups.note_failure(backup_process.reason(error))

    def _check(self) -> None:
        path = self.path
        if not path.exists() and self.backups.all():
            raise DamagedError(f"{path} is missing; {self._put_back}.")
        try:
            with contextlib.closing(sqlite3.connect(path, timeout=_MOMENT)) as connection:
                application = connection.execute("PRAGMA application_id").fetchone()[0]
                empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
                if not empty and application != schema.APPLICATION_ID:
                    raise StudioError(f"{path} is not a database of this program; restore it from backups/.")
                parts = connection.execute("SELECT type, name FROM sqlite_master").fetchall()
                foreign = foreign_part(parts)
                damage = (
                    f"it has {foreign}, which this program does not make"
                    if foreign
                    else _damage(connection, path)
                )
                if damage:
                    raise sqlite3.DatabaseError(damage)
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("PRAGMA user_version=1")
                connection.rollback()
        except sqlite3.OperationalError as error:
            if held := self.held(error, "The project cannot be opened"):
                raise held from error
            raise StudioError(
                f"Cannot write to {path} ({error}); free disk space or copy the project to a writable disk."
            ) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise DamagedError(f"{path} is damaged ({error}); {self._put_back}.") from error


def foreign_part(parts: Sequence[tuple[str, str]]) -> str:
    """What this program never makes and would not want to meet, in words; empty where there is none.

    Args:
        parts: type and name of everything that the database is made of.
    """
    return next((f"a {kind} {str(name)[:60]!r}" for kind, name in parts if kind in ("trigger", "view")), "")


def _damage(connection: sqlite3.Connection, path: Path) -> str:
    """What is wrong with the file, as far as that is told soon; empty for nothing.

    A large one is not read whole: it must have all its pages, its tables, and a last step. The rest is read
    when it is backed up, and by `check`.
    """
    if path.stat().st_size <= SMALL:
        return problem(connection)
    size = path.stat().st_size
    pages, each = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    in_file = int.from_bytes(_head(path)[28:32], "big")
    if size < in_file * each and not path.with_name(f"{path.name}-wal").exists():
        return f"{pages:,} pages are said to be in it, but there are {size // each:,}"
    for table in ("root", "clip", "edit", "journal"):
        connection.execute(f"SELECT * FROM {table} ORDER BY 1 DESC LIMIT 1").fetchone()
    return ""


def _head(path: Path) -> bytes:
    """The first 100 bytes: the header of a database."""
    with open(path, "rb") as file:
        return file.read(100)
