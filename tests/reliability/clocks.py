"""Sessions while the clock is years ahead or behind, and then right again."""

import datetime
import os
import time
from functools import partial
from pathlib import Path

import numpy as np

from core import agreements
from core.jobs import JOBS
from core.project import recovery
from core.project.project import Project
from core.runs import waiting
from core.runs.run_folder import RunFolder, State, Status
from core.tracking.config import TrackConfig
from core.trajectories import journal
from core.trajectories.backups import BACKUPS_KEPT, Backups
from core.trajectories.trajectory_edits import Relabel
from studio.runs.reader import QUEUED_FOR, Mark, Request, find, look
from tests.reliability.attack import Attack, Row, failed, seeds
from tests.reliability.edit_session import copied, make_base, scratch
from tests.reliability.faults import Faults
from tests.reliability.processes import Fork

YEAR = 365 * 86_400
OFFSETS = (0, 3600, -86_400, 10 * YEAR, -10 * YEAR, 60 * YEAR)
"""Seconds by which the clock is wrong."""


def clocks(seconds: float, seed: int) -> Row:
    """The newest backup is the last one made; runs are what their locks say, those in line stay in it."""
    faults, failures, rounds, sessions = Faults(), [], 0, 0
    with scratch() as folder:
        os.environ[agreements.FOLDER] = str(folder / "agreed")
        base = make_base(folder)
        for one in seeds(seconds, seed):
            rng = np.random.default_rng(one)
            project = copied(base, folder / "project")
            for old in (project / "backups").iterdir():
                old.unlink()
            offsets = [int(rng.choice(OFFSETS)) for _ in range(int(rng.integers(2, BACKUPS_KEPT + 3)))] + [0]
            for number, offset in enumerate(offsets):
                _, code = Fork(partial(_session, faults, project, offset, number)).wait()
                if code:
                    failures.append(failed(one, f"a session {offset} s off ended with {code}"))
            wrong = _wrong(project, len(offsets))
            if wrong:
                failures.append(failed(one, f"clocks {offsets}: {wrong}"))
            rounds += 1
            sessions += len(offsets)
    return Row(rounds, tuple(failures), f"{sessions:,} sessions")


def _session(faults: Faults, project: Path, offset: int, number: int, _: object) -> None:
    before = datetime.datetime.now()
    faults.put_clock(offset)
    moved = (datetime.datetime.now() - before).total_seconds()
    assert abs(moved - offset) < 60, "the clock could not be put"
    with Project.open(project) as opened:
        with opened.writing() as connection:
            journal.perform(connection, Relabel(1, (1,), f"label {number}"))
        if number == 0:
            run = RunFolder.create(opened.runs / "claims", "track", TrackConfig())
            run.write_status(Status(State.RUNNING, updated=time.time()))
            RunFolder.create(opened.runs / "queued", "track", TrackConfig())
        if number < 2:
            waiting.reserve(opened, JOBS["track"], TrackConfig(), None, float(number))


def _wrong(project: Path, sessions: int) -> str:
    with Project.open(project) as opened, opened.reading() as connection:
        revision = journal.revision(connection)
        state = RunFolder(opened.runs / "claims").status().state
    backups = Backups(project / "annotations.sqlite", project / "backups").all()
    if len(backups) != min(sessions, BACKUPS_KEPT):
        return f"{len(backups)} backups are left of {sessions}"
    if backups[-1].revision != revision:
        return f"the newest backup is of revision {backups[-1].revision}, not {revision}"
    offered = recovery.found(project)
    if offered is None or offered.backup.revision != revision:
        return "another backup than the newest is offered"
    if state is not State.INTERRUPTED:
        return f"a run that nobody does is {state}"
    return _queued_wrong(project / "runs")


def _queued_wrong(runs: Path) -> str:
    """Runs in line keep their order; of others the lock and the time they were seen for say what they are."""
    in_line = [one for one in find(runs, {"claims", "queued"}) if one.status.state is State.QUEUED]
    made = sorted(path.parent for path in runs.glob("*/wanted.json"))
    if {one.folder.path for one in in_line} != set(made):
        return f"{len(in_line)} of {len(made)} runs are in line"
    folder = RunFolder(runs / "queued")
    if (state := _seen(folder, 0)) is not State.QUEUED:
        return f"a queued run that is seen for the first time is {state}"
    with folder.held_lock():
        if (state := _seen(folder, QUEUED_FOR + 1)) is not State.QUEUED:
            return f"a queued run whose lock is held is {state}"
    state = _seen(folder, QUEUED_FOR + 1)
    return "" if state is State.INTERRUPTED else f"a queued run that nobody holds is {state}"


def _seen(folder: RunFolder, seconds: float) -> State:
    """As the window sees a run that it has seen queued for so many seconds by its own clock."""
    mark = Mark(idle_since=time.monotonic() - seconds if seconds else 0.0)
    return look(Request(None, folder, mark, False, None, False, -1, 0)).status.state


ATTACKS = (Attack("clocks", clocks, 0.3, with_faults=True),)
