"""The runs of a project: starts workers, follows run folders, says once when a run ended."""

import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from time import time
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from core import agreements, config
from core.datasets.clip import Clip
from core.errors import StudioError
from core.jobs import JOBS
from core.project.project import Project
from core.runs.run_folder import RunFolder, State
from core.runs.run_notes import RunNotes, write_notes
from core.runs.waiting import reserve
from core.runs.worker_process import end_worker
from studio.runs.queue import Queue
from studio.runs.reader import Answer, FoundRun, Head, Mark, Request, find, look_around
from studio.runs.run import ACTIVE, Run
from studio.runs.starting import Starting, waiting_with
from studio.runs.trash import move as move_folder
from studio.runs.words import without_cells

BUSY_PERIOD, IDLE_PERIOD, UNREAD_PERIOD = 150, 1000, 20
"""Milliseconds between looks: with an active run, without, and while some were never read."""

SCAN_PERIOD = 1.0
"""Seconds between looks for runs that others made, resumed or removed."""

UNREAD_AT_ONCE = 8
"""Ended runs whose events are read in one look."""

KILL_AFTER = 10.0
"""Seconds after a request to stop from which `kill` is offered."""


@dataclass(eq=False)
class _Followed:
    """What following a run needs beside the run: never seen by views."""

    run: Run
    mark: Mark = field(default_factory=Mark)
    stamp: int = -1
    child: "subprocess.Popen[bytes] | None" = None
    material_read: bool = False
    life: int = 0


class Runs(QObject):
    """Every run in the project's folder `runs/`, newest first in `all`; those that wait are in `queue`.

    The next one starts when fewer than `queue.at_once` run, see `Starting`.

    What runs there are is known from the start; what they reported is read in a thread, and only
    finished arrays and lists reach the window's.

    Signals:
        added(Run), removed(Run): the list of runs changed.
        deleted(Run): a person moved it to the trash; `restore` undoes that.
        changed(Run): its status, its notes, or since when it stops.
        annotated(Run): a person named, noted or starred it.
        metrics_changed(Run), filters_changed(Run), ap_changed(Run), log_changed(Run): it reported.
        finished(Run): it ended: done, failed, stopped, interrupted or never started; once a start
            or resume. A run that had ended before the project was opened is only `added`.
    """

    added = Signal(object)
    removed = Signal(object)
    deleted = Signal(object)
    changed = Signal(object)
    annotated = Signal(object)
    metrics_changed = Signal(object)
    filters_changed = Signal(object)
    ap_changed = Signal(object)
    log_changed = Signal(object)
    finished = Signal(object)
    _looked = Signal(object)

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self._start = Starting(project, self._running, self)
        self._followed: list[_Followed] = []
        self._reader = ThreadPoolExecutor(1, "run-reader")
        self._looking = self._closed = False
        self._scanned = 0.0
        self._looked.connect(self._take)
        self._start.prepared.connect(self._take_prepared)
        self._start.started.connect(self._take_started)
        self._start.failed.connect(lambda run, sentence: self._end(run, State.FAILED, sentence))
        self._start.changed.connect(self.changed)
        for found in find(project.runs, set()):
            self._add(found)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._timer.start(BUSY_PERIOD)
        QTimer.singleShot(0, self, self._tick)

    @property
    def all(self) -> list[Run]:
        """Every run, newest first."""
        runs = [followed.run for followed in self._followed]
        return sorted(runs, key=lambda run: (run.created, run.name), reverse=True)

    def for_job(self, *jobs: str) -> list[Run]:
        """The runs of some jobs, newest first."""
        return [run for run in self.all if run.job in jobs]

    def active(self) -> list[Run]:
        """The runs that have not ended, newest first."""
        return [run for run in self.all if run.is_active]

    # --- what a person asks for ---------------------------------------------------------------

    def start(self, job: str, settings: Any, clips: Sequence[Clip] | None = None) -> Run:
        """Start a run as soon as its turn comes; then its snapshot is taken and its worker started.

        One that passes at once, such as an export, does not wait for others.

        Args:
            job: a key of `core.jobs.JOBS`.
            settings: the job's settings dataclass.
            clips: the clips it works on; all of the project where it is None.

        Raises:
            NotAgreedError: the settings name what the person did not agree to use on this machine.
        """
        agreements.require_all(settings, partial(self.start, job, settings, clips))
        run = Run(job, config.as_dict(settings))
        self._followed.append(_Followed(run))
        self.added.emit(run)
        self._start.prepare(run, lambda place: reserve(self.project, JOBS[job], settings, clips, place))
        return run

    def resume(self, run: Run, **changes: Any) -> None:
        """Go on from the last checkpoint of a run that ended, with some settings changed, such as `steps`."""
        folder, followed = run.folder, self._of(run)
        if folder is None or run.damage or run.is_active or run in self._start.busy:
            return
        if run.job in JOBS:
            settings = config.from_dict(JOBS[run.job].settings, {**run.settings, **changes})
            agreements.require_all(settings, partial(self.resume, run, **changes))
        run.stop_asked = None
        run.status = replace(run.status, state=State.QUEUED, error="", eta=None, updated=time())
        followed.life += 1
        self.changed.emit(run)
        self._start.prepare(run, lambda place: waiting_with(folder, changes, place))

    @property
    def queue(self) -> Queue:
        """The runs that wait."""
        return self._start.queue

    def others_than(self, run: Run) -> int:
        """How many a run has to wait for, as it is now; 0 where it starts at once."""
        others = [one for one in (*self._running(), *self.queue.runs) if one is not run]
        return len(others) if len(others) >= self.queue.at_once else 0

    def start_when(self, ready: Callable[[], bool]) -> None:
        """Start those that wait only while `ready` says that all that earlier runs brought is taken in."""
        self._start.ready = ready

    def start_now(self, run: Run) -> None:
        """Start a run that waits, beside those that run."""
        if run.is_waiting:
            self._start.begin(run)

    def move(self, run: Run, by: int) -> None:
        """Let a run that waits change its place with the one before it (-1) or behind it (1)."""
        if run.is_waiting:
            self._start.move(run, by)

    def stop(self, run: Run) -> None:
        """Ask a run to save and end; it shows as stopping until it does. One that waits ends at once.

        Raises:
            StudioError: its folder cannot be written.
        """
        if not run.is_active or run.stop_asked is not None:
            return
        if run.is_waiting:
            self._start.leave(run)
            self._end(run, State.STOPPED)
            return
        if run.folder is not None:
            run.folder.ask_stop()
        run.stop_asked = time()
        self.changed.emit(run)

    def can_kill(self, run: Run) -> bool:
        """Whether a run was asked to stop so long ago that ending its process is offered."""
        return run.is_stopping and time() - (run.stop_asked or 0.0) >= KILL_AFTER

    def kill(self, run: Run) -> None:
        """End the process of a run that does not stop; what it did since its last checkpoint is lost.

        Raises:
            StudioError: no process here is known to be its worker.
        """
        if run.folder is not None and run.is_active:
            end_worker(run.folder, self._of(run).child)

    def annotate(self, run: Run, notes: RunNotes) -> None:
        """Keep what a person calls a run and says of it.

        Raises:
            StudioError: it has no folder yet, or that cannot be written.
        """
        if run.path is None:
            raise StudioError("The run is being prepared; name it in a moment.")
        if notes != run.notes:
            write_notes(run.path, notes)
            run.notes = notes
            self.changed.emit(run)
            self.annotated.emit(run)

    def delete(self, run: Run) -> None:
        """Move a run to the project's folder `trash/`; `restore` brings it back.

        Raises:
            StudioError: it has not ended, or cannot be moved.
        """
        followed = self._of(run)
        if run.is_active or run in self._start.busy:
            raise StudioError(f"{run.title} is still running; stop it before deleting it.")
        if run.folder is not None:
            move_folder(run.folder, RunFolder(self.project.path / "trash" / run.name))
        self._followed.remove(followed)
        self.removed.emit(run)
        self.deleted.emit(run)

    def restore(self, run: Run) -> None:
        """Bring a deleted run back.

        Raises:
            StudioError: it is no longer in the trash.
        """
        if run.folder is not None:
            move_folder(RunFolder(self.project.path / "trash" / run.name), run.folder)
        self._followed.append(_Followed(run))
        self.added.emit(run)

    def close(self) -> None:
        """Follow no longer; workers go on, and are waited for so that none stays a zombie."""
        self._closed = True
        self._timer.stop()
        self._reader.shutdown(wait=True, cancel_futures=True)
        self._start.close()

    # --- starting -----------------------------------------------------------------------------

    def _take_prepared(self, run: Run, head: Head) -> None:
        _set_head(run, head)
        if run.stop_asked is not None:
            run.stop_asked = None
            self.stop(run)

    def _take_started(self, run: Run, child: "subprocess.Popen[bytes] | None") -> None:
        self._of(run).child = child
        if run.stop_asked is not None and child is not None and run.folder is not None:
            run.folder.ask_stop()
        self.changed.emit(run)
        self._tick()

    def _end(self, run: Run, state: State, sentence: str = "") -> None:
        run.status = replace(run.status, state=state, error=sentence, updated=time())
        self.changed.emit(run)
        self.finished.emit(run)

    def _running(self) -> list[Run]:
        """The runs that others wait for."""
        active = without_cells(self.active(), self.all)
        return [run for run in active if not run.is_waiting and run.folder is not None]

    # --- following ----------------------------------------------------------------------------

    def _tick(self) -> None:
        if not self._timer.isActive():
            return  # closed since this was asked for
        self._start.forget_ended()
        if self._looking or self._closed:
            return
        self._start.start_next()
        scan = time() - self._scanned >= SCAN_PERIOD
        if scan:
            self._scanned = time()
            for run in self.active():
                if run.is_stopping:
                    self.changed.emit(run)  # how long it has been stopping
        requests = self._requests(scan)
        known = {followed.run.name for followed in self._followed}
        if requests or scan:
            self._looking = True
            runs = self.project.runs if scan else None
            future = self._reader.submit(look_around, requests, runs, known)
            future.add_done_callback(self._looked.emit)

    def _requests(self, scan: bool) -> list[Request]:
        """The active runs, some never read, and on a scan the ended ones, to see if they changed."""
        requests: list[Request] = []
        unread = 0
        for followed in sorted(self._followed, key=lambda one: one.run.created, reverse=True):
            run, child = followed.run, followed.child
            if run.folder is None or run in self._start.busy or run.is_waiting:
                continue
            is_read = followed.stamp >= 0
            unread += not is_read and not run.is_active
            if run.is_active or (scan if is_read else unread <= UNREAD_AT_ONCE):
                exit_code = child.returncode if child is not None else None
                requests.append(
                    Request(
                        key=followed,
                        folder=run.folder,
                        mark=followed.mark,
                        starting=child is not None and exit_code is None,
                        exit_code=exit_code,
                        with_material=not followed.material_read,
                        unless_stamp=-1 if run.is_active else followed.stamp,
                        life=followed.life,
                        damage=run.damage,
                    )
                )
        return requests

    def _take(self, future: "Future[Any]") -> None:
        self._looking = False
        if future.cancelled() or self._closed:
            return
        answers, found = future.result()
        for answer in answers:
            if answer.request.key in self._followed:
                self._take_answer(answer)
        known = {followed.run.name for followed in self._followed}
        if not any(run.folder is None for run in self._start.busy):
            for one in found:
                if one.folder.name not in known:
                    self._add(one)
        self._timer.setInterval(BUSY_PERIOD if self.active() else IDLE_PERIOD)
        unread = (one.run for one in self._followed if one.stamp < 0 and not one.run.is_waiting)
        self._start.start_next()
        if any(run not in self._start.busy for run in unread):
            QTimer.singleShot(UNREAD_PERIOD, self, self._tick)

    def _add(self, found: FoundRun) -> None:
        run = Run(found.head.job, found.head.settings, found.folder)
        _set_head(run, found.head)
        run.status = found.status
        self._followed.append(_Followed(run))
        if found.place is not None:
            self._start.take(run, found.place)
        self.added.emit(run)

    def _take_answer(self, answer: Answer) -> None:
        request, news = answer.request, answer.news
        followed, run = request.key, request.key.run
        if news is None:
            self._followed.remove(followed)
            self.removed.emit(run)
            return
        followed.stamp, followed.mark = -1 if news.more else answer.stamp, news.mark
        if news.restarted:
            run.forget_events()
        if news.material is not None:
            material, followed.material_read = news.material, True
            run.clips, run.revision = material.clips, material.revision
            run.points, run.objects, run.material = material.points, material.objects, material.trained
        run.take(news)
        was_active, before = run.is_active, (run.status, run.stop_asked, run.flaw)
        ended = news.status.state not in ACTIVE
        if request.life == followed.life and run not in self._start.busy and not (ended and news.more):
            run.status, run.flaw = news.status, news.flaw
            run.stop_asked = news.stop_asked if run.is_active else None
        for told, notify in (
            (news.metrics or news.restarted, self.metrics_changed),
            (news.filters or news.restarted, self.filters_changed),
            (news.class_aps or news.restarted, self.ap_changed),
            (news.log or news.restarted, self.log_changed),
            (news.material is not None or (run.status, run.stop_asked, run.flaw) != before, self.changed),
            (was_active and not run.is_active, self.finished),
        ):
            if told:
                notify.emit(run)

    def _of(self, run: Run) -> _Followed:
        return next(followed for followed in self._followed if followed.run is run)


def _set_head(run: Run, head: Head) -> None:
    run.job, run.settings, run.notes = head.job, head.settings, head.notes
    run.start, run.weights, run.damage = head.start, head.weights, head.damage
