"""Runs on their way: their folders are made, they wait for their turn, their workers are started."""

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import StudioError
from core.jobs import JOBS
from core.project.project import Project
from core.runs import launch
from core.runs.run_folder import RunFolder
from core.runs.waiting import fail, furnish, leave, wait
from studio.runs.queue import Queue
from studio.runs.reader import Head, read_head
from studio.runs.run import Run


class Starting(QObject):
    """Starts the next run when fewer than `queue.at_once` run and `ready` says that the project is.

    All that takes time is done in a thread.

    Attributes:
        queue: the runs that wait.
        ready: whether what earlier runs brought is in the project.
        busy: the runs whose folder is being made or whose worker is being started.

    Signals:
        changed(Run): its turn.
        prepared(Run, Head): its folder is there.
        started(Run, Popen | None): its worker; None where it was asked to stop before.
        failed(Run, str): it could not be started; one sentence.
    """

    changed = Signal(object)
    prepared = Signal(object, object)
    started = Signal(object, object)
    failed = Signal(object, str)
    _made = Signal(object, object)
    _launched = Signal(object, object)

    def __init__(
        self, project: Project, running: Callable[[], Sequence[Run]], parent: QObject | None = None
    ) -> None:
        """`running`: the runs that others wait for."""
        super().__init__(parent)
        self.queue = Queue()
        self.ready: Callable[[], bool] = lambda: True
        self.busy: set[Run] = set()
        self._project, self._running = project, running
        self._thread = ThreadPoolExecutor(1, "run-launcher")
        self._placing = threading.Lock()  # or a new place could be written after the run has left
        self._children: list[subprocess.Popen[bytes]] = []
        self._closed = False
        self._made.connect(self._take_made)
        self._launched.connect(self._take_launched)

    def prepare(self, run: Run, make: Callable[[float], RunFolder]) -> None:
        """Have the folder of a run made, which takes its place; then it waits for its turn."""
        self.busy.add(run)
        place = self.queue.last_place()

        def prepared() -> tuple[RunFolder, Head, float]:
            folder = make(place)
            return folder, read_head(folder), place

        self._thread.submit(prepared).add_done_callback(lambda done: self._made.emit(run, done))

    def take(self, run: Run, place: float) -> None:
        """Let a run wait whose folder says so."""
        self._tell(self.queue.join(run, place))

    def start_next(self) -> None:
        """Start those whose turn has come."""
        if not self._closed and self.queue.runs and self.ready():
            for run in self.queue.next(self._running()):
                self.begin(run)

    def begin(self, run: Run) -> None:
        """Start a run that waits, whatever else runs."""
        folder = run.folder
        assert folder is not None  # since it waits
        self.busy.add(run)
        self._tell(self.queue.leave(run))

        def furnish_and_start() -> "subprocess.Popen[bytes] | None":
            try:
                furnish(folder, JOBS[run.job], self._project)
            except StudioError as error:
                with contextlib.suppress(StudioError):
                    fail(folder, str(error))
                raise
            if run.stop_asked is not None:
                leave(folder)
                return None
            child = launch.start_worker(folder)
            self._children.append(child)
            return child

        self._thread.submit(furnish_and_start).add_done_callback(lambda done: self._launched.emit(run, done))

    def move(self, run: Run, by: int) -> None:
        """Let a run that waits change its place with the one before it (-1) or behind it (1)."""
        for moved, place in self.queue.move(run, by).items():
            self.changed.emit(moved)
            self._thread.submit(self._keep_place, moved, place)

    def _keep_place(self, run: Run, place: float) -> None:
        with self._placing:
            if run.folder is not None and run in self.queue:
                wait(run.folder, place)

    def leave(self, run: Run) -> None:
        """Let a run wait no longer.

        Raises:
            StudioError: its folder cannot be written.
        """
        with self._placing:
            if run.folder is not None:
                leave(run.folder)
            changed = self.queue.leave(run)
        self._tell(changed)

    def forget_ended(self) -> None:
        """Let go of workers that ended, so that none stays a zombie."""
        for child in self._children.copy():
            if child.poll() is not None:
                self._children.remove(child)

    def close(self) -> None:
        """Start no more; workers go on, and are waited for."""
        self._closed = True
        self._thread.shutdown(wait=True)
        for child in self._children:
            threading.Thread(target=child.wait, daemon=True).start()

    def _take_made(self, run: Run, future: "Future[Any]") -> None:
        self.busy.discard(run)
        if self._closed or self._refused(run, future):
            return
        run.folder, head, place = future.result()
        self._tell(self.queue.join(run, place))
        self.prepared.emit(run, head)
        passes_at_once = run.job in JOBS and not JOBS[run.job].workspace
        if run in self.queue and passes_at_once:
            self.begin(run)
        self.start_next()

    def _take_launched(self, run: Run, future: "Future[Any]") -> None:
        self.busy.discard(run)
        if not self._refused(run, future):
            self.started.emit(run, future.result())

    def _refused(self, run: Run, future: "Future[Any]") -> bool:
        error = future.exception()
        if error is None:
            return False
        sentence = str(error) if isinstance(error, StudioError) else f"Cannot start the run: {error!r}."
        self.failed.emit(run, sentence)
        if not isinstance(error, StudioError):
            raise error
        return True

    def _tell(self, changed: Iterable[Run]) -> None:
        for run in changed:
            self.changed.emit(run)


def waiting_with(folder: RunFolder, changes: Mapping[str, Any], place: float) -> RunFolder:
    """The same run, with some settings changed, waiting at a place."""
    if changes:
        with folder.held_lock():
            job = JOBS[folder.job]
            launch.change_settings(folder, job, replace(folder.settings(job.settings), **changes))
    wait(folder, place)
    return folder
