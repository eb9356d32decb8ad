"""A clip of a run worked on in a process of its own, of this machine or of a cluster, and its report."""

import contextlib
import importlib
import json
import platform
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.events import Log
from core.runs.run_folder import RunFolder
from core.trajectories.snapshot import ClipSnapshot, read_snapshot

Work = Callable[[RunFolder, ClipSnapshot], Generator[int | Log, None, None]]
"""Works on a clip: yields steps done so far and what is to be said; closing it ends it within a frame."""

OFTEN = 0.2
"""Seconds between two reports."""


@dataclass(frozen=True)
class Report:
    """What a worker says of its clip, in `results/<clip id>.report.json`, from its beginning on."""

    step: int = 0
    told: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    ended: bool = False

    @staticmethod
    def read(folder: RunFolder, clip_id: int) -> "Report | None":
        """The last report of a clip; None where there is none that can be read."""
        try:
            values = json.loads(report_path(folder, clip_id).read_text(encoding="utf-8"))
            return Report(
                values["step"], tuple(map(tuple, values["told"])), values["problem"], values["ended"]
            )
        except (OSError, ValueError, KeyError):
            return None

    def write(self, folder: RunFolder, clip_id: int) -> None:
        """Put this report in the place of the last one."""
        for pause in (0.01, 0.05, 0.2, 1.0):  # Windows refuses while the run is reading it
            with contextlib.suppress(PermissionError):
                return self._write(folder, clip_id)
            time.sleep(pause)
        return self._write(folder, clip_id)

    def _write(self, folder: RunFolder, clip_id: int) -> None:
        write_atomically(report_path(folder, clip_id), json.dumps(vars(self)).encode())


def report_path(folder: RunFolder, clip_id: int) -> Path:
    return folder.results / f"{clip_id}.report.json"


def halt_path(folder: RunFolder) -> Path:
    """The file that is there while the run halts its workers."""
    return folder.path / "control" / "halt.json"


def work_on(path: Path, clip_id: int, is_wanted: Callable[[], bool] = lambda: True) -> None:
    """Work on one clip of a run, in whatever process.

    It ends when the clip is done, when the run halts its workers, and when it `is_wanted` no more.

    Raises:
        StudioError: the run's folder is not seen from here.
    """
    folder = RunFolder(path)
    if not folder.results.is_dir():
        raise StudioError(f"{platform.node()} does not see {path}; give all workers the same shared disk.")
    halt = halt_path(folder)
    told: list[tuple[str, str]] = []
    step, problem, written, halted = 0, "", time.monotonic(), False
    if halt.exists():
        return
    Report().write(folder, clip_id)
    try:
        work: Work = importlib.import_module(f"core.jobs.{folder.job}").work
        (one,) = read_snapshot(folder.snapshot, [clip_id]).clips
        with contextlib.closing(work(folder, one)) as steps:
            for news in steps:
                if isinstance(news, Log):
                    told.append((news.text, news.level))
                else:
                    step = news
                if time.monotonic() - written > OFTEN:
                    halted = halt.exists() or not is_wanted()
                    Report(step, tuple(told)).write(folder, clip_id)
                    written = time.monotonic()
                if halted:
                    return
    except StudioError as error:
        problem = str(error)
    Report(step, tuple(told), problem, ended=True).write(folder, clip_id)
