"""Looks into run folders: what is new since the last look. Called in a thread; touches no Qt object."""

import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from core import config
from core.errors import StudioError, quoted
from core.evaluation.table1 import network_name
from core.events import ClassAP, Event, Filters, Log, Metric
from core.jobs import JOBS
from core.pretraining.run_material import RunMaterial, run_material
from core.runs.provenance import weights_at
from core.runs.run_folder import BLOCK, RunFolder, State, Status
from core.runs.run_notes import RunNotes, read_notes
from core.runs.waiting import is_in_line, place_of
from core.trajectories.snapshot_head import read_head as read_snapshot_head
from core.trajectories.snapshot_parts import UNREAD

QUEUED_FOR = 20.0
"""Seconds that a queued run is seen to be held by no process until it counts as interrupted."""


@dataclass(frozen=True)
class Mark:
    """How far the events of a run were read: the file (a resume replaces it) and the byte.

    `idle_since`: seconds of a clock that nobody sets, when it was first seen queued and held by no process;
    0 for one that is not. What its status says of the time is not believed. `damaged`: lines of the events
    that were passed over until there.
    """

    inode: int = 0
    offset: int = 0
    idle_since: float = 0.0
    damaged: int = 0


@dataclass(frozen=True)
class Head:
    """What a run is; see `studio.runs.run.Run` for the meaning of each."""

    job: str
    settings: dict[str, Any]
    start: str = ""
    weights: str = ""
    notes: RunNotes = field(default_factory=RunNotes)
    damage: str = ""


@dataclass(frozen=True)
class Material:
    """What a run works on, from its snapshot: see `studio.runs.run.Run`; `revision` is None without one."""

    clips: tuple[str, ...] = ()
    revision: int | None = None
    points: int = 0
    objects: int = 0
    trained: RunMaterial | None = None


@dataclass(frozen=True, eq=False)
class News:
    """What a look found.

    Attributes:
        status: where the run stands.
        flaw: which of its files is damaged, see `studio.runs.run.Run`.
        stop_asked: when it was asked to stop; None if it was not.
        mark: where the next look goes on.
        material: what the run works on, where that was asked for.
        restarted: the events were read from the start again; forget the earlier ones.
        more: there may be more events than one look reads.
        metrics: name → (steps, values), each (N,) float64.
        filters, class_aps, log: events, in order.
    """

    status: Status
    stop_asked: float | None
    mark: Mark
    flaw: str = ""
    material: Material | None = None
    restarted: bool = False
    more: bool = False
    metrics: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    filters: list[Filters] = field(default_factory=list)
    class_aps: list[ClassAP] = field(default_factory=list)
    log: list[Log] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Request:
    """A look that is asked for.

    Attributes:
        key: whatever the caller knows the run by.
        folder: the run.
        mark: where the last look ended; `Mark()` for the first.
        starting: a worker was started for it and lives, so it may be queued for long.
        exit_code: of the worker that was started for it, once it ended.
        with_material: read what it works on too.
        unless_stamp: do not look where the status still has this stamp; -1 to look anyway.
        life: how often the run was resumed when the look was asked for.
        damage: why nothing but its folder can be shown, see `studio.runs.run.Run`.
    """

    key: Any
    folder: RunFolder
    mark: Mark
    starting: bool
    exit_code: int | None
    with_material: bool
    unless_stamp: int
    life: int
    damage: str = ""


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of a request: the news and the status's stamp; no news where the folder is gone."""

    request: Request
    stamp: int
    news: News | None


@dataclass(frozen=True, eq=False)
class FoundRun:
    """A run folder that was not known; `place` where it waits for its turn."""

    folder: RunFolder
    head: Head
    status: Status
    place: float | None = None


def look_around(
    requests: Sequence[Request], runs: Path | None, known: Set[str]
) -> tuple[list[Answer], list[FoundRun]]:
    """Look into some runs and, where `runs` names the folder of all, for others than the known names."""
    answers = []
    for request in requests:
        stamp = _stamp(request.folder)
        if stamp != request.unless_stamp:
            with contextlib.suppress(OSError):  # asked again at the next look
                answers.append(Answer(request, stamp, _news_or_gone(request)))
    return answers, find(runs, known) if runs is not None else []


def _news_or_gone(request: Request) -> News | None:
    try:
        return look(request)
    except StudioError:
        return None


def find(runs: Path, known: Set[str]) -> list[FoundRun]:
    """The runs in a folder of runs, except the known names; a folder that is no run yet is left out.

    One whose config.toml is damaged, or of no job that this program has, is there to be seen and deleted.
    """
    found = []
    for path in sorted(runs.iterdir()) if runs.is_dir() else []:
        if path.name not in known and os.path.lexists(path / "config.toml"):
            folder = RunFolder(path)
            try:
                head = read_head(folder)
                if head.job not in JOBS:
                    raise StudioError(
                        f"{path} is a run of {quoted(head.job)}, which this program does not know; "
                        "update it, or delete the run."
                    )
                found.append(FoundRun(folder, head, status_of(folder), place_of(folder)))
            except StudioError as error:
                found.append(_damaged(folder, str(error)))
    return found


def _damaged(folder: RunFolder, sentence: str) -> FoundRun:
    """A run of which only its folder's name is known, which says the job where the program gave it."""
    job = next((word for word in folder.name.split("-") if word in JOBS), "")
    job = job if job and JOBS[job].workspace else "pretrain"  # whose list shows it
    notes = read_notes(folder.path)
    head = Head(job, {}, notes=notes if notes.name else replace(notes, name=folder.name), damage=sentence)
    return FoundRun(folder, head, Status(State.FAILED, error=sentence))


def read_head(folder: RunFolder) -> Head:
    """The job and the settings of a run.

    Raises:
        StudioError: there is no run in the folder, or its config.toml is damaged.
    """
    job, settings = folder.job, folder.settings_as_written()
    if job in JOBS:
        config.check_types(JOBS[job].settings, settings, folder.path / "config.toml")
    start = weights = ""
    if "init" in settings and ("voc" in settings or job == "probe"):
        weights = weights_at(folder, str(settings["init"]))
        start = network_name(weights)
    return Head(job, settings, start, weights, read_notes(folder.path))


def look(request: Request) -> News:
    """Read what is new in a run folder.

    Raises:
        StudioError: the folder is gone.
    """
    folder, mark = request.folder, request.mark
    if not os.path.lexists(folder.path / "config.toml"):
        raise StudioError(f"The run folder {folder.path} is gone.")
    if request.damage:
        return News(Status(State.FAILED, error=request.damage), None, mark)
    # the status before the events: all that led to an end is then read
    status = status_of(folder, request.starting, request.exit_code)
    idle_since = 0.0
    if status.state is State.QUEUED and not (request.starting or is_in_line(folder) or folder.is_alive()):
        now = time.monotonic()
        idle_since = mark.idle_since or now
        if now - idle_since > QUEUED_FOR:
            status = replace(status, state=State.INTERRUPTED, error="The run never began; resume it.")
    inode = _inode(folder.path / "events.jsonl")
    restarted = inode != mark.inode
    before = 0 if restarted else mark.offset
    passed: list[str] = []
    events, offset = folder.events(before, passed)
    damaged = len(passed) + (mark.damaged if not restarted and offset >= before else 0)
    return News(
        status=status,
        stop_asked=_stop_asked(request),
        mark=Mark(inode, offset, idle_since, damaged),
        flaw=_flaw(folder, status, damaged),
        material=_material(folder) if request.with_material else None,
        restarted=restarted or offset < before,
        more=offset - before > BLOCK // 2,
        **_sorted(events),
    )


def _flaw(folder: RunFolder, status: Status, damaged: int) -> str:
    """Which file of a run is damaged, in a sentence; empty where none is. A worker mends its status soon."""
    if status.state is State.FAILED and (sentence := folder.status_damage()):
        return sentence
    lines = f"{damaged:,} lines" if damaged > 1 else "a line"
    file = folder.path / "events.jsonl"
    return f"{file} has {lines} that this program did not write, which are passed over." if damaged else ""


def status_of(folder: RunFolder, starting: bool = False, exit_code: int | None = None) -> Status:
    """Where a run stands, knowing what became of its worker; see `Request` for the arguments."""
    status = folder.status()
    if status.state is State.INTERRUPTED:
        why = f" with code {exit_code}" if exit_code else ""
        return replace(status, error=f"The worker ended{why} before it could save; resume the run.")
    if status.state is State.QUEUED and place_of(folder) is not None:
        return status
    if status.state is State.QUEUED and is_in_line(folder) and not starting and not folder.is_alive():
        return replace(status, state=State.INTERRUPTED, error="It was put in line elsewhere; resume it.")
    if status.state is State.QUEUED and not starting and not folder.is_alive() and exit_code is not None:
        why = f"The worker ended with code {exit_code} before the run began; its log says why."
        status = replace(status, state=State.FAILED, error=why)
        with contextlib.suppress(OSError, StudioError):  # a full disk, a link; it is said all the same
            folder.check_links()
            folder.write_status(status)
    return status


def _material(folder: RunFolder) -> Material:
    trained, head = _trained(folder), read_snapshot_head(folder.snapshot)
    if head is None:
        return Material(trained=trained)
    points = sum(len(clip.point_labels) for clip in head.clips)
    objects = sum(len(clip.object_labels) for clip in head.clips)
    return Material(tuple(clip.name for clip in head.clips), head.revision, points, objects, trained)


def _trained(folder: RunFolder) -> RunMaterial | None:
    with contextlib.suppress(*UNREAD):
        if folder.job == "pretrain":
            return run_material(folder.snapshot, folder.settings_as_written())
    return None


def _stamp(folder: RunFolder) -> int:
    """A number that changes when the status does."""
    try:
        return (folder.path / "status.json").stat().st_mtime_ns
    except OSError:
        return 0


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _stop_asked(request: Request) -> float | None:
    """When a run was asked to stop; None where nobody runs or starts it, who could."""
    try:
        asked = (request.folder.path / "control" / "stop.json").stat().st_mtime
    except OSError:
        return None
    return asked if request.starting or request.folder.is_alive() else None


def _sorted(events: Iterable[Event]) -> dict[str, Any]:
    steps: dict[str, list[int]] = defaultdict(list)
    values: dict[str, list[float]] = defaultdict(list)
    kinds: dict[type, list[Any]] = {Filters: [], ClassAP: [], Log: []}
    for event in events:
        if isinstance(event, Metric):
            steps[event.name].append(event.step)
            values[event.name].append(event.value)
        elif type(event) in kinds:
            kinds[type(event)].append(event)
    metrics = {name: (np.array(steps[name], float), np.array(values[name], float)) for name in steps}
    return {"metrics": metrics, "filters": kinds[Filters], "class_aps": kinds[ClassAP], "log": kinds[Log]}
