"""Work on a clip of a run: step by step here, or to its end in a process elsewhere."""

import contextlib
import importlib
import multiprocessing
import platform
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core import agreements
from core.atomic_file import write_atomically
from core.errors import StudioError
from core.events import Log
from core.jobs import JOBS
from core.runs.run_folder import RunFolder
from core.trajectories.snapshot import ClipSnapshot, read_snapshot

Work = Callable[[RunFolder, ClipSnapshot], Generator[int | Log, None, None]]
"""Works on a clip: yields steps done so far and what is to be said; closing it ends it within a frame."""

OFTEN = 0.2
"""Seconds between two times that a worker writes how far it is."""


@dataclass(frozen=True)
class ClipProgress:
    """Steps done of a clip, what was said of it, and why it cannot be worked on."""

    step: int = 0
    said: tuple[Log, ...] = ()
    problem: str = ""


def progress(folder: RunFolder, one: ClipSnapshot, work: Work) -> Generator[ClipProgress, None, None]:
    """Work on a clip: how far it is after each step; closing it ends it within a frame."""
    now = ClipProgress()
    try:
        with contextlib.closing(work(folder, one)) as steps:
            for news in steps:
                now = (
                    replace(now, said=(*now.said, news)) if isinstance(news, Log) else replace(now, step=news)
                )
                yield now
    except StudioError as error:
        yield replace(now, problem=str(error))


def work_on(path: Path, clip_id: int) -> ClipProgress:
    """Work on a clip of the run at a path, in a process that is not the run's.

    It ends when the clip is done, when the run halts its workers, and when the process that began this
    one is dead.

    Raises:
        StudioError: the run's folder is not seen from here.
    """
    folder, halt, began_by = RunFolder(path), halt_path(RunFolder(path)), multiprocessing.parent_process()
    if not folder.results.is_dir():
        raise StudioError(f"{platform.node()} does not see {path}; give all workers the same shared disk.")
    now, written = ClipProgress(), time.monotonic()
    if halt.exists():
        return now
    write_step(folder, clip_id, 0)
    work: Work = importlib.import_module(JOBS[folder.job].module).work
    (one,) = read_snapshot(folder.snapshot, [clip_id]).clips
    with contextlib.closing(progress(folder, one, work)) as steps:
        for now in steps:
            if time.monotonic() - written > OFTEN:
                write_step(folder, clip_id, now.step)
                written = time.monotonic()
                if halt.exists() or (began_by is not None and not began_by.is_alive()):
                    break
    return now


def work_as_agreed(keys: Sequence[str], path: Path, clip_id: int) -> ClipProgress:
    """`work_on` on another machine, on which what the person agreed to counts as well (`core.agreements`)."""
    for key in keys:
        if not agreements.is_agreed(key):
            agreements.agree(key)
    return work_on(path, clip_id)


def halt_path(folder: RunFolder) -> Path:
    """The file that is there while the run halts its workers."""
    return folder.path / "control" / "halt.json"


def step_path(folder: RunFolder, clip_id: int) -> Path:
    """The file that says how far a clip is which is worked on elsewhere."""
    return folder.results / f"{clip_id}.step"


def write_step(folder: RunFolder, clip_id: int, step: int) -> None:
    with contextlib.suppress(PermissionError):  # Windows refuses while the run reads it; the next one is soon
        write_atomically(step_path(folder, clip_id), str(step).encode())


def read_step(folder: RunFolder, clip_id: int) -> int | None:
    """How many steps of a clip are done; None before the first word."""
    try:
        return int(step_path(folder, clip_id).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
