"""A run: one job with its folder, which is the whole protocol between the studio and its worker.

```
<run>/config.toml       which job, with which settings        events.jsonl   one event a line, appended
      environment.json  versions and machine                 status.json    replaced at least every 2 s
      provenance.json   command, digests of its data          machines.json  where it ran, a start each
      snapshot/         the trajectories it works on          control/       stop.json, waiting.json, dropped
      wanted.json       what that is to hold, before it is              by the studio
      notes.json        what a person calls it and says of it
      lock              held by the worker for its life       checkpoints/   results/   worker.log
```
"""

import contextlib
import datetime
import enum
import errno
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import tomli_w

from core import config, links
from core.atomic_file import write_atomically, writing_atomically
from core.errors import StudioError
from core.events import ClassAP, Event, from_json, timed_from_json, to_json
from core.record_file import read_record
from core.runs import run_lock
from core.runs.unmade import check_unmade, making
from core.whole_file import open_file

Settings = TypeVar("Settings")

BLOCK = 4 << 20
"""Bytes of events that are read at once; a line has far fewer."""

_LARGEST_STATUS = 1 << 20  # bytes


class State(enum.StrEnum):
    """Of a run; `INTERRUPTED` is a run that says it is running and whose lock nobody holds."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Status:
    """Where a run stands.

    Attributes:
        state: a `State`.
        step, total: units done, of how many; 0 of 0 before the first progress.
        what: what it works on now.
        count: how far that is, such as `picture 120 of 322`; empty where `step` and `total` say it.
        eta: seconds left by the pace of the last minute; None while unknown.
        error: the sentence that says why it failed.
        updated: seconds since the epoch.
        pid: the worker's process; 0 before it runs.
    """

    state: State = State.QUEUED
    step: int = field(default=0, metadata={"minimum": 0, "maximum": 2**53})
    total: int = field(default=0, metadata={"minimum": 0, "maximum": 2**53})
    what: str = field(default="", metadata={"longest": 10_000})
    eta: float | None = field(default=None, metadata={"minimum": 0, "maximum": 1e20})
    error: str = field(default="", metadata={"longest": 10_000})
    updated: float = field(default=0.0, metadata={"minimum": 0, "maximum": 1e11})
    pid: int = field(default=0, metadata={"minimum": 0, "maximum": 2**31})
    count: str = field(default="", metadata={"longest": 10_000})


def _nothing(folder: "RunFolder") -> None:
    pass


class RunFolder:
    """The folder of one run; see the module for what lies in it."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    @classmethod
    def create(
        cls, path: Path, job: str, settings: Any, furnish: Callable[["RunFolder"], None] = _nothing
    ) -> "RunFolder":
        """Make the folder of a new run; where that fails nothing is left, or no run and nothing in the way.

        Args:
            furnish: writes what the run works on, before the folder is a run; it may raise OSError.

        Raises:
            StudioError: the folder holds files, cannot be made, or another process makes it.
        """
        folder = cls(path)
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
            check_unmade(path)  # before a lock is put into it
            with folder.held_lock(), making(path):
                for name in ("snapshot", "control", "checkpoints", "results"):
                    (folder.path / name).mkdir(exist_ok=True)
                folder.write_status(Status(updated=time.time()))
                furnish(folder)
                folder._write_config(job, settings)
        except OSError as error:
            raise StudioError(
                f"Cannot make the run folder {path} ({error.strerror}); free space or choose another place."
            ) from error
        return folder

    @classmethod
    def create_in(
        cls, parent: Path, job: str, settings: Any, furnish: Callable[["RunFolder"], None] = _nothing
    ) -> "RunFolder":
        """Make a run named by time (UTC) and a random suffix inside `parent`; see `create`."""
        stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]
        return cls.create(parent / f"{stamp}-{job}-{secrets.token_hex(2)}", job, settings, furnish)

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """An existing run.

        Raises:
            StudioError: there is no run in that folder.
        """
        folder = cls(path)
        if not (folder.path / "config.toml").is_file():
            raise StudioError(f"{path} is not a run folder (it has no config.toml); choose one that is.")
        return folder

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def job(self) -> str:
        """The name of the job, a key of `core.jobs.JOBS`.

        Raises:
            StudioError: config.toml is damaged.
        """
        job = config.read_toml(self.path / "config.toml").get("job", "")
        if not isinstance(job, str) or len(job) > 100:
            raise StudioError(f"{self.path / 'config.toml'} names no job; restore it or delete the run.")
        return job

    def settings(self, cls: type[Settings]) -> Settings:
        """The settings the run was made with.

        Raises:
            StudioError: config.toml is damaged or holds an unknown key.
        """
        return config.from_dict(cls, self.settings_as_written())

    def settings_as_written(self) -> dict[str, Any]:
        """The same as plain values, whatever the job.

        Raises:
            StudioError: config.toml is damaged.
        """
        return config.settings_in(self.path)

    def replace_settings(self, settings: Any) -> None:
        """Go on with other settings than the run was made with, when it is resumed.

        Raises:
            StudioError: the folder cannot be written, or something in it is a link that leads elsewhere.
        """
        self.check_links()
        try:
            self._write_config(self.job, settings)
        except OSError as error:
            raise StudioError(
                f"Cannot write to the run {self.path} ({error.strerror}); free space."
            ) from error

    def _write_config(self, job: str, settings: Any) -> None:
        values = {"job": job, "settings": config.as_dict(settings)}
        write_atomically(self.path / "config.toml", tomli_w.dumps(values).encode())

    @property
    def snapshot(self) -> Path:
        return self.path / "snapshot"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def results(self) -> Path:
        return self.path / "results"

    # --- status -------------------------------------------------------------------------------

    def status(self) -> Status:
        """Where the run stands; a run that says it runs while nobody holds its lock is INTERRUPTED.

        One whose status.json is damaged FAILED with the sentence that says so, unless a worker lives, which
        will soon replace that file.
        """
        status, damage = self._written_status()
        if damage and self.is_alive():
            return replace(status, state=State.RUNNING, error="")
        if status.state is State.RUNNING and not self.is_alive():
            status, _ = self._written_status()  # a worker writes its end before it lets go of the lock
            if status.state is State.RUNNING:
                return replace(status, state=State.INTERRUPTED, eta=None)
        return status

    def status_damage(self) -> str:
        """What is wrong with status.json, in a sentence; empty where nothing is."""
        return self._written_status()[1]

    def _written_status(self) -> tuple[Status, str]:
        """What status.json says, and what is wrong with it."""
        path = self.path / "status.json"
        if not os.path.lexists(path):
            return Status(), ""
        try:
            return read_record(Status, path, _LARGEST_STATUS), ""
        except StudioError as error:
            return Status(State.FAILED, error=str(error)), str(error)

    def write_status(self, status: Status) -> None:
        write_atomically(self.path / "status.json", json.dumps(asdict(status)).encode())

    def check_links(self) -> None:
        """See that what is written into the run stays there.

        Raises:
            StudioError: something in it is a link that leads elsewhere, or it is one in its project.
        """
        parent = self.path.parent
        if (parent.parent / "project.toml").is_file():
            for target in links.links_out(parent, [self.name]).values():
                raise links.leads_out(self.path, target)
        links.check_links(self.path)

    def is_alive(self) -> bool:
        """Whether a worker holds the run's lock."""
        return run_lock.is_held(self.path)

    @contextlib.contextmanager
    def held_lock(self) -> Iterator[None]:
        """Hold the run's lock.

        Raises:
            StudioError: another worker holds it, or something in the run is a link that leads elsewhere.
        """
        self.check_links()
        with run_lock.held(self.path):
            yield

    # --- events -------------------------------------------------------------------------------

    def append(self, event: Event) -> None:
        """Append an event with one write.

        Raises:
            OSError: the disk is full; no part of the event stays in the file.
        """
        line = (to_json(event, time.time()) + "\n").encode()
        with open(self.path / "events.jsonl", "ab", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if file.write(line) != len(line):
                file.truncate(size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), file.name)

    def drop_torn_line(self) -> None:
        """Cut off an event that a killed worker wrote only in part, before another one appends."""
        path = self.path / "events.jsonl"
        if path.is_file():
            with open(path, "rb+") as file:
                start = max(file.seek(0, os.SEEK_END) - BLOCK, 0)
                file.seek(start)
                file.truncate(start + file.read().rfind(b"\n") + 1)

    def events(self, offset: int = 0, damaged: list[str] | None = None) -> tuple[list[Event], int]:
        """Events from a byte offset on, of `BLOCK` bytes at most, and the offset to go on from.

        A line still being written is left for the next call; a damaged line is passed over; a file
        that is shorter than the offset (cut back on resume) is read from its start again.

        Args:
            damaged: takes the lines that are passed over.
        """
        found, offset = self._block(offset, damaged)
        return [event for event, _ in found], offset

    def _block(self, offset: int, damaged: list[str] | None = None) -> tuple[list[tuple[Event, float]], int]:
        path = self.path / "events.jsonl"
        if not path.is_file():
            return [], 0
        try:
            with open_file(path) as file:
                size = os.fstat(file.fileno()).st_size
                if size < offset:
                    offset = 0
                file.seek(offset)
                block = file.read(BLOCK)
        except (OSError, StudioError):
            return [], offset
        complete = block[: block.rfind(b"\n") + 1]
        if not complete and len(block) == BLOCK:  # a line that is none of ours
            complete = block
        found: list[tuple[Event, float]] = []
        for line in complete.split(b"\n"):
            text = line.decode("utf-8", "replace")
            try:
                found.append(timed_from_json(text))
            except ValueError:
                if damaged is not None and line:
                    damaged.append(text)
        return found, offset + len(complete)

    def all_events(self, damaged: list[str] | None = None) -> Iterator[tuple[Event, float]]:
        """Every event there is now, in order, block by block, with the time it was reported at.

        Args:
            damaged: takes the lines that are passed over.
        """
        before, offset = -1, 0
        while offset > before:  # else it ends here, or was cut back meanwhile
            before = offset
            found, offset = self._block(before, damaged)
            yield from found

    def cut_events_after(self, step: int) -> None:
        """Drop metrics, filters and progress after a training step, and every AP, before resuming from it."""
        self.drop_events(lambda event: isinstance(event, ClassAP) or getattr(event, "step", 0) > step)

    def drop_events(self, unwanted: Callable[[Event], bool]) -> None:
        """Write the events again without some of them; lines that are no event go too.

        The caller holds the lock, or no worker runs.
        """
        path = self.path / "events.jsonl"
        if not path.is_file():
            return
        with writing_atomically(path) as partial, open(partial, "wb") as kept, open(path, "rb") as file:
            while line := file.readline(BLOCK):
                try:
                    event = from_json(line.decode("utf-8", "replace").rstrip("\n"))
                except ValueError:
                    continue
                if line.endswith(b"\n") and not unwanted(event):
                    kept.write(line)

    # --- control ------------------------------------------------------------------------------

    def ask_stop(self) -> None:
        """Ask the worker to save and end after the step it is at.

        Raises:
            StudioError: the folder cannot be written.
        """
        self.check_links()
        try:
            write_atomically(self.path / "control" / "stop.json", b"{}")
        except OSError as error:
            raise StudioError(
                f"Cannot ask the run in {self.path} to stop ({error.strerror}); free space and try again."
            ) from error

    def stop_asked(self) -> bool:
        return (self.path / "control" / "stop.json").exists()

    def clear_control(self) -> None:
        """Forget earlier requests, before the run starts or resumes.

        Raises:
            StudioError: the folder cannot be written, or something in it is a link that leads elsewhere.
        """
        self.check_links()
        try:
            for request in (self.path / "control").glob("*.json"):
                request.unlink(missing_ok=True)
        except OSError as error:
            raise StudioError(
                f"Cannot write to the run in {self.path} ({error.strerror}); mend its permissions, resume it."
            ) from error
