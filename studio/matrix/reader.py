"""How far a matrix is, read from the folders of its runs. Called in a thread; touches no Qt object."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import StudioError
from core.evaluation.table1 import row_of_run
from core.matrix.config import MatrixConfig
from core.matrix.measured import measured_before
from core.matrix.place import Place
from core.matrix.plan import Plan, PlannedRun, plan
from core.matrix.state import RESULTS, MatrixState, RunState, Stage, matrix_state, run_state
from core.matrix.summary import summary
from core.matrix.workers import worker_count
from core.runs.run_folder import RunFolder

_Stamp = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class MatrixReport:
    """A matrix as it stands.

    Attributes:
        planned: its runs and cells.
        state: of each.
        mean_aps: run → percent, of the cells that are done.
        words: what there is to do and how long it takes, in sentences.
    """

    planned: Plan
    state: MatrixState
    mean_aps: Mapping[str, float]
    words: tuple[str, ...]


class MatrixReader:
    """Reads again only what changed: a run that is done or not begun is looked at, not read."""

    def __init__(self) -> None:
        self._runs: dict[Path, tuple[_Stamp, RunState]] = {}
        self._means: dict[Path, tuple[_Stamp, float]] = {}
        self._before: tuple[object, dict[str, float]] = (None, {})
        self._at_once: tuple[object, int] = (None, 1)

    def read(self, config: MatrixConfig, place: Place, done: Sequence[RunFolder]) -> MatrixReport:
        """How far the matrix of some settings is.

        Args:
            config: its settings.
            place: where its runs lie.
            done: finished runs of the project, which tell how long such runs take.
        """
        planned = plan(config)
        state = matrix_state(planned, {run.name: self._run(run, place) for run in planned.runs})
        means = {
            cell.cell.name: self._mean(cell.evaluation.folder)
            for cell in state.cells
            if cell.evaluation.stage is Stage.DONE
        }
        before = self._taken_before(planned, place, done)
        return MatrixReport(planned, state, means, summary(planned, state, self._room(config), before))

    def _run(self, run: PlannedRun, place: Place) -> RunState:
        folder = place.folder_of(run.name)
        stamp = _stamp(folder, RESULTS[run.job])
        known = self._runs.get(folder.path)
        if known is not None and known[0] == stamp and known[1].stage is not Stage.RUNNING:
            return known[1]
        state = run_state(run, place)
        self._runs[folder.path] = stamp, state
        return state

    def _mean(self, folder: RunFolder) -> float:
        """Percent; NaN where the file is damaged."""
        stamp, mean = _stamp(folder, RESULTS["voc"]), float("nan")
        known = self._means.get(folder.path)
        if known is not None and known[0] == stamp:
            return known[1]
        with contextlib.suppress(StudioError):
            mean = row_of_run(folder.path).mean_ap
        self._means[folder.path] = stamp, mean
        return mean

    def _taken_before(self, planned: Plan, place: Place, done: Sequence[RunFolder]) -> dict[str, float]:
        key = (planned.config, place, tuple(folder.name for folder in done))
        if self._before[0] != key:
            self._before = key, measured_before(planned, place, done)
        return self._before[1]

    def _room(self, config: MatrixConfig) -> int:
        """Runs at the same time; 0 where only the cluster knows."""
        if config.cluster not in ("", "local"):
            return 0
        key = (config.workers, config.device, config.schedule)
        if self._at_once[0] != key:
            self._at_once = key, worker_count(config)
        return self._at_once[1]


def _stamp(folder: RunFolder, result: str) -> _Stamp:
    """Numbers that change when a run's state does."""
    files = (folder.path / "config.toml", folder.path / "status.json", folder.results / result)
    return tuple(_changed(path) for path in files)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
