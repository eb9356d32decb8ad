"""A row of the comparison: one run, several that differ only in their seed, or one that the paper prints."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from core.datasets.voc import CLASSES
from core.evaluation.differences import difference, disagreement
from core.evaluation.intervals import Interval, t_interval
from core.evaluation.seeded_rows import SeededRow, seeded_difference, seeded_rows
from core.evaluation.table1 import TableRow
from studio.runs.run import Run

MEAN = "mean"
"""In place of a class: the mean over the classes that have objects."""

OF = (MEAN, *CLASSES)
"""What there are figures of in Table 1."""

NOTHING = Interval(math.nan, math.nan, 0)
"""Of a class that a row was not measured on."""


def columns_of(rows: Sequence["ComparedRow"]) -> tuple[str, ...]:
    """What there are figures of in some rows: `MEAN` and the classes of the runs, VOC's without any."""
    classes = dict.fromkeys(name for row in rows if not row.is_quoted for name in row.any.classes)
    return (MEAN, *classes) if classes else OF


@dataclass(frozen=True, eq=False)
class ComparedRow:
    """What stands in one row.

    Attributes:
        name: as the list of runs calls it; several seeds have the name that they share.
        measured: what the runs measured by seed; of a row that the paper prints, and of a run whose seed is
            not recorded, a single row.
        runs: the runs by seed, ascending; none where the row is quoted.
        key: equal for rows that are seeds of the same, whichever of these are chosen.
        colour: a place for `Colours.line`; None where the row is quoted.
    """

    name: str
    measured: SeededRow
    runs: tuple[Run, ...] = ()
    key: Hashable = None
    colour: int | None = None

    @classmethod
    def of_paper(cls, row: TableRow) -> "ComparedRow":
        """A row that the paper prints."""
        return cls(f"{row.name} · quoted", SeededRow({0: row}), key=(row.part, row.name))

    @property
    def any(self) -> TableRow:
        """What all of its rows have in common, but for their figures, is said of this one."""
        return self.measured.any

    @property
    def is_quoted(self) -> bool:
        return not self.runs

    @property
    def full_name(self) -> str:
        """Its name and, if there are several, how many seeds."""
        return f"{self.name} · {len(self.runs)} seeds" if len(self.runs) > 1 else self.name

    def value(self, of: str) -> Interval:
        """Mean over the seeds and its 95 % interval, in percent, of one of `OF`."""
        return self.measured.mean_ap if of == MEAN else self.measured.aps.get(of, NOTHING)

    def each_seed(self) -> list["ComparedRow"]:
        """Its seeds, each as a row of its own, in the same colour."""
        rows = zip(self.measured.rows.items(), self.runs, strict=True)
        return [
            ComparedRow(
                run.notes.name or f"seed {seed}",
                SeededRow({seed: row}),
                (run,),
                (self.key, run.name),
                self.colour,
            )
            for (seed, row), run in rows
        ]


@dataclass(frozen=True, eq=False)
class RowDifference:
    """How far a row lies above another.

    Attributes:
        values: percentage points, of `MEAN` and each class; NaN where either has none, and everywhere if
            there is a reason; a half that is NaN says that there is no interval.
        reason: why no difference may be taken; empty if it may.
        taken: how it was taken, such as "paired by 5 seeds"; empty where one of them is quoted.
    """

    values: dict[str, Interval]
    reason: str
    taken: str = ""


def row_difference(row: ComparedRow, reference: ComparedRow) -> RowDifference:
    """How far a row lies above a reference.

    It is taken seed by seed. Rows without a common seed give the difference of their means, which has no
    interval; of a row that the paper prints every seed is a measurement of its own.
    """
    reason = disagreement(row.any, reference.any)
    if reason:
        return RowDifference(dict.fromkeys((MEAN, *row.any.classes), NOTHING), reason)
    if row.is_quoted != reference.is_quoted:
        rows, others = row.measured.rows.values(), reference.measured.rows.values()
        pairs = [difference(one, other) for one in rows for other in others]
        aps = {name: t_interval([pair.aps[name] for pair in pairs]) for name in row.any.classes}
        return RowDifference({MEAN: t_interval([pair.mean_ap for pair in pairs]), **aps}, "")
    found = seeded_difference(row.measured, reference.measured)
    if found.mean_ap is None:
        apart = {
            of: Interval(row.value(of).mean - reference.value(of).mean, math.nan, 0)
            for of in (MEAN, *row.any.classes)
        }
        return RowDifference(apart, "", "of other seeds, so there is no interval")
    seeds = found.seeds
    taken = f"paired by {len(seeds)} seeds" if len(seeds) > 1 else f"of seed {seeds[0]}"
    return RowDifference({MEAN: found.mean_ap, **found.aps}, "", "" if row.is_quoted else taken)


def rows_of(measured: Sequence[tuple[Run, TableRow]], names: Sequence[str]) -> list[ComparedRow]:
    """Gather runs that are seeds of one row; the order is that of their first runs.

    A seed that is there a second time gets a row of its own: it is no further seed.

    Args:
        measured: runs and what they measured.
        names: of the runs, in the same order.
    """
    known = {row.run: (run, name) for (run, row), name in zip(measured, names, strict=True)}
    found: list[ComparedRow] = []
    left = [row for _, row in reversed(measured)]  # of two with one seed, the first is to count
    times = 0
    while gathered := seeded_rows(left):
        times += 1
        for group in gathered:
            runs, together = zip(*(known[row.run] for row in group.rows.values()), strict=True)
            name = together[0] if len(runs) == 1 else _shared_name(runs)
            key = (_key(group.any), times)
            found.append(ComparedRow(name, group, runs, key))
        taken = {row.run for group in gathered for row in group.rows.values()}
        left = [row for row in left if row.run not in taken]
    found += [
        ComparedRow(known[row.run][1], SeededRow({0: row}), known[row.run][:1], row.run) for row in left
    ]
    order = {run: place for place, (run, _) in enumerate(measured)}
    return sorted(found, key=lambda row: min(order[run] for run in row.runs))


def _shared_name(runs: Sequence[Run]) -> str:
    """What runs of several seeds are called together: the name that a person gave all, else their choices."""
    names = {run.label for run in runs}
    return names.pop() if len(names) == 1 else runs[0].choices.partition(" · ")[2] or runs[0].title


def _key(row: TableRow) -> Hashable:
    return (row.start, row.conditions, row.objects, row.measured, row.recipe)
