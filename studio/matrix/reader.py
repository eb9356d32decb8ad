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
from core.matrix.state import ARCHIVED, RESULTS, MatrixState, RunState, Stage, matrix_state, run_state
from core.matrix.summary import summary
from core.matrix.table import archive_words
from core.matrix.workers import NO_GPU, is_too_slow_here, worker_count
from core.runs.run_folder import RunFolder

_Stamp = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class MatrixReport:
    """A matrix as it stands.

    Attributes:
        planned: its runs and cells.
        state: of each.
        mean_aps: run → percent, of the cells that are done.
        archives: run → where it left its detections, of the cells that only VOC's server can measure.
        words: what there is to do and how long it takes, in sentences.
        warning: a sentence against doing it here; empty if there is none.
    """

    planned: Plan
    state: MatrixState
    mean_aps: Mapping[str, float]
    archives: Mapping[str, str]
    words: tuple[str, ...]
    warning: str = ""


class MatrixReader:
    """Reads again only what changed: a run that is done or not begun is looked at, not read."""

    def __init__(self) -> None:
        self._runs: dict[Path, tuple[_Stamp, RunState]] = {}
        self._means: dict[Path, tuple[_Stamp, float]] = {}
        self._before: tuple[object, dict[str, float]] = (None, {})
        self._machine: tuple[object, tuple[int, str]] = (None, (1, ""))

    def read(self, config: MatrixConfig, place: Place, done: Sequence[RunFolder]) -> MatrixReport:
        """How far the matrix of some settings is.

        Args:
            config: its settings.
            place: where its runs lie.
            done: finished runs of the project, which tell how long such runs take.
        """
        planned = plan(config)
        state = matrix_state(planned, {run.name: self._run(run, place) for run in planned.runs})
        done_cells = [each.evaluation for each in state.cells if each.evaluation.stage is Stage.DONE]
        archives = {
            each.run.name: archive_words(each.folder)
            for each in done_cells
            if (each.folder.results / ARCHIVED).is_file()
        }
        means = {
            each.run.name: self._mean(each.folder) for each in done_cells if each.run.name not in archives
        }
        room, warning = self._seen_of_machine(config)
        words = summary(planned, state, room, self._taken_before(planned, place, done))
        return MatrixReport(planned, state, means, archives, words, warning)

    def _run(self, run: PlannedRun, place: Place) -> RunState:
        folder = place.folder_of(run.name)
        stamp = _stamp(folder, RESULTS[run.job], ARCHIVED)
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

    def _seen_of_machine(self, config: MatrixConfig) -> tuple[int, str]:
        """Runs at the same time, 0 where only the cluster knows; and a sentence against doing them here."""
        key = (config.workers, config.device, config.schedule, config.cluster)
        if self._machine[0] != key:
            room = worker_count(config) if config.cluster in ("", "local") else 0
            self._machine = key, (room, NO_GPU if is_too_slow_here(config) else "")
        return self._machine[1]


def _stamp(folder: RunFolder, *results: str) -> _Stamp:
    """Numbers that change when a run's state does."""
    files = (folder.path / "config.toml", folder.path / "status.json")
    return tuple(_changed(path) for path in (*files, *(folder.results / name for name in results)))


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
