"""Starting workers and following them to their end, as the window does, from a program without one."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence

from core import stop_signals
from core.errors import StudioError
from core.events import Event, Progress
from core.runs import launch
from core.runs.run_folder import RunFolder, State

_PERIOD = 0.2
_PATIENCE = 60.0


def run_workers(
    folders: Sequence[RunFolder], on_event: Callable[[Event], None], at_once: int | None = None
) -> None:
    """Run some jobs at the same time, each in a worker of its own, sharing the cores.

    Args:
        folders: the runs.
        on_event: called with the events of all; their progress is added up.
        at_once: how many run at the same time, in the order given; all of them where None.

    Raises:
        StudioError: one of them failed; the others were stopped.
        KeyboardInterrupt: a signal asked for an end, and all have saved; or a second one, and all are dead.
    """
    threads = 1 if len(folders) > 1 else None
    workers: dict[str, subprocess.Popen[bytes]] = {}
    offsets = {folder.name: 0 for folder in folders}
    progress = {folder.name: Progress(0, 0) for folder in folders}
    running: list[RunFolder] = []
    with stop_signals.deferred() as signals, _ending(running, workers):
        waiting = list(folders)
        while running or waiting:
            if signals.came:
                raise KeyboardInterrupt
            while waiting and len(running) < (at_once or len(folders)):
                folder = waiting.pop(0)
                workers[folder.name] = launch.start_worker(folder, threads)
                running.append(folder)
            time.sleep(_PERIOD)
            for folder in list(running):
                ended = workers[folder.name].poll() is not None
                events, offsets[folder.name] = folder.events(offsets[folder.name])
                for event in events:
                    if isinstance(event, Progress):
                        progress[folder.name] = event
                    on_event(_sum(list(progress.values())) if isinstance(event, Progress) else event)
                if ended:
                    running.remove(folder)
                    _check(folder)


def _sum(parts: Sequence[Progress]) -> Progress:
    """The progress of all; a run that has not said how long it is counts as the mean of the others."""
    what = next((part.what for part in parts if part.step < part.total), parts[-1].what)
    totals = [part.total for part in parts if part.total]
    total = round(sum(totals) / len(totals) * len(parts)) if totals else 0
    return Progress(sum(part.step for part in parts), total, what)


def _check(folder: RunFolder) -> None:
    status = folder.status()
    if status.state is not State.DONE:
        why = status.error or f"it was {status.state.value}; see {folder.path / 'worker.log'}"
        raise StudioError(f"{folder.name}: {why}")


@contextlib.contextmanager
def _ending(running: Sequence[RunFolder], workers: dict[str, "subprocess.Popen[bytes]"]) -> Iterator[None]:
    """At the end of the block, whatever still runs saves and ends; none of them outlives it."""
    try:
        yield
    finally:
        try:
            _stop(running, workers)
        finally:
            for worker in workers.values():
                worker.kill()
                worker.wait()


def _stop(running: Sequence[RunFolder], workers: dict[str, "subprocess.Popen[bytes]"]) -> None:
    for folder in running:
        try:
            folder.ask_stop()
        except StudioError:  # its folder cannot be written: a signal asks too
            workers[folder.name].terminate()
    until = time.monotonic() + _PATIENCE
    for folder in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            workers[folder.name].wait(max(0.0, until - time.monotonic()))
