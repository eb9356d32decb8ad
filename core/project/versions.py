"""Named versions of a project: names of revisions of its journal, which can be gone back to at any time.

They lie in `versions.json` of the project folder. A version costs a line; the journal keeps what it takes to
return.
"""

import datetime
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from sqlalchemy import Connection

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.record_file import LARGEST, filled, parsed
from core.text_file import decoded
from core.trajectories import steps
from core.whole_file import read_whole

FILE = "versions.json"

LONGEST = 100
"""Letters of a name."""

LONGEST_NOTE = 2_000
"""Letters of a note."""


@dataclass(frozen=True)
class Version:
    """A state of the project that has a name.

    Attributes:
        name: its name, another for each version.
        revision: of the journal.
        step: when that revision was made, UTC; empty for one before the first edit. With the number it is
            never given again: after a backup was put back, numbers come again.
        made: when the version was saved, UTC, ISO 8601.
        note: more words.
    """

    name: str
    revision: int = field(metadata={"minimum": 0})
    step: str
    made: str
    note: str = ""


@dataclass(frozen=True)
class _Versions:
    versions: tuple[Version, ...]


def read_versions(project: Path) -> list[Version]:
    """The versions of a project folder, by revision, then as they were saved; empty where there are none.

    Raises:
        StudioError: the file is damaged; it is set aside, so that others can be saved.
    """
    path = project / FILE
    if not os.path.lexists(path):
        return []
    data = read_whole(path, LARGEST)  # one that cannot be read is not set aside
    try:
        found = filled(_Versions, parsed(decoded(data, path)), path).versions
        for one in found:
            datetime.datetime.fromisoformat(one.made)
            if not one.name.strip():
                raise ValueError("a version has no name")
        kept = (replace(one, name=one.name[:LONGEST], note=one.note[:LONGEST_NOTE]) for one in found)
        return sorted(kept, key=lambda one: one.revision)
    except (StudioError, ValueError) as error:
        aside = path.with_name("versions.damaged.json")
        try:
            path.replace(aside)
        except OSError:
            aside = path
        raise StudioError(
            f"{path} is damaged: the names of versions are lost, no edit is; it is kept as {aside.name}."
        ) from error


def save_version(project: Path, connection: Connection, name: str, note: str = "") -> Version:
    """Give the state that the project is in now a name.

    Raises:
        StudioError: the name is empty, too long or taken, or the file cannot be written.
    """
    name, note = " ".join(name.split()), note.strip()
    versions = read_versions(project)
    if not 0 < len(name) <= LONGEST or len(note) > LONGEST_NOTE:
        raise StudioError(f"A version needs a name of 1 to {LONGEST} letters; shorten or type it.")
    if any(one.name == name for one in versions):
        raise StudioError(f"There is a version “{name}” already; choose another name.")
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    version = Version(name, *(steps.last_step(connection) or (0, "")), made=now, note=note)
    write_versions(project, [*versions, version])
    return version


def write_versions(project: Path, versions: Sequence[Version]) -> None:
    """Keep versions in the place of those that are there.

    Raises:
        StudioError: they cannot be written.
    """
    text = json.dumps({"versions": [asdict(one) for one in versions]}, indent=1, ensure_ascii=False)
    try:
        write_atomically(project / FILE, text.encode())
    except OSError as error:
        raise StudioError(
            f"The version was not kept ({error.strerror}); make room in {project} and try again."
        ) from error


def automatic_name(project: Path, connection: Connection, words: str) -> str:
    """A name that is free: the words, with a number where they are taken."""
    taken = {one.name for one in read_versions(project)}
    words = words[: LONGEST - 6]
    return next(
        name
        for number in range(1, len(taken) + 2)
        if (name := words if number == 1 else f"{words} ({number})") not in taken
    )


def is_there(connection: Connection, version: Version) -> bool:
    """Whether a version's revision is one of the journal; after a backup was put back it may not be."""
    if version.revision == 0:
        return True
    return steps.step(connection, version.revision) == (version.revision, version.step)


def changed_since(connection: Connection, version: Version | None) -> int:
    """How many edits differ from what they were at a version, or at the project's beginning."""
    since = steps.since(connection, version.revision if version is not None else 0)
    return len(since.made) + len(since.taken_back)
