"""Jobs that work clip by clip: one after the other, in several processes, or on a Dask cluster.

Wherever a clip is worked on, `work(folder, clip)` of the job's module does it and leaves its result in the
run folder, so what is found is the same, a clip that is done stays done when the run is stopped and
resumed, and a worker that is killed loses its clip alone. Workers elsewhere see the run folder and the
frames under the same paths as this machine does: a cluster needs a shared disk.
"""

import contextlib
import importlib
import json
import multiprocessing
import signal
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from core.atomic_file import write_atomically
from core.datasets.clip import Clip
from core.errors import StudioError
from core.events import Event, Log, Progress
from core.jobs.clip_results import clip_path, clips_done
from core.jobs.run_folder import RunFolder
from core.tracking.config import FlowConfig
from core.trajectories.snapshot import ClipSnapshot, read_snapshot

Work = Callable[[RunFolder, ClipSnapshot], Generator[int | Log, None, None]]
"""Works on a clip: yields steps done so far and what is to be said; closing it ends it within a frame."""

LOOK = 0.2
"""Seconds between two looks at workers."""

TRIES = 2
"""How often a clip is given to a worker before it is passed over."""


def run(
    folder: RunFolder, config: FlowConfig, clips: Sequence[ClipSnapshot], steps: Sequence[int], work: Work
) -> Generator[Event, None, None]:
    """Work on the clips that are not done.

    A clip that cannot be worked on, such as one whose frames cannot be read, is passed over with a warning.

    Args:
        steps: how many steps each clip takes.
        work: a function of the module that the run's job names.

    Raises:
        StudioError: no clip could be worked on, or there is no such cluster.
    """
    total, done = sum(steps), 0
    left: list[_Part] = []
    for one, needed in zip(clips, steps, strict=True):
        if clip_path(folder, one.clip.id).exists():
            done += needed
        else:
            left.append(_Part(one, needed))
    yield Progress(done, total)
    problem = ""
    elsewhere = bool(config.cluster) or (config.workers > 1 and len(left) > 1)
    worked_on = _elsewhere(folder, config, left) if elsewhere else _here(folder, left, work)
    with contextlib.closing(worked_on):
        for part in worked_on:
            yield from part.told
            part.told.clear()
            if part.problem:
                problem = part.problem
                yield Log(f"{part.clip.clip.name} was passed over: {problem}", "warning")
            yield Progress(done + sum(other.done for other in left), total, part.clip.clip.name)
    if problem and not clips_done(folder):
        raise StudioError(problem)


@dataclass(eq=False)
class _Part:
    """A clip, how far it is, and what it has to say."""

    clip: ClipSnapshot
    steps: int
    done: int = 0
    told: list[Log] = field(default_factory=list)
    problem: str = ""


def _here(folder: RunFolder, parts: Sequence[_Part], work: Work) -> Generator[_Part, None, None]:
    for part in parts:
        try:
            with contextlib.closing(work(folder, part.clip)) as steps:
                for step in steps:
                    if isinstance(step, Log):
                        part.told.append(step)
                    else:
                        part.done = step
                    yield part
        except StudioError as error:
            part.problem = str(error)
        part.done = part.steps
        yield part


# --- elsewhere ----------------------------------------------------------------------------------------


class _Worker(Protocol):
    """Something that works on a clip elsewhere."""

    def ended(self) -> bool:
        """Whether it does no more; raises what is a bug in the work."""
        ...


class _Process:
    """A worker of this machine."""

    def __init__(self, folder: RunFolder, clip: Clip) -> None:
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(
            target=_in_a_process, args=(folder.path, clip.id), name=clip.name, daemon=True
        )
        self._process.start()

    def ended(self) -> bool:
        if self._process.exitcode == 1:
            raise RuntimeError("a worker failed; its traceback stands above")
        return self._process.exitcode is not None


class _Pool:
    """So many processes at most, one a clip: a process that is killed takes nothing else along."""

    def __init__(self, workers: int) -> None:
        self.room = workers

    def start(self, folder: RunFolder, clip: Clip) -> _Worker:
        return _Process(folder, clip)

    def close(self) -> None:
        """Nothing is kept."""


class _Cluster:
    """A Dask scheduler, which shares the clips out."""

    room = 10_000

    def __init__(self, address: str) -> None:
        try:
            distributed = importlib.import_module("distributed")
        except ImportError as error:
            raise StudioError(
                "A cluster needs Dask; install it with pip install 'associationnet-studio[cluster]'."
            ) from error
        try:
            self._client = distributed.Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise StudioError(
                f"No Dask scheduler answers at {address}; start one, or leave the cluster out."
            ) from error

    def start(self, folder: RunFolder, clip: Clip) -> _Worker:
        return _Future(self._client.submit(work_on, folder.path, clip.id, pure=False))

    def close(self) -> None:
        self._client.close()


class _Future:
    """A worker of a cluster."""

    def __init__(self, future: Any) -> None:
        self._future = future

    def ended(self) -> bool:
        if self._future.status == "error":
            error = self._future.exception()
            if type(error).__name__ != "KilledWorker":
                raise error
        return self._future.status != "pending"


def _elsewhere(folder: RunFolder, config: FlowConfig, parts: Sequence[_Part]) -> Generator[_Part, None, None]:
    """Each part whenever there is something new of it; on closing, all workers end within a frame."""
    where = _Cluster(config.cluster) if config.cluster else _Pool(config.workers)
    waiting = [(part, TRIES) for part in parts]
    busy: list[tuple[_Part, int, _Worker]] = []
    halt = folder.path / "control" / "halt.json"
    halt.unlink(missing_ok=True)
    for part in parts:
        _report_path(folder, part.clip.clip.id).unlink(missing_ok=True)
    try:
        while waiting or busy:
            while waiting and len(busy) < where.room:
                part, tries = waiting.pop(0)
                busy.append((part, tries - 1, where.start(folder, part.clip.clip)))
            time.sleep(LOOK)
            for entry in list(busy):
                part, tries, worker = entry
                ended = worker.ended()
                report = _Report.read(folder, part.clip.clip.id)
                news = report.step != part.done
                part.done = report.step
                if ended:
                    busy.remove(entry)
                    if not report.ended and tries:
                        waiting.append((part, tries))
                        continue
                    part.told = [Log(*one) for one in report.told]
                    part.problem = report.problem if report.ended else "its worker was killed twice."
                    part.done = part.steps
                if news or ended:
                    yield part
    finally:
        write_atomically(halt, b"{}")
        while any(not _ended(worker) for _, _, worker in busy):
            time.sleep(LOOK)
        halt.unlink(missing_ok=True)
        where.close()


def _ended(worker: _Worker) -> bool:
    try:
        return worker.ended()
    except Exception:  # it failed beside the one whose failure ends the run
        return True


@dataclass(frozen=True)
class _Report:
    """What a worker says of its clip, in `results/<clip id>.report.json`."""

    step: int = 0
    told: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    ended: bool = False

    @staticmethod
    def read(folder: RunFolder, clip_id: int) -> "_Report":
        try:
            values = json.loads(_report_path(folder, clip_id).read_text(encoding="utf-8"))
            return _Report(
                values["step"], tuple(map(tuple, values["told"])), values["problem"], values["ended"]
            )
        except (OSError, ValueError, KeyError):
            return _Report()

    def write(self, folder: RunFolder, clip_id: int) -> None:
        write_atomically(_report_path(folder, clip_id), json.dumps(vars(self)).encode())


def _report_path(folder: RunFolder, clip_id: int) -> Path:
    return folder.results / f"{clip_id}.report.json"


def _in_a_process(path: Path, clip_id: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the run ends its workers
    work_on(path, clip_id)


def work_on(path: Path, clip_id: int) -> None:
    """Work on one clip of a run, in whatever process, until it is done or the run halts its workers."""
    folder = RunFolder(path)
    told: list[tuple[str, str]] = []
    step, problem, written, halted = 0, "", time.monotonic(), False
    try:
        work: Work = importlib.import_module(f"core.jobs.{folder.job}").work
        (one,) = read_snapshot(folder.snapshot, [clip_id]).clips
        with contextlib.closing(work(folder, one)) as steps:
            for news in steps:
                if isinstance(news, Log):
                    told.append((news.text, news.level))
                else:
                    step = news
                if time.monotonic() - written > LOOK:
                    halted = (folder.path / "control" / "halt.json").exists()
                    _Report(step, tuple(told)).write(folder, clip_id)
                    written = time.monotonic()
                if halted:
                    return
    except StudioError as error:
        problem = str(error)
    _Report(step, tuple(told), problem, ended=True).write(folder, clip_id)
