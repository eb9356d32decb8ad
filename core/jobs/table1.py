"""The job that fills Table 1: runs of other jobs, each with a worker of its own, in the order of the plan.

What lives on when this job is killed is waited for when it is resumed, what was cut is resumed, and what is
done is left as it is. A run that fails takes with it what needs it, and nothing else.
"""

import contextlib
import datetime
import json
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

from core import config as settings
from core.atomic_file import write_atomically
from core.datasets.caltech101 import read_caltech101
from core.datasets.voc import read_split
from core.errors import StudioError
from core.evaluation.table1 import row_of_run
from core.events import Event, Log, Progress
from core.jobs import JOBS
from core.matrix.config import MatrixConfig
from core.matrix.entries import SETTINGS
from core.matrix.forecast import duration, forecast, needed
from core.matrix.names import planned_title
from core.matrix.place import Place
from core.matrix.plan import Plan, plan
from core.matrix.state import MatrixState, RunState, Stage, has_settings, matrix_state, run_state, state_of
from core.matrix.table import archive_words
from core.matrix.workers import Begun, SchedulerGoneError, Workers, workers_for
from core.runs import launch
from core.runs.job import Job
from core.runs.run_folder import RunFolder, State

LOOK = 0.2
"""Seconds between two looks at the runs."""

QUIET = 2.0
"""Seconds after which something is said although nothing is new, so that the job can be stopped."""

PATIENCE = 120.0
"""Seconds that runs have to save and end when the job is stopped."""

TRIES = 2
"""How often a run is begun whose worker is killed."""

KILLED = "Its worker was killed twice, as happens where memory is short; try again with fewer workers."

_PARTS = 100
"""Units of progress in a run."""

_NAMED = 3
"""Runs that are named at most: those that go on, and those that failed."""


def run(folder: RunFolder, config: MatrixConfig) -> Generator[Event, None, None]:
    """Fill the matrix; leaves the plan in `results/matrix.json`.

    Raises:
        StudioError: data are missing, runs that are there were made otherwise, or some cells failed: which
            and why.
    """
    planned, place = plan(config), Place.of(folder)
    check_data(planned, place)
    if any(each.learns_from_trajectories for each in planned.runs):
        check_snapshot(folder)
    check_alike(planned, place)
    folder.results.mkdir(exist_ok=True)
    write_atomically(folder.results / "matrix.json", json.dumps(_as_json(planned, place), indent=1).encode())
    with workers_for(config) as workers:
        matrix = _Matrix(folder, planned, place, workers)
        try:
            yield from matrix.filled()
        finally:
            matrix.stop()
    if matrix.failure:
        raise StudioError(matrix.failure)


def check_data(planned: Plan, place: Place) -> None:
    """See that the images are there which runs that are not done need, before anything is begun.

    Raises:
        StudioError: naming what is missing.
    """
    todo = [planned.by_name[name] for name in needed(planned, state_of(planned, place))]
    for box in (each for each in todo if each.job == "proposals"):
        try:
            read_split(planned.config.voc, box.year, box.set)
        except StudioError as error:
            named = [each.name for each in SETTINGS.values() if each.year == box.year]
            raise StudioError(
                f"{str(error).rstrip('.')}, or leave {' and '.join(named)} out of the settings."
            ) from error
    if any(each.network == "Caltech101Net" for each in todo) and planned.config.caltech101:
        read_caltech101(planned.config.caltech101)


def check_snapshot(folder: RunFolder) -> None:
    """See that the matrix still has the trajectories that all its networks learn from.

    Raises:
        StudioError: it has not.
    """
    if not (folder.snapshot / "snapshot.json").is_file():
        raise StudioError(
            f"{folder.path} has lost its snapshot of trajectories, or its project had no clips, so its "
            "networks have nothing to learn from; restore the snapshot, or begin a new matrix."
        )


def check_alike(planned: Plan, place: Place) -> None:
    """See that the runs which are there have the settings that the plan gives them.

    Raises:
        StudioError: naming a run that has others.
    """
    for each in planned.runs:
        state = run_state(each, place)
        if state.stage is Stage.MISSING:
            continue
        try:
            began = state.folder.settings_as_written()
        except StudioError:  # said where it is begun
            continue
        try:
            _bring_up_to_date(state.folder, JOBS[each.job], began, planned.settings_of(each, place))
        except StudioError as error:
            raise StudioError(
                f"{state.folder.path} does not belong to this matrix ({error}) Delete it, or choose another "
                "folder."
            ) from error


def _bring_up_to_date(folder: RunFolder, job: Job, began: dict[str, Any], wanted: object) -> None:
    """Give a run of the matrix the places and the device of today.

    Raises:
        StudioError: it has other settings than those.
    """
    moved = {name: value for name, value in settings.as_dict(wanted).items() if name in ("init", "cache")}
    settings.check_resumable({**began, **moved}, wanted)
    if {**began, **settings.as_dict(wanted)} != began and not folder.is_alive():
        launch.change_settings(folder, job, wanted)


class _Matrix:
    """A matrix while it is filled: what is begun, and what failed.

    Runs that this job did not begin or take over are looked at once, at its start: nobody else works on them.
    """

    def __init__(self, driver: RunFolder, planned: Plan, place: Place, workers: Workers) -> None:
        self._driver, self._plan, self._place, self._workers = driver, planned, place, workers
        self._runs = dict(state_of(planned, place).runs)
        self._begun: dict[str, Begun] = {}
        self._tries: Counter[str] = Counter()
        self.failed: dict[str, str] = {}

    @property
    def state(self) -> MatrixState:
        return matrix_state(self._plan, self._runs)

    def filled(self) -> Generator[Event, None, None]:
        """Do what is to be done, and say what happens."""
        waiting = list(needed(self._plan, self.state))
        yield Log(f"{self._sum()}.")
        for name in list(waiting):
            if self._runs[name].folder.is_alive():
                waiting.remove(name)
                self._begun[name] = self._workers.adopt(self._runs[name].folder)
                yield Log(f"{name} still runs; its end is waited for.")
        said, last = 0.0, Progress(-1, 0)
        while waiting or self._begun:
            for name in list(waiting):
                if any(other in self.failed for other in self._plan.by_name[name].needs):
                    waiting.remove(name)
                elif self._is_ready(name) and len(self._begun) < self._workers.room:
                    waiting.remove(name)
                    yield from self._begin(name)
            time.sleep(LOOK)
            for name in list(self._begun):
                again = yield from self._followed(name)
                if again:
                    waiting.insert(0, name)
            now = self._progress()
            if now != last or time.monotonic() - said > QUIET:
                said, last = time.monotonic(), now
                yield now

    def stop(self) -> None:
        """Have all that runs save and end."""
        for name in self._begun:
            with contextlib.suppress(StudioError):  # its folder cannot be written, so it goes on by itself
                self._place.folder_of(name).ask_stop()
        until = time.monotonic() + PATIENCE
        while self._begun and time.monotonic() < until:
            for name, worker in list(self._begun.items()):
                with contextlib.suppress(StudioError):  # nobody can tell any more, or it never began
                    if not worker.ended():
                        continue
                del self._begun[name]
            time.sleep(LOOK)

    def _look_at(self, name: str) -> None:
        self._runs[name] = run_state(self._plan.by_name[name], self._place)

    def _is_ready(self, name: str) -> bool:
        return all(self._runs[other].stage is Stage.DONE for other in self._plan.by_name[name].needs)

    def _begin(self, name: str) -> Generator[Event, None, None]:
        run, folder = self._plan.by_name[name], self._runs[name].folder
        snapshot = self._driver.snapshot if run.learns_from_trajectories else None
        try:
            if folder.path.exists() and not has_settings(folder):
                kept = _put_aside(folder.path)
                words = f"{name} has lost its settings and is done again; what it left is in {kept}."
                yield Log(words, "warning")
            if not folder.path.exists():
                wanted = self._plan.settings_of(run, self._place)
                launch.prepare_with(folder.path, JOBS[run.job], wanted, snapshot)
            elif snapshot is not None and (count := launch.link_snapshot(folder, snapshot)):
                yield Log(f"{name} lacked {count} files of its snapshot; it has them again.", "warning")
            self._tries[name] += 1
            self._begun[name] = self._workers.begin(folder)
        except SchedulerGoneError:
            raise
        except (StudioError, OSError) as error:
            yield from self._not_begun(name, error)

    def _not_begun(self, name: str, error: Exception) -> Generator[Event, None, None]:
        """What came of a run that could not be begun."""
        folder = self._runs[name].folder
        if folder.is_alive():  # it was begun by an earlier driver, and came to life just now
            self._begun[name] = self._workers.adopt(folder)
            return
        self.failed[name] = str(error)
        yield Log(f"{name} failed: {error}", "warning")

    def _followed(self, name: str) -> Generator[Event, None, bool]:
        """See how far a run is that was begun; whether it is to be begun again."""
        self._look_at(name)
        try:
            if not self._begun[name].ended():
                return False
        except SchedulerGoneError:
            raise
        except StudioError as error:
            del self._begun[name]
            yield from self._not_begun(name, error)
            return False
        del self._begun[name]
        self._look_at(name)
        return (yield from self._ended(name))

    def _ended(self, name: str) -> Generator[Event, None, bool]:
        """What came of a run whose worker is gone; whether it is to be begun again."""
        state = self._runs[name]
        if state.folder.is_alive():  # a worker that an earlier driver began was there first
            self._begun[name] = self._workers.adopt(state.folder)
            return False
        if state.stage is Stage.DONE:
            _keep_newest(state.folder.checkpoints)
            took = f" in {duration(state.seconds)}" if state.seconds is not None else ""
            yield Log(f"{name} is done{took}{_measured(state)}; {self._sum()}.")
            return False
        if state.stage is not Stage.FAILED and state.status.state is not State.STOPPED:
            if self._tries[name] < TRIES:
                yield Log(f"The worker of {name} was killed; it goes on from what it saved.", "warning")
                return True
            self.failed[name] = KILLED
        else:
            self.failed[name] = state.error or "It was stopped."
        yield Log(f"{name} failed: {self.failed[name]}", "warning")
        return False

    def _sum(self) -> str:
        words = forecast(self._plan, self.state, self._workers.room).words
        done = f"{self.state.count(Stage.DONE)} of {len(self._plan.cells)} cells done"
        return f"{done}, {words}" if words else done

    def _progress(self) -> Progress:
        shares = [_share(each) for each in self._runs.values()]
        now = [planned_title(name) for name in list(self._begun)[:_NAMED]]
        more = f" and {len(self._begun) - _NAMED} more" if len(self._begun) > _NAMED else ""
        count = f"{self.state.count(Stage.DONE)} of {len(self._plan.cells)} cells"
        return Progress(round(_PARTS * sum(shares)), _PARTS * len(shares), ", ".join(now) + more, count)

    @property
    def failure(self) -> str:
        """Which cells are not filled, and why; empty if all are."""
        open_cells = [
            cell.cell for cell in self.state.cells if self._runs[cell.cell.name].stage is not Stage.DONE
        ]
        if not open_cells:
            return ""
        whys = "; ".join(f"{name}: {why.rstrip('.')}" for name, why in list(self.failed.items())[:_NAMED])
        more = f"; and {len(self.failed) - _NAMED} more" if len(self.failed) > _NAMED else ""
        return (
            f"{len(open_cells)} of {len(self._plan.cells)} cells are not filled ({whys}{more}); the others "
            "are kept, so put that right and start the same again."
        )


def _put_aside(path: Path) -> Path:
    """Give a folder another name, since what is in it may be worth days; the new path."""
    now = datetime.datetime.now(datetime.UTC)
    return path.rename(path.with_name(f"{path.name}.lost-{now:%Y%m%dT%H%M%S%f}"))


def _keep_newest(checkpoints: Path) -> None:
    """Remove the others of a run that is done: those of a whole table would fill a disk."""
    for path in sorted(checkpoints.glob("step-*"))[:-1]:
        with contextlib.suppress(OSError):
            path.unlink()


def _share(state: RunState) -> float:
    """How much of a run is done, from 0 to 1."""
    if state.stage is Stage.DONE:
        return 1.0
    return state.status.step / state.status.total if state.status.total else 0.0


def _measured(state: RunState) -> str:
    """The mean AP of a cell, in words."""
    if state.run.job != "voc":
        return ""
    if not (state.folder.results / "ap.json").is_file():
        return f" ({archive_words(state.folder)})"
    try:
        return f" (mAP {row_of_run(state.folder.path).mean_ap:.1f})"
    except StudioError as error:
        return f" ({str(error).rstrip('.')})"


def _as_json(planned: Plan, place: Place) -> dict[str, Any]:
    return {
        "runs": [
            {
                "name": run.name,
                "job": run.job,
                "folder": place.path_of(run.name).name,
                "needs": list(run.needs),
            }
            for run in planned.runs
        ],
        "cells": [
            {
                "network": cell.network,
                "setting": cell.setting,
                "seed": cell.seed,
                "pretraining": cell.pretraining.name if cell.pretraining else None,
                "evaluation": cell.evaluation.name,
            }
            for cell in planned.cells
        ],
    }
