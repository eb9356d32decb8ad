"""Table 1 as it was measured, over seeds, beside what the paper has: its parts, lines and footnotes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.datasets.voc import CLASSES
from core.evaluation.seeded_rows import (
    SeededDifference,
    SeededRow,
    baseline_of,
    seeded_difference,
    seeded_rows,
)
from core.evaluation.table1 import BEYOND, TableRow, paper_rows, parts


@dataclass(frozen=True)
class TableLine:
    """A network in a part of the table.

    Attributes:
        network: as the paper names it.
        quoted: what the paper has; None for what is beyond it.
        measured: None where nothing is measured yet.
        difference: of what was measured to the baseline, paired by seed; None for the baseline itself.
        remarks: what is missing and why, in sentences.
    """

    network: str
    quoted: TableRow | None
    measured: SeededRow | None
    difference: SeededDifference | None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class TablePart:
    """A part of the table, such as `voc2007_sa`.

    Attributes:
        name, title: of the part, and in words.
        lines: its networks.
        notes: what differs from the paper, in sentences.
    """

    name: str
    title: str
    lines: tuple[TableLine, ...]
    notes: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """Those that some line was measured on; all where nothing was."""
        measured = [line.measured.any.measured for line in self.lines if line.measured]
        return tuple(name for name in CLASSES if not measured or any(name in each for each in measured))


@dataclass(frozen=True)
class SeededTable:
    """All parts, and notes on the whole."""

    parts: tuple[TablePart, ...]
    notes: tuple[str, ...]
    baseline: str


INTERVALS = (
    "Measured: mean AP in percent ± half of the 95 % t-interval over the seeds. Seeds decide weights and the "
    "order of training; images, labels and trajectories are the same in all, so the interval says nothing of "
    "others. One seed has no interval.",
    "Differences are taken within each seed, then averaged.",
)


def seeded_table(
    rows: Sequence[TableRow],
    networks: Mapping[str, Sequence[str]],
    remarks: Mapping[tuple[str, str], Sequence[str]],
    baseline: str,
    notes: Sequence[str] = (),
) -> SeededTable:
    """Put rows that were measured beside those of the paper.

    Args:
        rows: in any order.
        networks: name of each part → its networks, measured or not, in their order.
        remarks: part and network → sentences on what is missing.
        baseline: the network that differences are taken to.
        notes: on the whole table.
    """
    groups = seeded_rows(rows)
    found = []
    for part, names in networks.items():
        lines = [
            line
            for name in names
            for line in _lines(part, name, groups, baseline, tuple(remarks.get((part, name), ())))
        ]
        found.append(TablePart(part, parts()[part], tuple(lines), _notes(lines)))
    return SeededTable(tuple(found), (*INTERVALS, *notes), baseline)


def departures(row: TableRow, quoted: TableRow) -> tuple[str, ...]:
    """What a row that was measured differs in from the one that the paper has; sentences."""
    found = []
    if row.conditions != quoted.conditions:
        public = " (whose annotations are not public)" if quoted.year == 2012 else ""
        found.append(f"Measured on {row.conditions}, in the paper on {quoted.conditions}{public}.")
    elif None not in (row.objects, quoted.objects) and row.objects != quoted.objects:
        found.append(
            f"Measured on {row.objects:,} objects, in the paper on {quoted.objects:,}: other pictures, or a "
            "part of them."
        )
    if row.train_set != quoted.train_set:
        found.append(f"Fine-tuned on {row.train_set}, in the paper on {quoted.train_set}.")
    if row.network != quoted.network:
        found.append(f"The {row.network} network in place of the paper's.")
    if row.schedule != quoted.schedule:
        found.append(f"Fine-tuned by schedule {row.schedule}, in the paper by {quoted.schedule}.")
    if len(row.measured) < len(CLASSES):
        found.append(f"The mAP is a {row.measured_words}.")
    return tuple(found)


def _lines(
    part: str, name: str, groups: Sequence[SeededRow], baseline: str, remarks: tuple[str, ...]
) -> list[TableLine]:
    quoted = next((row for row in paper_rows() if (row.part, row.start) == (part, name)), None)
    within = [group for group in groups if group.part == part and group.start.removesuffix(BEYOND) == name]
    if not within:
        return [TableLine(name, quoted, None, None, remarks)]
    lines = []
    for group in within:
        other = baseline_of(group, groups, baseline)
        compared = None if other is None or other is group else seeded_difference(group, other)
        said = remarks
        if len(within) > 1:
            said = (*remarks, f"Seeds {_listed(group)} were made otherwise than the others of {name}.")
        lines.append(TableLine(name, quoted, group, compared, said))
    return lines


def _notes(lines: Sequence[TableLine]) -> tuple[str, ...]:
    """What differs from the paper in a part, each sentence once."""
    quoted = next((line.quoted for line in lines if line.quoted), None)
    if quoted is None:
        return ()
    said = [text for line in lines if line.measured for text in departures(line.measured.any, quoted)]
    beyond = [line.network for line in lines if line.quoted is None]
    if beyond:
        said.append(f"{', '.join(dict.fromkeys(beyond))}: beyond the paper.")
    return tuple(dict.fromkeys(said))


def _listed(group: SeededRow) -> str:
    return ", ".join(map(str, group.seeds))
