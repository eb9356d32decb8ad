"""Runs that wait for their turn; their folders keep it, so that the line survives the program.

`control/waiting.json` says that a run waits and at which place; `wanted.json` which clips its snapshot is to
hold, until it is taken: when its turn has come, so that it holds what the runs before it brought. A run
begins by itself only where it joined the line on this machine, which is kept here and not in the project.
"""

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import agreements
from core.atomic_file import write_atomically
from core.datasets.clip import Clip
from core.errors import StudioError
from core.project.project import Project
from core.record_file import read_record
from core.runs import launch
from core.runs.job import Job
from core.runs.run_folder import RunFolder, State
from core.trajectories import store

_WAITING, _WANTED = "control/waiting.json", "wanted.json"


@dataclass(frozen=True)
class _Waiting:
    place: float


@dataclass(frozen=True)
class _Wanted:
    """Ids of clips; all of the project where it is None."""

    clips: tuple[int, ...] | None


def reserve(
    project: Project, job: Job, settings: Any, clips: Sequence[Clip] | None, place: float
) -> RunFolder:
    """Make the folder of a run that waits.

    Args:
        clips: as `launch.prepare` takes them.
        place: those of smaller numbers come first.

    Raises:
        StudioError: it cannot be made or written.
    """
    wanted = {"clips": None if clips is None else [clip.id for clip in clips]}
    folder = RunFolder.create_in(
        project.runs, job.name, settings, lambda folder: _write(folder, _WANTED, wanted)
    )
    wait(folder, place)
    return folder


def wait(folder: RunFolder, place: float) -> None:
    """Let a run wait, or give it another place.

    Raises:
        StudioError: its folder cannot be written.
    """
    with contextlib.suppress(StudioError):  # then it is to be resumed after a restart
        agreements.agree(_key(folder))
    _write(folder, _WAITING, {"place": place})
    _set_state(folder, State.QUEUED)


def place_of(folder: RunFolder) -> float | None:
    """The place of a run that waits; None of any other, and of one that was put in line elsewhere."""
    if not is_in_line(folder) or not agreements.is_agreed(_key(folder)):
        return None
    try:
        return read_record(_Waiting, folder.path / _WAITING).place
    except StudioError:
        return None


def is_in_line(folder: RunFolder) -> bool:
    """Whether somebody put a run in line, wherever that was."""
    return (folder.path / _WAITING).is_file()


def leave(folder: RunFolder) -> None:
    """Let a run wait no longer; it is stopped, and can be resumed.

    Raises:
        StudioError: its folder cannot be written.
    """
    folder.clear_control()
    agreements.forget(_key(folder))
    _set_state(folder, State.STOPPED)


def fail(folder: RunFolder, sentence: str) -> None:
    """Note why a run whose turn had come could not begin.

    Raises:
        StudioError: its folder cannot be written.
    """
    folder.clear_control()
    agreements.forget(_key(folder))
    _set_state(folder, State.FAILED, sentence)


def furnish(folder: RunFolder, job: Job, project: Project) -> None:
    """Take the snapshot of a run whose turn has come, unless it has one.

    Raises:
        StudioError: none of its clips is left, or it cannot be written; it can be resumed then.
    """
    agreements.forget(_key(folder))
    file = folder.path / _WANTED
    if not file.is_file():
        return
    try:
        ids = read_record(_Wanted, file).clips
    except StudioError as error:
        raise StudioError(f"{file} is damaged; delete the run and start a new one.") from error
    clips = None
    if ids is not None:
        with project.reading() as connection:
            clips = store.clips(connection, ids)
        if ids and not clips:
            raise StudioError("The clips of the run are no longer in the project; start a new one.")
    launch.furnish(folder, job, folder.settings(job.settings), project, clips)
    file.unlink(missing_ok=True)


def _key(folder: RunFolder) -> str:
    """What is agreed to where a person puts a run in line: that it begins by itself."""
    return f"line\n{folder.path.absolute()}"


def _write(folder: RunFolder, name: str, values: dict[str, Any]) -> None:
    folder.check_links()
    try:
        write_atomically(folder.path / name, json.dumps(values).encode())
    except OSError as error:
        raise _full(folder, error) from error


def _set_state(folder: RunFolder, state: State, error: str = "") -> None:
    status = folder.status()
    if (status.state, status.error) != (state, error):
        folder.check_links()
        now = replace(status, state=state, eta=None, error=error, pid=0, updated=time.time())
        try:
            folder.write_status(now)
        except OSError as failed:
            raise _full(folder, failed) from failed


def _full(folder: RunFolder, error: OSError) -> StudioError:
    return StudioError(f"Cannot write the run {folder.path} ({error.strerror}); free disk space.")
