"""Jobs: each a module with `run(folder) -> Iterator[Event]`, started by its name."""

import importlib
from collections.abc import Iterator

from core.errors import StudioError
from core.events import Event
from core.runs.run_folder import RunFolder

JOBS = (
    "track",
    "densify",
    "proposals",
    "pretrain",
    "finetune",
    "detect",
    "evaluate",
    "voc",
    "probe",
)
"""Names of jobs; job `x` is `core.jobs.x`, imported only when it runs (some need torch)."""


def run(folder: RunFolder) -> Iterator[Event]:
    """The events of the job of a run folder; closing the generator lets the job save and end.

    Raises:
        StudioError: the folder names a job that does not exist.
    """
    if folder.job not in JOBS:
        raise StudioError(
            f"{folder.path} names an unknown job {folder.job!r}; it was made by another version."
        )
    yield from importlib.import_module(f"core.jobs.{folder.job}").run(folder)
