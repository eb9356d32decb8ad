"""The project folder: `project.toml`, `annotations.sqlite`, `runs/`, `cache/`, `backups/`, `exports/`.

One process writes a project: `Project.open` holds its lock until `close`. Where project.toml names a
`database`, it lies on a server instead of in `annotations.sqlite`.
"""

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any

import tomli_w
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError

from core import agreements, config, links
from core.atomic_file import write_atomically
from core.errors import StudioError
from core.file_holder import HeldError
from core.project.hold import Hold
from core.record_file import filled
from core.trajectories import migrations, store
from core.trajectories.damage import DamagedError
from core.trajectories.server import Server
from core.trajectories.sqlite_file import PATIENCE, SqliteFile

FORMAT = 1
"""Version of the project folder's layout, kept in project.toml."""

_BUGS = (IntegrityError, ProgrammingError)
"""What the database says of statements that are wrong, whatever the disk is like."""

_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_CORRUPT_INDEX", "SQLITE_CORRUPT_VTAB", "SQLITE_NOTADB")
"""What SQLite calls damage, which more space does not mend."""

_UNSYNCED = ("SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC")
"""The edit is written, and the disk does not say whether it will be there."""

_FILES = (
    *("lock", ".held", "backups.lock"),
    *(f"annotations.sqlite{end}" for end in ("-wal", "-shm", "-journal")),
)
"""What is written into itself, and would be through a link."""

_FOLDERS = ("runs", "cache", "backups", "exports")
_PARTIAL = "project.toml.*.partial"


class Project:
    """An open project; use `create` or `open`, and `close` it."""

    def __init__(self, path: Path, database: SqliteFile | Server, engine: Engine, hold: Hold) -> None:
        self.path = path
        self.database = database
        self.engine = engine
        self._hold = hold

    @classmethod
    def create(cls, path: Path, database: str = "") -> "Project":
        """Make a project in a folder that is `is_unmade` or does not exist yet, and open it.

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
                if not is_new and not is_unmade(path):
                    raise StudioError(f"{path} is not empty; choose an empty folder for a new project.")
                undo.callback(_take_back, path, is_new)
                for left in path.glob(_PARTIAL):
                    left.unlink()
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
            NotAgreedError: it lies on a server that the person did not agree to contact, or parts of it
                outside of its folder; nothing was done.
            HeldError: another process has it open, or holds its database.
            StudioError: no project there; read-only; damaged; made by a newer
                version of this program; or its server does not answer.
        """
        path = Path(path).resolve()
        if not (path / "project.toml").is_file():
            raise StudioError(f"{path} is not a project (it has no project.toml); choose a project folder.")
        values = _read_toml(path)
        if values["format"] > FORMAT:
            raise StudioError(
                f"{path} was made by a newer version of this program; update it to open the project."
            )
        _check_links(path)
        url = values.get("database")
        database = (
            Server(str(url), path) if url else SqliteFile(path / "annotations.sqlite", path / "backups")
        )
        try:
            hold = Hold(path)
            with contextlib.ExitStack() as undo:
                undo.callback(hold.close)
                engine = database.connect()
                undo.callback(engine.dispose)
                migrations.upgrade(engine, partial(_back_up, database))
                _follow_move(path, engine)
                undo.pop_all()
        except OSError as error:
            raise StudioError(
                f"Cannot write to the project {path} ({error.strerror}); copy it to a writable disk."
            ) from error
        except (DatabaseError, sqlite3.Error, UnicodeDecodeError) as error:
            raise StudioError(
                f"The database {database} cannot be prepared ({_reason(error)}); "
                f"{', or '.join(dict.fromkeys((database.room, database.remedy)))}."
            ) from error
        return cls(path, database, engine, hold)

    def close(self) -> None:
        """Let go of the project; a database file that changed since the last backup is backed up, a large one
        by a process that is not waited for."""
        self.engine.dispose()
        if isinstance(self.database, SqliteFile):  # a server has its own backups
            self.database.back_up_changes()
        self._hold.close()

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
        except (DatabaseError, DamagedError, UnicodeDecodeError) as error:
            if isinstance(error, DatabaseError) and (held := self._held(error, "The project was not read")):
                raise held from error
            raise self._unreadable(error) from error

    @contextlib.contextmanager
    def writing(self, patience: float = PATIENCE) -> Iterator[Connection]:
        """A transaction, committed at the end unless something is raised.

        Args:
            patience: seconds that are waited for another program that holds the database file.

        Raises:
            HeldError: one does; nothing was written.
            StudioError: the disk is full or read-only, the database is damaged, or its server is away;
                nothing was written.
        """
        self._hold.check()
        try:
            connected = self.engine.connect().execution_options(writes=True, patience=patience)
            with connected as connection, connection.begin():
                yield connection
        except _BUGS:
            raise
        except (DamagedError, UnicodeDecodeError) as error:
            raise self._unreadable(error) from error
        except DatabaseError as error:
            if held := self._held(error, "The edit was not saved"):
                raise held from error
            if _code(error) in _DAMAGE:
                raise self._unreadable(error) from error
            saved = "may not have been saved" if _code(error) in _UNSYNCED else "was not saved"
            raise StudioError(f"The edit {saved} ({_reason(error)}); {self.database.room}.") from error

    def _unreadable(self, error: Exception) -> DamagedError:
        return DamagedError(f"{self.database} cannot be read ({_reason(error)}); {self.database.remedy}.")

    def _held(self, error: DatabaseError, undone: str) -> HeldError | None:
        return self.database.held(error.orig, undone)


def _check_links(path: Path) -> None:
    """See that what is written stays in the project's folder, or goes where the person agreed to.

    Raises:
        NotAgreedError: its database, a folder of it or something in its exports or trash is a link that leads
            elsewhere.
        StudioError: something else that is written is.
    """
    for name, target in links.links_out(path, _FILES).items():
        raise links.leads_out(path / name, target)
    led = links.links_out(path, ("annotations.sqlite", "trash", *_FOLDERS))
    led |= links.deep_links_out(path, "exports") | links.deep_links_out(path, "trash")
    led = {name: target for name, target in led.items() if _is_place(target)}
    if led:
        agreements.require(agreements.elsewhere(path, led))
    for name in ("backups", "cache"):
        links.check_links(path / name)


def _is_place(target: Path) -> bool:
    """Whether something could be written there: not so a device, which is refused when it is read."""
    return target.is_file() or target.is_dir() or not target.exists()


def _back_up(database: SqliteFile | Server) -> None:
    if isinstance(database, SqliteFile):
        database.backups.make("before-migration")


def _reason(error: Exception) -> str:
    """What the driver says, on one line."""
    said = str(error.orig if isinstance(error, DatabaseError) else error)
    return said.splitlines()[0] if said else type(error).__name__


def _code(error: DatabaseError) -> str:
    """The name that SQLite has for it; empty of any other database."""
    return str(getattr(error.orig, "sqlite_errorname", ""))


@dataclass(frozen=True)
class _Written:
    """What `project.toml` says that the program goes by."""

    format: int = field(metadata={"minimum": 1, "maximum": 10**6})
    location: Path = Path()
    database: str = field(default="", metadata={"longest": 4_096})


def _read_toml(path: Path) -> dict[str, Any]:
    """All that the `project.toml` of a project folder says.

    Raises:
        StudioError: it is damaged.
    """
    file = path / "project.toml"
    values = config.read_toml(file)
    known = {one.name: values[one.name] for one in fields(_Written) if one.name in values}
    if "format" not in known:
        raise StudioError(f"{file} names no format; write `format = {FORMAT}` into it.")
    filled(_Written, known, file)
    return values


def _follow_move(path: Path, engine: Engine) -> None:
    """Where the project folder was moved or copied, look for frames inside it where they are now."""
    values = _read_toml(path)
    before = Path(values.get("location", path))
    if before == path:
        return
    with engine.begin() as connection:
        for root in store.roots(connection):
            if root.is_relative_to(before) and (path / root.relative_to(before)).is_dir():
                store.relocate(connection, root, path / root.relative_to(before))
    write_atomically(path / "project.toml", tomli_w.dumps({**values, "location": str(path)}).encode())


def is_unmade(path: Path) -> bool:
    """Whether a folder is empty, or holds only what a disk that failed kept `create` from removing.

    Raises:
        OSError: it cannot be looked into, or is no folder.
    """
    return all(
        entry.match(_PARTIAL) or (entry.name in _FOLDERS and entry.is_dir() and not any(entry.iterdir()))
        for entry in path.iterdir()
    )


def _take_back(path: Path, with_folder: bool) -> None:
    """Remove what `create` made of a project that could not be opened."""
    files = [path / "project.toml", *path.glob(_PARTIAL), path / "lock"]
    files += [path / f"annotations.sqlite{end}" for end in ("", "-wal", "-shm")]
    folders = [path / name for name in _FOLDERS]
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink()
    for folder in [*folders, path] if with_folder else folders:
        with contextlib.suppress(OSError):  # such as one that is not empty
            folder.rmdir()
