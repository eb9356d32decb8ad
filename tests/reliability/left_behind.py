"""What a job that was refused left in its folder, as far as it differs from what another one left."""

import contextlib
import functools
import hashlib
import re
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from tests.reliability.edit_session import digest_of

_TEXT = (".json", ".jsonl", ".toml", ".log", ".txt", "lock")
_RUN = r"\d{8}T\d{9}-([a-z0-9-]+)-[0-9a-f]{4}\b"
_DRAWN = (
    (re.compile(_RUN), r"RUN-\1"),
    (
        re.compile(r"\b[0-9a-f]{8}(?=\.partial)|(?<=tmp)\w{8}\b|(?<=/associationnet-)\w{8}|(?<=/\.tmp)\w{6}"),
        "#",
    ),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+|(?<=\d)T\d{9,}|\d+\.\d+(e-?\d+)?"), "#"),
    (re.compile(r'(?<="pid": )\d+|(?<="at": )\d+|(?<="pid":)\d+'), "#"),
    (re.compile(r'(?<="error": )"[^"]*"'), "#"),
)
"""What differs between two runs that are as good: their names, moments and processes, what they measured, and
in which sentence they were refused."""

OF_SQLITE = ("-wal", "-shm")

TEMPORARY = (".partial", ".old")


def contents(work: Path) -> dict[str, str]:
    """File → digest of what it holds; of a database, as `database`."""
    found = {}
    for path in sorted(work.rglob("*")):
        name = _plain(str(path.relative_to(work)))
        if not path.is_file():
            found[name] = ""
        elif path.suffix == ".sqlite":
            found[name] = database(path, work.with_name("looked-at"))
        elif path.name.endswith(OF_SQLITE):
            found[name] = "of a database"
        elif path.name.endswith(_TEXT):
            found[name] = _digest(_plain(path.read_text(errors="replace")).encode())
        else:
            found[name] = _digest(path.read_bytes())
    return found


def state(contents: dict[str, str]) -> str:
    """A digest of `contents` but for logs: from two folders of one state a job goes on in the same way."""
    return _digest(repr([item for item in contents.items() if not item[0].endswith(".log")]).encode())


def database(path: Path, beside: Path) -> str:
    """A digest of all that SQLite finds in a database but for moments, and of whether it finds it whole.

    Args:
        beside: a folder for a copy, since looking changes what lies beside a database.
    """
    log = path.with_name(f"{path.name}-wal")
    return _looked_at(path.read_bytes(), log.read_bytes() if log.exists() else b"", beside)


@functools.lru_cache(maxsize=64)
def _looked_at(data: bytes, log: bytes, beside: Path) -> str:
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    copy = beside / "copy"
    copy.write_bytes(data)
    if log:
        copy.with_name("copy-wal").write_bytes(log)
    try:
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            found = [
                connection.execute(text).fetchall()
                for text in ("PRAGMA integrity_check", "PRAGMA user_version", "SELECT sql FROM sqlite_master")
            ]
            return _digest(f"{found}{digest_of(connection)}".encode())
    except sqlite3.Error:
        return _digest(data + log)


def temporary(work: Path) -> Sequence[str]:
    """Files that were only to be there while the job worked."""
    own = work / "tmp"
    return [
        str(path.relative_to(work))
        for path in sorted(work.rglob("*"))
        if path.name.endswith(TEMPORARY) or path.name.startswith(".tmp") or path.parent == own
    ]


def _plain(text: str) -> str:
    for drawn, instead in _DRAWN:
        text = drawn.sub(instead, text)
    return text


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
