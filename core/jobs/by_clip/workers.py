"""Workers that take a run's clips: processes of this machine, or tasks of a Dask cluster."""

import errno
import importlib
import importlib.util
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from core.atomic_file import write_atomically
from core.datasets.clip import Clip
from core.errors import StudioError
from core.events import Log
from core.jobs.by_clip.task import Report, halt_path, report_path, work_on
from core.runs.run_folder import RunFolder
from core.tracking.config import FlowConfig
from core.trajectories.snapshot import ClipSnapshot

LOOK = 0.2
"""Seconds between two looks at workers."""

PATIENCE = 20.0
"""Seconds that workers have to end when the run is over; of one whose machine died nothing may come."""

ANSWER = 10.0
"""Seconds that a Dask scheduler has to answer."""

QUIET = 1.0
"""Seconds after which something is told although nothing is new, so that a run that waits can be stopped."""

TRIES = 2
"""How often a clip is given to a worker before it is passed over."""

SYSTEM_ERRORS = 64
"""Exit statuses of a process from here on are numbers of system errors, such as a full disk."""

KILLED = "Its worker was killed twice, as happens where memory is short; run it again with fewer workers."
"""Why a clip is passed over whose workers were killed."""


@dataclass(eq=False)
class Part:
    """A clip, how far it is, and what it has to say."""

    clip: ClipSnapshot
    steps: int
    done: int = 0
    told: list[Log] = field(default_factory=list)
    problem: str = ""


def share_out(folder: RunFolder, config: FlowConfig, parts: Sequence[Part]) -> Generator[Part, None, None]:
    """Each part whenever there is something new of it; on closing, all workers end within a frame."""
    where = _Cluster(config.cluster) if config.cluster else _Pool(config.workers)
    waiting = [(part, TRIES) for part in parts]
    busy: list[tuple[Part, int, _Worker]] = []
    heard = time.monotonic()
    halt = halt_path(folder)
    halt.unlink(missing_ok=True)
    for part in parts:
        report_path(folder, part.clip.clip.id).unlink(missing_ok=True)
    try:
        while waiting or busy:
            while waiting and len(busy) < where.room:
                part, tries = waiting.pop(0)
                busy.append((part, tries - 1, where.start(folder, part.clip.clip)))
            time.sleep(LOOK)
            for entry in list(busy):
                part, tries, worker = entry
                ended = worker.ended()
                report = Report.read(folder, part.clip.clip.id) or Report(part.done)
                news = report.step != part.done
                part.done = report.step
                if ended:
                    busy.remove(entry)
                    if not report.ended and tries:
                        waiting.append((part, tries))
                        continue
                    part.told = [Log(*one) for one in report.told]
                    part.problem = report.problem if report.ended else KILLED
                    part.done = part.steps
                if news or ended or time.monotonic() - heard > QUIET:
                    heard = time.monotonic()
                    yield part
    finally:
        write_atomically(halt, b"{}")
        for part, _, worker in busy:
            if Report.read(folder, part.clip.clip.id) is None:
                worker.withdraw()
        over = time.monotonic() + PATIENCE
        while any(not _ended(worker) for _, _, worker in busy) and time.monotonic() < over:
            time.sleep(LOOK)
        halt.unlink(missing_ok=True)
        for part in parts:
            report_path(folder, part.clip.clip.id).unlink(missing_ok=True)
        where.close()


def _ended(worker: "_Worker") -> bool:
    try:
        return worker.ended()
    except Exception:  # it failed beside the one whose failure ends the run
        return True


class _Worker(Protocol):
    """Something that works on a clip elsewhere."""

    def ended(self) -> bool:
        """Whether it does no more.

        Raises:
            StudioError: it cannot work where it is.
            Exception: a bug in the work.
        """
        ...

    def withdraw(self) -> None:
        """Do not begin, if it has not begun."""
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
        status = self._process.exitcode
        if status == 1:
            raise RuntimeError("a worker failed; its traceback stands above")
        if status is not None and status - SYSTEM_ERRORS in errno.errorcode:
            raise OSError(status - SYSTEM_ERRORS, os.strerror(status - SYSTEM_ERRORS))
        return status is not None

    def withdraw(self) -> None:
        """It began when it was made."""


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
            self._client = distributed.Client(address, timeout=ANSWER, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise StudioError(
                f"No Dask scheduler answers at {address}; start one, or leave the cluster out."
            ) from error
        try:
            self._client.run_on_scheduler(importlib.util.find_spec, __name__)
            self._client.run(importlib.util.find_spec, __name__)  # a worker without it would say nothing
        except ModuleNotFoundError as error:
            self._client.close()
            raise StudioError(
                f"The scheduler or a worker at {address} does not find this program; "
                "start them with its folder on PYTHONPATH."
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
        if self._future.status in ("cancelled", "lost"):
            raise StudioError(
                "The Dask scheduler is gone; finished clips are kept, so start it again and resume the run."
            )
        return self._future.status != "pending"

    def withdraw(self) -> None:
        self._future.cancel()


def _in_a_process(path: Path, clip_id: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; the run ends its workers
    run_of_it = multiprocessing.parent_process()
    assert run_of_it is not None
    try:
        work_on(path, clip_id, run_of_it.is_alive)
    except OSError as error:
        if error.errno is None or not 0 < error.errno < 256 - SYSTEM_ERRORS:
            raise
        traceback.print_exc()
        sys.exit(SYSTEM_ERRORS + error.errno)
