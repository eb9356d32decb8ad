"""What a job that was refused left in its folder, as far as it differs from what another one left."""

import contextlib
import hashlib
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from tests.reliability.edit_session import digest

_TEXT = (".json", ".jsonl", ".toml", ".log", ".txt", "lock")
_RUN = r"\d{8}T\d{9}-([a-z0-9-]+)-[0-9a-f]{4}\b"
_DRAWN = (
    (re.compile(_RUN), r"RUN-\1"),
    (re.compile(r"\b[0-9a-f]{8}(?=\.partial)|(?<=tmp)\w{8}\b|(?<=/associationnet-)\w{8}"), "#"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+|(?<=\d)T\d{9,}|\d+\.\d+(e-?\d+)?"), "#"),
    (re.compile(r'(?<="pid": )\d+|(?<="at": )\d+|(?<="pid":)\d+'), "#"),
    (re.compile(r'(?<="error": )"[^"]*"'), "#"),
)
"""What differs between two runs that are as good: their names, moments and processes, what they measured, and
in which sentence they were refused."""

TEMPORARY = (".partial", ".old")


def contents(work: Path) -> dict[str, str]:
    """File → digest of what it holds."""
    found = {}
    for path in sorted(work.rglob("*")):
        name = _plain(str(path.relative_to(work)))
        if path.is_file():
            data = path.read_bytes()
            if path.suffix == ".sqlite" and not path.with_name(f"{path.name}-wal").exists():
                with contextlib.suppress(sqlite3.Error):
                    data = digest(path).encode()
            elif path.name.endswith(_TEXT):
                data = _plain(data.decode(errors="replace")).encode()
            found[name] = _digest(data)
        else:
            found[name] = ""
    return found


def state(work: Path) -> str:
    """A digest of `contents` but for logs: from two folders of one state a job goes on in the same way."""
    found = [item for item in sorted(contents(work).items()) if not item[0].endswith(".log")]
    return _digest(repr(found).encode())


def database(work: Path) -> str:
    """A digest of the files of the projects' databases, byte by byte."""
    return _digest(b"".join(path.read_bytes() for path in sorted(work.glob("*/annotations.sqlite*"))))


def temporary(work: Path) -> Sequence[str]:
    """Files that were only to be there while the job worked."""
    own = work / "tmp"
    return [
        str(path.relative_to(work))
        for path in sorted(work.rglob("*"))
        if path.name.endswith(TEMPORARY) or path.parent == own
    ]


def _plain(text: str) -> str:
    for drawn, instead in _DRAWN:
        text = drawn.sub(instead, text)
    return text


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
