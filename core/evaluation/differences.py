"""Differences between rows of Table 1, which are taken only where both were measured alike."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import StudioError
from core.evaluation.table1 import UNKNOWN, TableRow

_SCALES = {"single": "at one scale", "multi": "at several scales"}


@dataclass(frozen=True)
class Difference:
    """How far a row lies above another.

    Attributes:
        baseline: the other row.
        aps: percentage points by class; NaN where either has none, and everywhere if there is a reason.
        mean_ap: percentage points.
        reason: why no difference may be taken; empty if it may.
    """

    baseline: TableRow
    aps: Mapping[str, float]
    mean_ap: float
    reason: str


def difference(row: TableRow, baseline: TableRow) -> Difference:
    """How far a row lies above a baseline, or why that cannot be said."""
    reason = disagreement(row, baseline)
    if reason:
        return Difference(baseline, dict.fromkeys(row.classes, math.nan), math.nan, reason)
    aps = {name: row.aps[name] - baseline.aps[name] for name in row.classes}
    return Difference(baseline, aps, row.mean_ap - baseline.mean_ap, "")


def disagreement(row: TableRow, other: TableRow) -> str:
    """Why no difference may be taken between two rows; empty if they differ in their start alone.

    What is not recorded of either cannot be known to agree.
    """
    reasons = []
    if _measured_by(row) != _measured_by(other):
        reasons.append(f"measured on {row.conditions}, not {other.conditions}")
    elif row.year == 0 or row.set == UNKNOWN:
        reasons.append(f"measured on {row.conditions}")
    elif None not in (row.objects, other.objects) and row.objects != other.objects:
        reasons.append(f"measured on {row.objects:,} objects, not {other.objects:,}")
    elif row.measured != other.measured:
        reasons.append(f"{row.measured_words}, not {other.measured_words}")
    scales, other_scales = (_SCALES.get(each.scales, each.scales) for each in (row, other))
    reasons += _unless_equal("choice of scales", "trained {}", scales, other_scales)
    reasons += _unless_equal("network", "{} network", row.network, other.network)
    reasons += _unless_equal("training set", "trained on {}", row.train_set, other.train_set)
    reasons += _unless_equal("schedule", "schedule {}", row.schedule, other.schedule)
    return "; ".join(reasons)


def _measured_by(row: TableRow) -> tuple[int, str, str, float, tuple[str, ...]]:
    return row.year, row.set, row.metric, row.overlap, row.classes


def signed(points: float) -> str:
    """Percentage points as they are printed, such as `+1.9`; `n/a` where there are none."""
    return "n/a" if math.isnan(points) else f"{round(points, 1) + 0.0:+.1f}"  # + 0.0: there is no -0.0


def baseline_of(row: TableRow, baselines: Sequence[TableRow]) -> TableRow:
    """Of several baselines, such as one for each part of the table, the one to compare a row with.

    Args:
        row: any row.
        baselines: at least one.

    Returns:
        The first that agrees with the row, those of its own kind (quoted or run) before the others;
        where none agrees, the first of its part.
    """
    ordered = sorted(baselines, key=lambda each: (each.part != row.part, each.is_quoted != row.is_quoted))
    return next((each for each in ordered if not disagreement(row, each)), ordered[0])


def rows_named(name: str, rows: Sequence[TableRow]) -> list[TableRow]:
    """The rows of a name, of a start such as `RandomNet`, or of a run.

    Raises:
        StudioError: there is none.
    """
    found = [row for row in rows if name in (row.name, row.start, row.run)]
    if not found:
        names = ", ".join(dict.fromkeys(row.start for row in rows))
        raise StudioError(f"There is no row {name!r}; name one of the table, such as {names}.")
    return found


def _unless_equal(what: str, words: str, value: str, other: str) -> list[str]:
    if UNKNOWN in (value, other):
        whose = "its" if value == UNKNOWN else "the baseline's"
        return [f"{whose} {what} is {UNKNOWN}"]
    return [] if value == other else [f"{words.format(value)}, not {other}"]
