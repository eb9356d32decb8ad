"""Rows of Table 1 that are repetitions of one another with other seeds: their mean and how sure it is.

The interval covers what the seeds decide (weights, order of pairs and images) and nothing else: the images,
the labels and the trajectories are the same in all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.evaluation.differences import difference, disagreement
from core.evaluation.intervals import Interval, t_interval
from core.evaluation.table1 import TableRow


@dataclass(frozen=True)
class SeededRow:
    """Rows that were made alike, one a seed.

    Attributes:
        rows: the rows by their seed, ascending; at least one.
    """

    rows: Mapping[int, TableRow]

    @property
    def any(self) -> TableRow:
        """One of them, for what they have in common."""
        return next(iter(self.rows.values()))

    @property
    def start(self) -> str:
        """How the trunks were pretrained, as the paper names it."""
        return self.any.start

    @property
    def part(self) -> str:
        """The part of the table, such as `voc2007_sa`."""
        return self.any.part

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.rows)

    @cached_property
    def aps(self) -> Mapping[str, Interval]:
        """Percent by class: mean and half of the 95 % t-interval; NaN without objects."""
        return {name: t_interval([row.aps[name] for row in self.rows.values()]) for name in self.any.classes}

    @cached_property
    def mean_ap(self) -> Interval:
        """Percent, of the means over the classes."""
        return t_interval([row.mean_ap for row in self.rows.values()])


@dataclass(frozen=True)
class SeededDifference:
    """How far a row lies above another with the same seeds.

    Attributes:
        baseline: the other row.
        seeds: those that both have; differences are taken within a seed.
        aps: percentage points by class, mean and half of the 95 % t-interval; empty if there is a reason.
        mean_ap: percentage points; None if there is a reason.
        reason: why no difference may be taken; empty if it may.
    """

    baseline: SeededRow
    seeds: tuple[int, ...]
    aps: Mapping[str, Interval]
    mean_ap: Interval | None
    reason: str = ""


def seeded_rows(rows: Iterable[TableRow]) -> tuple[SeededRow, ...]:
    """Rows put together where they differ in nothing but the seed; of two with the same seed the last counts.

    Quoted rows, and runs that do not record their seed, are left out. The order is that of the first rows.
    """
    groups: defaultdict[tuple[object, ...], dict[int, TableRow]] = defaultdict(dict)
    for row in rows:
        if row.seed is not None:
            groups[_alike(row)][row.seed] = row
    return tuple(SeededRow(dict(sorted(group.items()))) for group in groups.values())


def seeded_difference(row: SeededRow, baseline: SeededRow) -> SeededDifference:
    """How far a row lies above a baseline, paired by seed, or why that cannot be said."""
    seeds = tuple(seed for seed in row.seeds if seed in baseline.rows)
    if not seeds:
        return SeededDifference(baseline, (), {}, None, "no seed is in both rows")
    pairs = [difference(row.rows[seed], baseline.rows[seed]) for seed in seeds]
    reason = next((pair.reason for pair in pairs if pair.reason), "")
    if reason:
        return SeededDifference(baseline, seeds, {}, None, reason)
    aps = {name: t_interval([pair.aps[name] for pair in pairs]) for name in row.any.classes}
    return SeededDifference(baseline, seeds, aps, t_interval([pair.mean_ap for pair in pairs]))


def baseline_of(row: SeededRow, rows: Sequence[SeededRow], name: str) -> SeededRow | None:
    """Of the rows of a start, such as `RandomNet`, the one in the same part to compare a row with.

    Those that agree with it go before the others, then those that share more seeds.
    """
    found = [each for each in rows if each.start == name and each.part == row.part]
    return max(
        found,
        key=lambda each: (not disagreement(row.any, each.any), len(set(each.seeds) & set(row.seeds))),
        default=None,
    )


def _alike(row: TableRow) -> tuple[object, ...]:
    conditions = (row.year, row.set, row.objects, row.metric, row.overlap, row.classes, row.measured)
    return (row.start, *conditions, row.scales, row.network, row.train_set, row.schedule, row.recipe)
