"""How far a matrix is: each run and each cell, as their folders say."""

import enum
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.errors import StudioError
from core.matrix.place import Place
from core.matrix.plan import Cell, Plan, PlannedRun
from core.runs import provenance
from core.runs.run_folder import RunFolder, State, Status

RESULTS = {"proposals": "proposals.json", "pretrain": "trunk.safetensors", "voc": "ap.json"}
"""The file of a finished run's `results` by its job."""

ARCHIVED = "archive.json"
"""The same of a cell that leaves an archive for VOC's server in place of an AP."""


class Stage(enum.StrEnum):
    """Of a run or a cell of a matrix."""

    MISSING = "missing"
    """Not begun."""
    WAITING = "waiting"
    """Not begun, and something that it needs is not done."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CUT = "cut"
    """Stopped or killed; it can be resumed."""


@dataclass(frozen=True)
class RunState:
    """A planned run and its folder.

    Attributes:
        run: as planned.
        folder: where it lies or will lie.
        stage: never `WAITING`.
        status: of the run; of one that is not begun, the usual one.
        error: why it failed.
        seconds: that it took from start to end; None where it was cut in between, or is not done.
    """

    run: PlannedRun
    folder: RunFolder
    stage: Stage
    status: Status
    error: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class CellState:
    """A cell, and the runs that it is made of.

    Attributes:
        cell: as planned.
        stage: of its evaluation; `WAITING` or `FAILED` where that is not begun and a run it needs is not
            done, or failed.
        pretraining: None for random weights.
        evaluation: its fine-tuning and measuring.
        error: why it failed, of itself or of what it needs.
    """

    cell: Cell
    stage: Stage
    pretraining: RunState | None
    evaluation: RunState
    error: str = ""


@dataclass(frozen=True)
class MatrixState:
    """All runs of a matrix by name, in the order of the plan, and its cells in the order of the table."""

    runs: Mapping[str, RunState]
    cells: tuple[CellState, ...]

    def count(self, stage: Stage) -> int:
        """Cells at a stage."""
        return sum(each.stage is stage for each in self.cells)


def state_of(plan: Plan, place: Place) -> MatrixState:
    """How far a matrix is; a run whose result was deleted counts as cut, or as missing."""
    return matrix_state(plan, {run.name: run_state(run, place) for run in plan.runs})


def matrix_state(plan: Plan, runs: Mapping[str, RunState]) -> MatrixState:
    """The same from the states of all runs by name."""
    return MatrixState(runs, tuple(_cell_state(cell, runs) for cell in plan.cells))


def run_state(run: PlannedRun, place: Place) -> RunState:
    """How far a planned run is."""
    folder = place.folder_of(run.name)
    if not (folder.path / "config.toml").is_file():
        return RunState(run, folder, Stage.MISSING, Status())
    status = folder.status()
    archived = run.job == "voc" and (folder.results / ARCHIVED).is_file()
    if status.state is State.DONE and (archived or (folder.results / RESULTS[run.job]).is_file()):
        return RunState(run, folder, Stage.DONE, status, seconds=seconds_of(folder, status))
    stages = {
        State.QUEUED: Stage.MISSING,
        State.RUNNING: Stage.RUNNING,
        State.FAILED: Stage.FAILED,
    }
    return RunState(run, folder, stages.get(status.state, Stage.CUT), status, status.error)


def seconds_of(folder: RunFolder, status: Status) -> float | None:
    """How long a finished run took; None where it was begun more than once, or that is not recorded."""
    starts = provenance.machines(folder)
    if len(starts) != 1:
        return None
    try:
        begun = datetime.fromisoformat(str(starts[0]["started"])).timestamp()
    except (KeyError, ValueError, TypeError):
        return None
    return max(0.0, status.updated - begun)


def seconds_since_start(folder: RunFolder) -> float | None:
    """How long ago a run was begun or resumed last."""
    starts = provenance.machines(folder)
    try:
        return max(0.0, time.time() - datetime.fromisoformat(str(starts[-1]["started"])).timestamp())
    except (IndexError, KeyError, ValueError, TypeError):
        return None


def has_settings(folder: RunFolder) -> bool:
    """Whether a run's folder still says with which settings it was made; without them it cannot be resumed.

    Raises:
        StudioError: it cannot be read now, as on a disk that is away, which says nothing of what it holds.
    """
    try:
        folder.settings_as_written()
    except StudioError as error:
        if isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, FileNotFoundError):
            raise
        return False
    return True


def _cell_state(cell: Cell, runs: Mapping[str, RunState]) -> CellState:
    evaluation = runs[cell.evaluation.name]
    pretraining = runs[cell.pretraining.name] if cell.pretraining else None
    stage, error = evaluation.stage, evaluation.error
    if stage is Stage.MISSING:
        needed = [runs[name] for name in cell.evaluation.needs]
        failed = next((each for each in needed if each.stage is Stage.FAILED), None)
        if failed is not None:
            stage, error = Stage.FAILED, f"{failed.run.name} failed: {failed.error}"
        elif any(each.stage is not Stage.DONE for each in needed):
            stage = Stage.WAITING
    return CellState(cell, stage, pretraining, evaluation, error)
