"""Workers that take a run's clips: processes of this machine, or tasks of a Dask cluster."""

import contextlib
import multiprocessing
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path

from core import agreements
from core.atomic_file import write_atomically
from core.errors import StudioError
from core.jobs.by_clip.task import ClipProgress, halt_path, read_step, step_path, work_as_agreed, work_on
from core.runs import dask_cluster
from core.runs.run_folder import RunFolder
from core.stop_signals import pass_over
from core.tracking.config import FlowConfig
from core.trajectories.snapshot import ClipSnapshot

LOOK = 0.2
"""Seconds between two looks at workers."""

QUIET = 5
"""Looks after which something is said although nothing is new, so that a run that waits can be stopped."""

PATIENCE = 20.0
"""Seconds that workers have to end when the run is over; of one whose machine died nothing may come."""

TRIES = 2
"""How often a clip is given to a worker before it is passed over."""

KILLED = "Its worker was killed twice, as happens where memory is short; run it again with fewer workers."
"""Why a clip is passed over whose workers were killed."""

Submit = Callable[[Path, int], "Future[ClipProgress]"]
"""Has a clip of the run at a path worked on elsewhere, as `work_on` does."""


@dataclass(eq=False)
class Part:
    """A clip of a run, its number of steps, how far it is, and how much of what was said was passed on."""

    clip: ClipSnapshot
    steps: int
    now: ClipProgress = field(default_factory=ClipProgress)
    heard: int = 0

    @property
    def id(self) -> int:
        return self.clip.clip.id


def share_out(folder: RunFolder, config: FlowConfig, parts: Sequence[Part]) -> Generator[Part, None, None]:
    """Each part whenever there is something new of it; on closing, all workers end within a frame."""
    waiting = deque((part, TRIES) for part in parts)
    busy: dict[Future[ClipProgress], tuple[Part, int]] = {}
    room = len(parts) if config.cluster else config.workers
    looks = 0
    with (
        _cluster(config) if config.cluster else _processes() as submit,
        _halting(folder, parts, busy),
    ):
        while waiting or busy:
            while waiting and len(busy) < room:
                part, tries = waiting.popleft()
                busy[submit(folder.path, part.id)] = part, tries - 1
            ended = wait(busy, LOOK, FIRST_COMPLETED).done
            looks += 1
            for future, (part, tries) in list(busy.items()):
                before = part.now
                if future not in ended:
                    part.now = ClipProgress(read_step(folder, part.id) or 0)
                else:
                    del busy[future]
                    part.now = _outcome(future)
                    if part.now.problem == KILLED and tries:
                        part.now = ClipProgress()
                        step_path(folder, part.id).unlink(missing_ok=True)
                        waiting.append((part, tries))
                        continue
                    part.now = replace(part.now, step=part.steps)
                if part.now != before or looks >= QUIET:
                    looks = 0
                    yield part


def _outcome(ended: "Future[ClipProgress]") -> ClipProgress:
    """What came of a clip.

    Raises:
        StudioError: the worker does not see the run, or the scheduler is gone.
        Exception: a bug in the work, or a disk that takes no more.
    """
    try:
        return ended.result()
    except CancelledError as error:
        raise StudioError(
            "The Dask scheduler is gone; finished clips are kept, so start it again and resume the run."
        ) from error
    except Exception as error:
        broken = isinstance(error, BrokenProcessPool) and error.__cause__ is None
        if broken or type(error).__name__ == "KilledWorker":
            return ClipProgress(problem=KILLED)
        raise


@contextlib.contextmanager
def _halting(
    folder: RunFolder, parts: Sequence[Part], busy: dict["Future[ClipProgress]", tuple[Part, int]]
) -> Iterator[None]:
    """At the end, those who are busy save and end, and nothing is left of what they said."""
    halt = halt_path(folder)

    def clear() -> None:
        for path in (halt, *(step_path(folder, part.id) for part in parts)):
            path.unlink(missing_ok=True)

    clear()
    try:
        yield
    finally:
        write_atomically(halt, b"{}")
        for future, (part, _) in busy.items():
            if read_step(folder, part.id) is None:
                future.cancel()  # one that has begun is to save, which Dask would not wait for
        wait(busy, PATIENCE)
        clear()


@contextlib.contextmanager
def _processes() -> Iterator[Submit]:
    """Processes of this machine.

    Each clip has a pool of its own with one process: a process that is killed breaks its pool, and a
    pool that breaks kills its other processes before they can save.
    """

    def submit(path: Path, clip_id: int) -> "Future[ClipProgress]":
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(1, context, pass_over, max_tasks_per_child=1)  # the run ends its workers
        future = pool.submit(work_on, path, clip_id)
        pool.shutdown(wait=False)
        return future

    others = set(multiprocessing.active_children())
    try:
        yield submit
    finally:
        for process in set(multiprocessing.active_children()) - others:
            process.join(LOOK)
            process.kill()
            process.join()


@contextlib.contextmanager
def _cluster(config: FlowConfig) -> Iterator[Submit]:
    """The workers of a Dask scheduler, which shares the clips out; what was agreed to counts there, too."""
    keys = [matter.key for _, matter in agreements.matters(config) if agreements.is_agreed(matter.key)]
    with dask_cluster.connected(config.cluster) as client:
        executor = client.get_executor(pure=False)
        yield lambda path, clip_id: executor.submit(work_as_agreed, keys, path, clip_id)
