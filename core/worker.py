"""Runs the job of a run folder: in a process of its own (`python -m core.worker RUN`) or in this one.

The run's lock is held from the first line to the last, `status.json` is replaced at least every 2 s
by a thread, so that a long step does not look dead, and the end is written down once.
"""

import contextlib
import faulthandler
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from core import jobs, stop_signals
from core.errors import StudioError
from core.events import Event, Progress
from core.jobs import JOBS
from core.out_of_memory import memory_that_ran_out, remedy
from core.runs.pace import Pace
from core.runs.provenance import note_machine
from core.runs.run_folder import RunFolder, State, Status
from core.stop_signals import StopSignals
from core.system_faults import refused_by_the_system

HEARTBEAT = 1.5
"""Seconds after which `status.json` is replaced although nothing changed."""

_LOOK = 0.25


def run_job(folder: RunFolder, on_event: Callable[[Event], None] = lambda event: None) -> Status:
    """Run or resume the job of a run folder; see `follow`."""
    return follow(jobs.run(folder), folder, on_event)


def follow(job: Iterator[Event], folder: RunFolder, on_event: Callable[[Event], None]) -> Status:
    """Write a job's events to its run folder until it ends, fails or is asked to stop.

    It is asked to stop by `RunFolder.ask_stop` or by a signal (`core.stop_signals`); then the job saves.
    A second signal does not wait for that.

    Args:
        job: a generator; it is closed at the end, which lets it save.
        folder: its run.
        on_event: called with every event, after it was appended.

    Returns:
        How it ended: DONE, STOPPED, or FAILED with the sentence that says why. Where memory ran out or the
        system refused something, the traceback is in `worker.log`.

    Raises:
        StudioError: another process runs it, or its end could not be written down.
        Exception: a bug in the job, once the traceback is in `worker.log` and the state is FAILED.
        KeyboardInterrupt: the second signal, once the state is STOPPED.
    """
    with folder.held_lock(), stop_signals.deferred() as signals:
        beat = _Heartbeat(folder)
        state, sentence = State.FAILED, ""
        try:
            folder.drop_torn_line()
            note_machine(folder)
            state = _append_all(job, folder, signals, beat, on_event)
        except StudioError as error:
            sentence = str(error)
        except KeyboardInterrupt:
            state = State.STOPPED
            raise
        except BaseException as error:
            _log_traceback(folder)
            sentence = _memory_in_a_sentence(folder, beat.now, error)
            if not sentence and isinstance(error, OSError):
                sentence = refused_by_the_system(error, folder.path, "resume the run")
            elif not sentence:
                sentence = f"The job failed: {type(error).__name__}; see {folder.path / 'worker.log'}."
                raise
        finally:
            with contextlib.suppress(StudioError):  # what is left is cleared before the run is resumed
                folder.clear_control()
            status = beat.end(state, sentence)
    return status


def main(arguments: list[str]) -> int:
    """Be the worker of the run folder that `arguments` names; returns the exit status."""
    folder = RunFolder.open(Path(arguments[0]))
    with open(folder.path / "worker.log", "ab", buffering=0) as log:
        faulthandler.enable(log)
        try:
            if int(os.environ.get("RANK", "0")):  # another process of the run writes for all
                return _accompany(folder)
            status = run_job(folder)
        except StudioError as error:
            log.write(f"{error}\n".encode())
            return 1
        except Exception:  # already in the log, with its traceback
            return 1
        finally:
            faulthandler.disable()
    return 0 if status.state in (State.DONE, State.STOPPED) else 1


def _accompany(folder: RunFolder) -> int:
    """Take part in the job of a run whose worker is another process; returns the exit status."""
    try:
        for _ in jobs.run(folder):
            pass
    except RuntimeError:  # of a call that waits for a process that is gone
        if folder.status().state is State.RUNNING:
            raise
    return 0


def _append_all(
    job: Iterator[Event],
    folder: RunFolder,
    signals: StopSignals,
    beat: "_Heartbeat",
    on_event: Callable[[Event], None],
) -> State:
    with contextlib.closing(job):  # type: ignore[type-var]  # a generator: closing lets the job save
        for event in job:
            folder.append(event)
            if isinstance(event, Progress):
                beat.progress(event)
            on_event(event)
            if signals.came or folder.stop_asked():
                return State.STOPPED
    return State.DONE


class _Heartbeat:
    """Keeps `status.json` fresh from a thread; a write that fails is tried again at the next beat."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._status = replace(
            folder.status(), state=State.RUNNING, eta=None, error="", pid=os.getpid(), updated=time.time()
        )
        self._pace = Pace()
        self._changed = True
        self._ended = threading.Event()
        self._write(self._status)
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def progress(self, now: Progress) -> None:
        """Take over how far the job is."""
        eta = self._pace.seconds_left(time.monotonic(), now)
        self._status = replace(
            self._status, step=now.step, total=now.total, what=now.what, count=now.count, eta=eta
        )
        self._changed = True

    @property
    def now(self) -> Status:
        """How far the job is."""
        return self._status

    def end(self, state: State, sentence: str) -> Status:
        """Write the end down.

        Raises:
            StudioError: the disk does not take it; the run then counts as interrupted.
        """
        self._ended.set()
        self._thread.join()
        self._status = replace(self._status, state=state, eta=None, error=sentence, updated=time.time())
        for pause in (0.1, 0.5, 1.0, 0.0):
            if self._write(self._status):
                return self._status
            time.sleep(pause)
        raise StudioError(
            f"The end of {self._folder.path} could not be noted ({state}); free disk space, then resume it."
        )

    def _beat(self) -> None:
        written = time.monotonic()
        while not self._ended.wait(_LOOK):
            if self._changed or time.monotonic() - written >= HEARTBEAT:
                self._changed = False
                self._write(replace(self._status, updated=time.time()))
                written = time.monotonic()

    def _write(self, status: Status) -> bool:
        try:
            self._folder.write_status(status)
        except OSError:
            return False
        return True


def _memory_in_a_sentence(folder: RunFolder, now: Status, error: BaseException) -> str:
    """What ran out of memory, where, and what to do; nothing where the error is another."""
    memory = memory_that_ran_out(error)
    if not memory:
        return ""
    title = JOBS[folder.job].title if folder.job in JOBS else folder.job
    count = now.count or f"step {now.step} of {now.total}"
    place = f"at {count}" if now.total else "at its start"
    doing = f" ({now.what})" if now.what else ""
    settings = folder.settings_as_written()
    return f"{title} ran out of {memory} {place}{doing}; {remedy(memory, settings)}."


def _log_traceback(folder: RunFolder) -> None:
    path = folder.path / "worker.log"
    with contextlib.suppress(OSError), open(path, "a", encoding="utf-8", newline="\n") as log:
        traceback.print_exc(file=log)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
