"""How long runs took that were done before a matrix: by hand, or in another one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from core import config
from core.errors import StudioError
from core.matrix.forecast import kind_of
from core.matrix.place import Place
from core.matrix.plan import Plan
from core.matrix.state import seconds_of
from core.runs.run_folder import RunFolder

_ALIKE = ("seed", "init", "cache", "regime")
"""Settings that change little in how long a run takes."""


def measured_before(planned: Plan, place: Place, done: Iterable[RunFolder]) -> dict[str, float]:
    """Kind of run → mean seconds of finished runs that have the settings the plan gives that kind.

    Args:
        done: runs of any job; those of other settings are passed over.
    """
    wanted: dict[str, tuple[str, type[Any], Mapping[str, Any]]] = {}
    for run in planned.runs:
        settings = planned.settings_of(run, place)
        wanted.setdefault(kind_of(run), (run.job, type(settings), _telling(settings)))
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for folder in done:
        try:
            job = folder.job
        except StudioError:  # damaged
            continue
        for kind, (of, cls, values) in wanted.items():
            if job == of and _has(folder, cls, values):
                took = seconds_of(folder, folder.status())
                seconds[kind] += [took] if took is not None else []
    return {kind: sum(of) / len(of) for kind, of in seconds.items() if of}


def _has(folder: RunFolder, cls: type[Any], values: Mapping[str, Any]) -> bool:
    try:
        return _telling(folder.settings(cls)) == values
    except StudioError:  # of another version
        return False


def _telling(settings: Any) -> dict[str, Any]:
    return {name: value for name, value in config.as_dict(settings).items() if name not in _ALIKE}
