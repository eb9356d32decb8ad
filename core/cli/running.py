"""Running jobs in the foreground, with a bar on a terminal and plain lines elsewhere."""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import platformdirs
from tqdm import tqdm

from core import worker
from core.cli.outcome import Stopped
from core.errors import StudioError
from core.events import ClassAP, Event, Log, Metric, Progress
from core.runs import launch
from core.runs.job import Job
from core.runs.run_folder import RunFolder, State

LINE_EVERY = 10.0
"""Seconds between two lines of progress where there is no terminal."""


def run_here(folder: RunFolder, args: argparse.Namespace, go_on: str) -> None:
    """Run a job to its end.

    Args:
        folder: the run.
        args: of the command.
        go_on: after an interruption, what was kept and how to go on.

    Raises:
        StudioError: it failed; why.
        Stopped: it was interrupted.
    """
    folder.clear_control()
    with shown(args) as display:
        status = worker.run_job(folder, display.show)
    if status.state is State.FAILED:
        raise StudioError(status.error)
    if status.state is State.STOPPED:
        raise Stopped(f"Stopped at {status.step} of {status.total}; {go_on}.")


@contextlib.contextmanager
def passing_run(job: Job, settings: Any, args: argparse.Namespace, kept: str = "") -> Iterator[RunFolder]:
    """A finished run whose folder lasts as long as the block: its result is read in it, or lies elsewhere.

    Raises:
        StudioError: it failed; why.
        Stopped: it was interrupted; says what was kept, in the words of `kept` where they are given.
    """
    with tempfile.TemporaryDirectory(prefix="associationnet-") as path:
        folder = launch.prepare_at(Path(path) / job.name, job, settings)
        run_here(folder, args, f"{kept or _kept(settings)}; start the command again")
        yield folder


def _kept(settings: Any) -> str:
    searches = getattr(settings, "cache", None) is not None and getattr(settings, "proposals", None) is None
    return "the boxes proposed so far were kept" if searches else "nothing was kept"


def cache() -> Path:
    """Where commands keep the proposals of images, which take long and depend on the image alone."""
    return platformdirs.user_cache_path("associationnet-studio") / "proposals"


def shown(args: argparse.Namespace) -> "Display":
    """Where progress goes: not to standard output where the result's JSON goes there."""
    return Display(sys.stderr if args.json == "-" else sys.stdout)


class Display:
    """Shows events: a bar on standard error if that is a terminal, else lines now and then on `lines`.

    Where nobody takes them any more, as after a terminal was closed, the job goes on without being shown.
    """

    def __init__(self, lines: TextIO) -> None:
        self._lines = lines
        self._bar = tqdm(file=sys.stderr, dynamic_ncols=True, leave=False) if sys.stderr.isatty() else None
        self._metrics: dict[str, float] = {}
        self._told = time.monotonic()
        self._total = 0

    def __enter__(self) -> "Display":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            with contextlib.suppress(OSError):
                self._bar.close()

    def report(self, done: int, total: int, what: str) -> None:
        """For readers, which report without events."""
        self.show(Progress(done, total, what))

    def show(self, event: Event) -> None:
        """Take an event in."""
        with contextlib.suppress(OSError):
            self._show(event)

    def _show(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, Metric):
            self._metrics[event.name] = event.value
        elif isinstance(event, Log):
            self._line(f"Warning: {event.text}" if event.level == "warning" else event.text)
        elif isinstance(event, ClassAP) and event.objects:
            self._line(f"{event.name:<12} AP {100 * event.ap:5.1f}   {event.objects} objects")

    def _progress(self, event: Progress) -> None:
        if event.total != self._total:  # another job, or another part of it
            self._total = event.total
            self._metrics.clear()
        if self._bar is not None:
            self._bar.total = event.total
            self._bar.n = event.step
            self._bar.set_description_str(" ".join(filter(None, (event.what, event.count))), refresh=False)
            self._bar.set_postfix_str(self._numbers(), refresh=False)
            self._bar.refresh()
        elif time.monotonic() - self._told >= LINE_EVERY:
            self._told = time.monotonic()
            count = event.count or f"{event.step}/{event.total}"
            self._line(f"{event.what or 'Step'} {count} {self._numbers()}".rstrip())

    def _numbers(self) -> str:
        return " ".join(f"{name} {value:.4g}" for name, value in self._metrics.items())

    def _line(self, text: str) -> None:
        if self._bar is not None:
            self._bar.clear()
        print(text, file=self._lines, flush=True)
