"""What is said about a run: its state, what is left, how old it is."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from time import time

from core.pairs.counting import material_words
from core.runs.run_folder import State, Status
from studio.runs.run import Run


def state_words(run: Run) -> str:
    """Where a run stands, such as `step 120 of 1,000 · 2 min left`."""
    status = run.status
    if run.turn is not None:
        return "queued · next in line" if run.turn == 1 else f"queued · number {run.turn} in line"
    if run.is_stopping:
        return f"stopping… {duration(time() - (run.stop_asked or time()))}"
    if run.state is State.QUEUED:
        return "taking a snapshot…" if run.folder is None else "starting…"
    done = count_words(status)
    if run.state is State.RUNNING:
        left = f"{duration(status.eta)} left" if status.eta is not None else ""
        what = status.what if run.job != "table1" else ""  # many things at once: its table shows them
        return " · ".join(filter(None, (what, done, left))) or "running"
    damaged = "damaged" if run.is_damaged else ""
    if run.state is State.DONE:
        return " · ".join(filter(None, (damaged, "done")))
    if run.state is State.FAILED and damaged:
        return " · ".join(filter(None, (damaged, done)))
    return " · ".join(filter(None, (damaged, run.state.value, done)))


def is_told_by_table(run: Run, every: Sequence[Run]) -> bool:
    """Whether a run is a cell of a Table 1 that goes on, which says what becomes of it."""
    driver = run.in_matrix.driver if run.in_matrix is not None else None
    return any(table.name == driver and table.is_active for table in every if table.job == "table1")


def without_cells(runs: Sequence[Run], every: Sequence[Run]) -> list[Run]:
    """Some runs without the cells of a Table 1 that its own run stands for.

    Args:
        runs: the ones to be listed.
        every: all of the project.
    """
    return [
        run for run in runs if run.in_matrix is None or (run.is_active and not is_told_by_table(run, every))
    ]


def in_line(runs: Sequence[Run]) -> list[Run]:
    """Runs as they matter: those that run, those that wait by their turn, then the others."""
    return sorted(runs, key=lambda run: (not run.is_active, run.turn or 0))


def count_words(status: Status) -> str:
    """How far a run is with what it works on now, such as `picture 120 of 322`; empty before it is known."""
    return status.count or (f"step {status.step:,} of {status.total:,}" if status.total else "")


def duration(seconds: float) -> str:
    """A span of time by its largest unit, or two where that says more: `45 s`, `3 min`, `2 h 10 min`."""
    seconds = max(seconds, 0.0)
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{round(hours / 24)} days"


def age(run: Run) -> str:
    """How long ago a run was made."""
    seconds = time() - run.created
    return "just now" if seconds < 10 else f"{duration(seconds)} ago"


def held_out_apart(runs: Sequence[Run]) -> dict[Run, str]:
    """Runs whose held-out curve may not be drawn over that of the first which has one, with the reason."""
    measured = [run for run in runs if len(run.curve("held_out_accuracy"))]
    apart = {}
    for run in measured[1:]:
        one, other = (
            each.material.measured if each.material is not None else None for each in (measured[0], run)
        )
        if one is None or other is None:
            apart[run] = "what it, or the first run, was measured on is not recorded"
        elif reason := one.unlike(other):
            apart[run] = reason
    return apart


def trained_words(run: Run) -> str:
    """What a run trains on; what its snapshot holds where that is all that is recorded."""
    material = run.material
    if material is not None and material.split is not None:
        parts = material.training, material.held_out, material.split
        tracks = str(run.settings.get("tracks", ""))
        waiting, suggested = material.waiting, material.suggested
        words = material_words(*parts, "tracks", tracks=tracks, waiting=waiting, suggested=suggested)
        return f"Trains on {words}"
    return f"Snapshot of {len(run.clips):,} clips · {run.objects:,} object and {run.points:,} point tracks"


def labels(runs: Sequence[Run]) -> list[str]:
    """A short name for each run in a list or legend.

    Those that would share one get their seed or, where that does not tell all of them apart, the time they
    were made.
    """
    sharing: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        sharing[run.label].append(run)
    return [_told_apart(run, sharing[run.label]) for run in runs]


def _told_apart(run: Run, sharing: Sequence[Run]) -> str:
    if len(sharing) < 2:
        return run.label
    seeds = [one.settings.get("seed") for one in sharing]
    if None not in seeds and len(set(seeds)) == len(seeds):
        return f"{run.label}, seed {run.settings['seed']}"
    days = {datetime.fromtimestamp(one.created).date() for one in sharing}
    form = "%H:%M:%S" if len(days) == 1 else "%d %b %H:%M"
    return f"{run.label}, {datetime.fromtimestamp(run.created):{form}}"
