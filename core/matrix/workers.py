"""Who does the runs of a matrix: worker processes of this machine, or those of a Dask cluster.

Either way a run has a worker process of its own, which outlives the driver.
"""

import contextlib
import os
import platform
import subprocess
from collections.abc import Generator
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from core.errors import StudioError
from core.free_memory import free_memory
from core.matrix.config import MatrixConfig
from core.matrix.entries import SCHEDULES
from core.runs import dask_cluster, launch, provenance
from core.runs.run_folder import RunFolder, State
from core.usable_cores import usable_cores

NO_GPU = "No GPU is seen here, and on a CPU this schedule takes weeks."

_GIB = 1 << 30


class SchedulerGoneError(StudioError):
    """Nobody can begin a run any more, or tell what became of those that were begun."""


class Begun(Protocol):
    """A run that was begun."""

    def ended(self) -> bool:
        """Whether its worker is gone, whatever came of the run.

        Raises:
            SchedulerGoneError: nobody can tell any more.
            StudioError: it could not be begun.
        """


class Workers(Protocol):
    """Begins runs."""

    @property
    def room(self) -> int:
        """Runs at the same time, as things are now."""

    def begin(self, folder: RunFolder) -> Begun:
        """Begin or resume a run.

        Raises:
            SchedulerGoneError: nobody can begin any.
            StudioError: it cannot be begun, or runs already.
        """

    def adopt(self, folder: RunFolder) -> Begun:
        """Take over a run whose worker lives, which somebody else began."""


class Living:
    """A run whose worker somebody else began, such as a driver that was killed."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder

    def ended(self) -> bool:
        return not self._folder.is_alive()


@contextlib.contextmanager
def workers_for(config: MatrixConfig) -> Generator[Workers, None, None]:
    """The workers that the settings ask for.

    Raises:
        StudioError: there is no such cluster.
    """
    if not config.cluster:
        yield Processes(config)
    elif config.cluster == "local":
        with _local_cluster(config) as address, dask_cluster.joined(address) as client:
            yield _Tasks(client, _threads(config))
    else:
        with dask_cluster.connected(config.cluster) as client:
            yield _Tasks(client, None)


def worker_count(config: MatrixConfig) -> int:
    """Runs at the same time on this machine: as asked, else one a GPU, or by cores and free memory."""
    if config.workers:
        return config.workers
    if gpus := _gpus(config):
        return len(gpus)
    free = free_memory()
    fitting = int(free / (SCHEDULES[config.schedule].memory * _GIB)) if free is not None else 1
    return max(1, min(usable_cores(), fitting))


def is_too_slow_here(config: MatrixConfig) -> bool:
    """Whether a matrix that is for a GPU would be computed by this machine, which has none."""
    return SCHEDULES[config.schedule].wants_gpu and not config.cluster and not _gpus(config)


class Processes:
    """Worker processes of this machine, which share its cores and GPUs."""

    def __init__(self, config: MatrixConfig) -> None:
        self.room = worker_count(config)
        self._threads = _threads(config)
        self._gpus = _gpus(config)
        self._busy: list[tuple[str, Begun]] = []

    def begin(self, folder: RunFolder) -> Begun:
        self._busy = [(gpu, process) for gpu, process in self._busy if not process.ended()]
        taken = [gpu for gpu, _ in self._busy]
        gpu = min(self._gpus, key=taken.count, default="")
        variables = {"CUDA_VISIBLE_DEVICES": gpu} if gpu else {}
        process = _Process(launch.start_worker(folder, self._threads, variables))
        self._busy.append((gpu, process))
        return process

    def adopt(self, folder: RunFolder) -> Begun:
        ran = provenance.machines(folder)
        living = Living(folder)
        self._busy.append((str(ran[-1].get("visible_gpus", "")) if ran else "", living))
        return living


class _Process:
    def __init__(self, child: "subprocess.Popen[bytes]") -> None:
        self._child = child

    def ended(self) -> bool:
        return self._child.poll() is not None


class _Tasks:
    """Tasks of a Dask cluster, as many at a time as it has workers."""

    def __init__(self, client: Any, threads: int | None) -> None:
        self._client, self._threads = client, threads

    @property
    def room(self) -> int:
        with _scheduler_there():
            return max(1, len(self._client.nthreads()))

    def begin(self, folder: RunFolder) -> Begun:
        folder.write_status(replace(folder.status(), state=State.QUEUED, eta=None, error="", pid=0))
        with _scheduler_there():
            executor = self._client.get_executor(pure=False, retries=0)
            return _Task(folder, executor.submit(work_to_end, folder.path, self._threads))

    def adopt(self, folder: RunFolder) -> Begun:
        return Living(folder)


class _Task:
    def __init__(self, folder: RunFolder, future: "Future[None]") -> None:
        self._folder, self._future = folder, future

    def ended(self) -> bool:
        if (
            not self._future.done()
        ):  # the task of a run that outlived its machine's Dask worker waits for another
            return self._folder.status().state in (State.DONE, State.FAILED, State.STOPPED)
        try:
            with _scheduler_there():
                self._future.result()
        except StudioError:
            raise
        except Exception as error:
            if type(error).__name__ != "KilledWorker":  # its run's folder says what became of it
                raise
        return True


@contextlib.contextmanager
def _scheduler_there() -> Generator[None, None, None]:
    try:
        yield
    except (CancelledError, OSError, TimeoutError) as error:
        raise SchedulerGoneError(
            "The Dask scheduler is gone; what is done is kept, so start it again and resume the matrix."
        ) from error


def work_to_end(path: Path, threads: int | None) -> None:
    """Have a worker do the run at a path, from a process of a cluster, and wait for its end.

    Raises:
        StudioError: the run's folder is not seen from here.
    """
    folder = RunFolder(path)
    if not (path / "config.toml").is_file():
        raise StudioError(f"{platform.node()} does not see {path}; give all workers the same shared disk.")
    if not folder.is_alive():
        launch.start_worker(folder, threads).wait()


@contextlib.contextmanager
def _local_cluster(config: MatrixConfig) -> Generator[str, None, None]:
    """A Dask cluster of this machine; a worker has one task at a time, and a GPU where there are any."""
    distributed, gpus = dask_cluster.dask(), _gpus(config)
    options: dict[int, dict[str, Any]] = {}
    for number in range(worker_count(config)):
        variables = {"CUDA_VISIBLE_DEVICES": gpus[number % len(gpus)]} if gpus else {}
        options[number] = {
            "cls": distributed.Nanny,
            "options": {"nthreads": 1, "env": variables, "dashboard": False},
        }
    scheduler = {"cls": distributed.Scheduler, "options": {"dashboard": False, "port": 0}}
    with distributed.SpecCluster(workers=options, scheduler=scheduler) as cluster:
        yield cluster.scheduler_address


def _threads(config: MatrixConfig) -> int:
    return max(1, usable_cores() // worker_count(config))


def _gpus(config: MatrixConfig) -> list[str]:
    """The GPUs that runs may be given, as CUDA_VISIBLE_DEVICES names them; none for a CPU."""
    if config.device == "cpu":
        return []
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name for name in chosen.split(",") if name.strip()]
    return [str(number) for number in range(len(provenance.gpus()))]
