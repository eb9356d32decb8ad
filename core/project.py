"""The project folder: `project.toml`, `annotations.sqlite`, `runs/`, `cache/`, `backups/`, `exports/`.

One process writes a project: `Project.open` holds its lock until `close`. The database runs in WAL
mode with `synchronous=FULL`, so an acknowledged edit survives a crash of the program or the machine.
"""

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock
import tomli_w
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError

from core import config
from core.atomic_file import write_atomically
from core.errors import StudioError
from core.trajectories import migrations, schema, store

FORMAT = 1
"""Version of the project folder's layout, kept in project.toml."""

BACKUPS_KEPT = 10

_BUGS = (IntegrityError, ProgrammingError)
"""What the database says of statements that are wrong, whatever the disk is like."""

_FOLDERS = ("runs", "cache", "backups", "exports")


class Project:
    """An open project; use `create` or `open`, and `close` it."""

    def __init__(self, path: Path, engine: Engine, lock: filelock.FileLock) -> None:
        self.path = path
        self.engine = engine
        self._lock = lock

    @classmethod
    def create(cls, path: Path) -> "Project":
        """Make a project in a folder that is empty or does not exist yet, and open it.

        Raises:
            StudioError: the folder holds other files, or cannot be written; nothing is left in it then.
        """
        path = Path(path).resolve()
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
            StudioError: no project there; in use by another process; read-only; damaged; or made by
                a newer version of this program.
        """
        path = Path(path).resolve()
        if not (path / "project.toml").is_file():
            raise StudioError(f"{path} is not a project (it has no project.toml); choose a project folder.")
        written = config.read_toml(path / "project.toml").get("format")
        if not isinstance(written, int):
            raise StudioError(f"{path / 'project.toml'} names no format; write `format = {FORMAT}` into it.")
        if written > FORMAT:
            raise StudioError(
                f"{path} was made by a newer version of this program; update it to open the project."
            )
        lock = filelock.FileLock(path / "lock")
        try:
            lock.acquire(blocking=False)
            with contextlib.ExitStack() as undo:
                undo.callback(lock.release)
                database = path / "annotations.sqlite"
                _probe(database, path / "backups")
                engine = open_database(database)
                undo.callback(engine.dispose)
                migrations.upgrade(engine, lambda: backup(database, path / "backups", "before-migration"))
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
            reason = error.orig if isinstance(error, DatabaseError) else error
            raise StudioError(
                f"The database of {path} cannot be prepared ({reason}); free disk space, or put the newest "
                "file of its folder backups/ in its place."
            ) from error
        return cls(path, engine, lock)

    def close(self) -> None:
        """Back the database up if it changed since the last backup, and let go of it."""
        self.engine.dispose()
        with contextlib.suppress(OSError, sqlite3.Error):
            backup_if_changed(self.database, self.path / "backups")
        self._lock.release()

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def database(self) -> Path:
        return self.path / "annotations.sqlite"

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
                f"{self.database} cannot be read ({error.orig}); close the project and put the newest file "
                "of its folder backups/ in its place."
            ) from error

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction, committed at the end unless something is raised.

        Raises:
            StudioError: the disk is full or read-only, or the database is damaged; nothing was written.
        """
        try:
            with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                yield connection
        except _BUGS:
            raise
        except DatabaseError as error:
            raise StudioError(
                f"The edit was not saved ({error.orig}); free disk space or check the project folder."
            ) from error


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


def open_database(path: Path) -> Engine:
    """An engine on a SQLite file with the settings every connection needs.

    Transactions begin when SQLAlchemy says so, not at Python's first INSERT: only then does a
    reader see one moment, and is a migration done whole or not at all. One that writes takes the
    write lock at its start.
    """
    url = URL.create("sqlite", database=str(path))
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


def backup(database: Path, folder: Path, why: str) -> Path:
    """Copy a database while it may be in use; the copy is checked, then the oldest beyond ten go.

    Raises:
        sqlite3.DatabaseError: the copy is damaged; it is not kept.
    """
    folder.mkdir(exist_ok=True)
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%f")
    target = folder / f"{stamp}-{why}.sqlite"
    partial = target.with_suffix(".partial")
    try:
        with (
            contextlib.closing(sqlite3.connect(database)) as source,
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
    for old in sorted(folder.glob("*.sqlite"))[:-BACKUPS_KEPT]:
        old.unlink(missing_ok=True)
    return target


def backup_if_changed(database: Path, folder: Path) -> Path | None:
    """A backup, unless the newest one can be read and ends with the same step of the journal."""
    newest = max(folder.glob("*.sqlite"), default=None)
    if newest is not None:
        with contextlib.suppress(sqlite3.Error):
            if _last_step(newest) == _last_step(database):
                return None
    return backup(database, folder, "close")


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


def _last_step(database: Path) -> tuple[int, str] | None:
    """Number and time of the last edit, undo or redo: the number alone comes again after a restore."""
    query = "SELECT revision, created FROM journal ORDER BY revision DESC LIMIT 1"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        step: tuple[int, str] | None = connection.execute(query).fetchone()
        return step


def _probe(database: Path, backups: Path) -> None:
    """Say in one sentence what is wrong with a database before anything is done to it."""
    if not database.exists() and any(backups.glob("*.sqlite")):
        raise StudioError(f"{database} is missing; put the newest file of its folder backups/ in its place.")
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
            if not empty and application != schema.APPLICATION_ID:
                raise StudioError(f"{database} is not a database of this program; restore it from backups/.")
            problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise sqlite3.DatabaseError(problem.splitlines()[-1])  # below a heading
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("PRAGMA user_version=1")
            connection.rollback()
    except sqlite3.OperationalError as error:
        raise StudioError(
            f"Cannot write to {database} ({error}); free disk space or copy the project to a writable disk."
        ) from error
    except sqlite3.DatabaseError as error:
        raise StudioError(
            f"{database} is damaged ({error}); put the newest file of its folder backups/ in its place."
        ) from error
