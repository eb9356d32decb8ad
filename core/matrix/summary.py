"""What a matrix is and what is left of it, in a few lines for people."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from core.matrix.entries import SCHEDULES
from core.matrix.forecast import forecast, needed
from core.matrix.plan import Plan
from core.matrix.state import MatrixState, Stage

_JOBS = {
    "proposals": ("search for boxes", "searches for boxes"),
    "pretrain": ("pretraining", "pretrainings"),
    "voc": ("fine-tuning with its evaluation", "fine-tunings with their evaluation"),
}


def summary(
    planned: Plan, state: MatrixState, at_once: int, before: Mapping[str, float] = MappingProxyType({})
) -> tuple[str, ...]:
    """What will be done and how long it takes.

    Args:
        at_once: runs at the same time; 0 where that is not known.
        before: as `forecast` takes it.
    """
    config, cells = planned.config, len(planned.cells)
    lines = [
        f"Table 1, schedule {config.schedule} ({SCHEDULES[config.schedule].network} network): "
        f"{_counted(cells, 'cell', 'cells')} of {_counted(len(config.networks), 'network', 'networks')}, "
        f"{_counted(len(config.settings), 'setting', 'settings')} and "
        f"{_counted(config.seeds, 'seed', 'seeds')}."
    ]
    stages = {stage: state.count(stage) for stage in (Stage.DONE, Stage.RUNNING, Stage.CUT, Stage.FAILED)}
    if any(stages.values()):
        lines.append(f"Cells: {', '.join(f'{count} {stage}' for stage, count in stages.items() if count)}.")
    jobs = Counter(planned.by_name[name].job for name in needed(planned, state))
    if not jobs:
        return (*lines, "Nothing is left to do.")
    parts = ", ".join(_counted(jobs[job], *words) for job, words in _JOBS.items() if jobs[job])
    lines.append(f"To do: {parts}{f'; {at_once} at the same time' if at_once else ''}.")
    expected = forecast(planned, state, at_once or 1, before)
    lines.append(f"{expected.words[0].upper()}{expected.words[1:]}.")
    if expected.seconds is not None and expected.unknown:
        lines.append(f"Not measured yet: {', '.join(expected.unknown)}.")
    return tuple(lines)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
