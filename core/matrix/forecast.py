"""How long a matrix will take, from the seconds that its runs took."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.matrix.entries import NETWORKS
from core.matrix.names import setting_title
from core.matrix.plan import Plan, PlannedRun
from core.matrix.state import MatrixState, RunState, Stage, seconds_since_start

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Forecast:
    """What is left of a matrix.

    Attributes:
        seconds: of all runs whose kind was measured, shared out to the workers; None if there is none.
        unknown: kinds of runs that are left and of which none was measured, in words.
    """

    seconds: float | None
    unknown: tuple[str, ...]

    @property
    def words(self) -> str:
        """In a few words, without the kinds that are unknown."""
        if self.seconds is None:
            return "how long it takes is not known until the first cell has run" if self.unknown else ""
        return f"{'at least' if self.unknown else 'about'} {duration(self.seconds)} left"


def forecast(
    plan: Plan, state: MatrixState, workers: int, before: Mapping[str, float] = MappingProxyType({})
) -> Forecast:
    """What is left, by the mean of the runs of the same kind that are done, or are running and say how long.

    Args:
        workers: runs at the same time.
        before: kind of run → the seconds it took elsewhere, for kinds of which none has run here.
    """
    measured: defaultdict[str, list[float]] = defaultdict(list)
    running: defaultdict[str, list[float]] = defaultdict(list)
    for each in state.runs.values():
        if each.seconds is not None:
            measured[kind_of(each.run)].append(each.seconds)
        elif each.stage is Stage.RUNNING and each.status.eta is not None:
            running[kind_of(each.run)].append((seconds_since_start(each.folder) or 0) + each.status.eta)
    usual = {**before, **{kind: sum(of) / len(of) for kind, of in {**running, **measured}.items()}}
    left = [each for each in state.runs.values() if each.run.name in needed(plan, state)]
    known = [seconds for each in left if (seconds := _left(each, usual)) is not None]
    unknown = dict.fromkeys(kind_of(each.run) for each in left if _left(each, usual) is None)
    return Forecast(sum(known) / max(workers, 1) if known else None, tuple(unknown))


def needed(plan: Plan, state: MatrixState) -> tuple[str, ...]:
    """Names of the runs that are not done and that some cell which is not done needs, first ones first."""
    open_cells = [
        each.cell for each in state.cells if state.runs[each.cell.evaluation.name].stage is not Stage.DONE
    ]
    wanted = {name for cell in open_cells for name in (*cell.evaluation.needs, cell.evaluation.name)}
    return tuple(
        run.name for run in plan.runs if run.name in wanted and state.runs[run.name].stage is not Stage.DONE
    )


def kind_of(run: PlannedRun) -> str:
    """Runs of the same kind take about as long."""
    if run.job == "voc":
        return f"a cell of {setting_title(run.setting)}"
    if run.job == "pretrain":
        return f"pretraining with {NETWORKS[run.network]['method']}"
    return f"boxes of VOC {run.year} {run.set}"


def duration(seconds: float) -> str:
    """A time in words, such as `2 hours 10 minutes`; two units at most."""
    if seconds < 2 * _MINUTE:
        return _counted(round(seconds), "second")
    if seconds < 10 * _MINUTE:
        return f"{round(seconds / _MINUTE)} minutes"
    for large, small, words in ((_DAY, _HOUR, ("day", "hour")), (_HOUR, _MINUTE, ("hour", "minute"))):
        if seconds >= large:
            whole, rest = divmod(round(seconds / small), large // small)
            return _counted(whole, words[0]) + (f" {_counted(rest, words[1])}" if rest else "")
    return f"{round(seconds / _MINUTE)} minutes"


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _left(state: RunState, usual: Mapping[str, float]) -> float | None:
    if state.stage is Stage.RUNNING and state.status.eta is not None:
        return state.status.eta
    seconds = usual.get(kind_of(state.run))
    if seconds is None or state.stage is not Stage.RUNNING:
        return seconds
    return max(0.0, seconds - (seconds_since_start(state.folder) or 0))
