"""The project folder: `project.toml`, `annotations.sqlite`, `runs/`, `cache/`, `backups/`, `exports/`.

One process writes a project: `Project.open` holds its lock until `close`. Where project.toml names a
`database`, it lies on a server instead of in `annotations.sqlite`.
"""

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import filelock
import tomli_w
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError

from core import config
from core.atomic_file import write_atomically
from core.errors import StudioError
from core.trajectories import migrations, store
from core.trajectories.server import Server
from core.trajectories.sqlite_file import SqliteFile

FORMAT = 1
"""Version of the project folder's layout, kept in project.toml."""

_BUGS = (IntegrityError, ProgrammingError)
"""What the database says of statements that are wrong, whatever the disk is like."""

_FOLDERS = ("runs", "cache", "backups", "exports")


class Project:
    """An open project; use `create` or `open`, and `close` it."""

    def __init__(
        self, path: Path, database: SqliteFile | Server, engine: Engine, lock: filelock.FileLock
    ) -> None:
        self.path = path
        self.database = database
        self.engine = engine
        self._lock = lock

    @classmethod
    def create(cls, path: Path, database: str = "") -> "Project":
        """Make a project in a folder that is empty or does not exist yet, and open it.

        Args:
            database: the URL of a PostgreSQL database, new or of others in the team; a file where empty.

        Raises:
            StudioError: the folder holds other files, or cannot be written, or the database cannot be
                opened; nothing is left in the folder then.
        """
        path = Path(path).resolve()
        if database:
            Server(database, path).agree()  # who names it wants it; says what is wrong with it at once
        with contextlib.ExitStack() as undo:
            try:
                is_new = not path.exists()
                if not is_new and any(path.iterdir()):
                    raise StudioError(f"{path} is not empty; choose an empty folder for a new project.")
                undo.callback(_take_back, path, is_new)
                for name in _FOLDERS:
                    (path / name).mkdir(parents=True, exist_ok=True)
                created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
                values = {"format": FORMAT, "name": path.name, "created": created, "location": str(path)}
                if database:
                    values["database"] = database
                text = tomli_w.dumps(values)
                write_atomically(path / "project.toml", text.encode())
            except OSError as error:
                raise StudioError(
                    f"Cannot make a project in {path} ({error.strerror}); choose another folder."
                ) from error
            project = cls.open(path)
            undo.pop_all()
        return project

    @classmethod
    def open(cls, path: Path) -> "Project":
        """Open a project, migrating an older database after a backup.

        Raises:
            NotAgreedError: it lies on a server that the person did not agree to contact; nothing was done.
            StudioError: no project there; in use by another process; read-only; damaged; made by a newer
                version of this program; or its server does not answer.
        """
        path = Path(path).resolve()
        if not (path / "project.toml").is_file():
            raise StudioError(f"{path} is not a project (it has no project.toml); choose a project folder.")
        values = config.read_toml(path / "project.toml")
        written = values.get("format")
        if not isinstance(written, int):
            raise StudioError(f"{path / 'project.toml'} names no format; write `format = {FORMAT}` into it.")
        if written > FORMAT:
            raise StudioError(
                f"{path} was made by a newer version of this program; update it to open the project."
            )
        url = values.get("database")
        database = (
            Server(str(url), path) if url else SqliteFile(path / "annotations.sqlite", path / "backups")
        )
        lock = filelock.FileLock(path / "lock")
        try:
            lock.acquire(blocking=False)
            with contextlib.ExitStack() as undo:
                undo.callback(lock.release)
                engine = database.connect()
                undo.callback(engine.dispose)
                migrations.upgrade(engine, partial(_back_up, database))
                _follow_move(path, engine)
                undo.pop_all()
        except filelock.Timeout as error:
            raise StudioError(
                f"The project {path.name} is open in another window or command; close it there."
            ) from error
        except OSError as error:
            raise StudioError(
                f"Cannot write to the project {path} ({error.strerror}); copy it to a writable disk."
            ) from error
        except (DatabaseError, sqlite3.Error) as error:
            reason = _reason(error) if isinstance(error, DatabaseError) else error
            raise StudioError(
                f"The database {database} cannot be prepared ({reason}); "
                f"{', or '.join(dict.fromkeys((database.room, database.remedy)))}."
            ) from error
        return cls(path, database, engine, lock)

    def close(self) -> None:
        """Let go of the project; a database file that changed since the last backup is backed up, a large one
        by a process that is not waited for."""
        self.engine.dispose()
        if isinstance(self.database, SqliteFile):  # a server has its own backups
            self.database.back_up_changes()
        self._lock.release()

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    @property
    def exports(self) -> Path:
        return self.path / "exports"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with; all it reads is the database at one moment.

        Raises:
            StudioError: the database cannot be read any more.
        """
        try:
            with self.engine.connect() as connection:
                yield connection
        except _BUGS:
            raise
        except DatabaseError as error:
            raise StudioError(
                f"{self.database} cannot be read ({_reason(error)}); {self.database.remedy}."
            ) from error

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, committed at the end unless something is raised.

        Raises:
            StudioError: the disk is full or read-only, the database is damaged, or its server is away;
                nothing was written.
        """
        try:
            with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                yield connection
        except _BUGS:
            raise
        except DatabaseError as error:
            raise StudioError(f"The edit was not saved ({_reason(error)}); {self.database.room}.") from error


def _back_up(database: SqliteFile | Server) -> None:
    if isinstance(database, SqliteFile):
        database.backups.make("before-migration")


def _reason(error: DatabaseError) -> str:
    """What the driver says, on one line."""
    return str(error.orig).splitlines()[0]


def _follow_move(path: Path, engine: Engine) -> None:
    """Where the project folder was moved or copied, look for frames inside it where they are now."""
    values = config.read_toml(path / "project.toml")
    before = Path(values.get("location", path))
    if before == path:
        return
    with engine.begin() as connection:
        for root in store.roots(connection):
            if root.is_relative_to(before) and (path / root.relative_to(before)).is_dir():
                store.relocate(connection, root, path / root.relative_to(before))
    write_atomically(path / "project.toml", tomli_w.dumps({**values, "location": str(path)}).encode())


def _take_back(path: Path, with_folder: bool) -> None:
    """Remove what `create` made of a project that could not be opened."""
    files = [path / "project.toml", path / "lock"]
    files += [path / f"annotations.sqlite{end}" for end in ("", "-wal", "-shm")]
    folders = [path / name for name in _FOLDERS]
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink()
    for folder in [*folders, path] if with_folder else folders:
        with contextlib.suppress(OSError):  # such as one that is not empty
            folder.rmdir()
