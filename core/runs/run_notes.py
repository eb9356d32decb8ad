"""What a person says of a run: a name, a note and a star, in a file of the run's own folder."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.record_file import read_record
from core.runs.run_folder import RunFolder

FILE = "notes.json"


@dataclass(frozen=True)
class RunNotes:
    """A name in place of the settings, a note of any length, and whether the run is starred."""

    name: str = field(default="", metadata={"longest": 1_000})
    note: str = field(default="", metadata={"longest": 100_000})
    starred: bool = False


def read_notes(run: Path) -> RunNotes:
    """What was said of the run in a folder; nothing where that file is missing or damaged."""
    try:
        return read_record(RunNotes, run / FILE)
    except StudioError:
        return RunNotes()


def write_notes(run: Path, notes: RunNotes) -> None:
    """Keep what is said of a run.

    Raises:
        StudioError: the folder cannot be written, or something in it is a link that leads elsewhere.
    """
    RunFolder(run).check_links()
    try:
        write_atomically(run / FILE, json.dumps(asdict(notes), ensure_ascii=False, indent=1).encode())
    except OSError as error:
        raise StudioError(f"Cannot write to the run {run} ({error.strerror}); free space.") from error
