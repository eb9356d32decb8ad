"""What probes measured, side by side: each start a column, each layer and classifier a row."""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import StudioError
from core.evaluation.config import LAYERS
from core.evaluation.intervals import Interval, t_interval
from core.evaluation.table1 import network_name
from core.record_file import read_json

IN_RUN = Path("results") / "probe.json"
"""Where a probe's run leaves what it measured."""


class Measure(NamedTuple):
    """What was measured: features of a layer, a classifier (`linear` or `knn`), images of each class."""

    layer: str
    classifier: str
    per_class: int

    @property
    def words(self) -> str:
        """Without the layer, such as `linear, 10 a class`."""
        return f"{'k-NN' if self.classifier == 'knn' else self.classifier}, {self.per_class} a class"


@dataclass(frozen=True, eq=False)
class ProbeColumn:
    """What one or several probes of the same start measured.

    Attributes:
        name: the start, such as `RandomNet`, and where several would share a name what tells them apart.
        conditions: what must agree between columns that are compared, in words.
        chance: accuracy of guessing, 0..1; NaN if not known.
        runs: for each probe the accuracies, 0..1, of its random choices of training images.
    """

    name: str
    conditions: str
    chance: float
    runs: tuple[Mapping[Measure, Sequence[float]], ...]

    def interval(self, measure: Measure) -> Interval | None:
        """Over the probes, such as of several seeds, if several measured it; else over the choices.

        None where nothing is measured.
        """
        found = [run[measure] for run in self.runs if run.get(measure)]
        if not found:
            return None
        return t_interval([sum(one) / len(one) for one in found] if len(found) > 1 else found[0])

    @property
    def over(self) -> str:
        """What its intervals are over."""
        several = len(self.runs) > 1
        return f"{len(self.runs)} probes of the same start" if several else "choices of training images"


def column_of(values: Mapping[str, Any]) -> ProbeColumn:
    """The column of a `probe.json`; older ones hold the linear classifier on one layer alone.

    Raises:
        StudioError: it is damaged.
    """
    try:
        rows = values.get("results") or [
            {
                "layer": values["layer"],
                "classifier": "linear",
                "per_class": values["per_class"],
                "accuracies": values["splits"],
            }
        ]
        run = {_measure_of(row): [float(one) for one in row["accuracies"]] for row in rows}
        conditions = f"{values['set']}, {len(values['classes'])} classes, {values['network']} network"
        return ProbeColumn(network_name(str(values["init"])), conditions, float(values["chance"]), (run,))
    except (KeyError, TypeError, ValueError) as error:
        raise StudioError(f"What a probe left is damaged ({error}); probe again.") from error


def _measure_of(row: Mapping[str, Any]) -> Measure:
    return Measure(str(row["layer"]), str(row["classifier"]), int(row["per_class"]))


def read_column(source: Path) -> ProbeColumn:
    """The column of a probe's run, or of a file that `probe --json` wrote.

    Raises:
        StudioError: there is none, or it is damaged.
    """
    path = source / IN_RUN if source.is_dir() else source
    try:
        values = read_json(path)
    except StudioError as error:
        raise StudioError(
            f"{source} holds nothing that a probe measured; give its run or what probe --json wrote."
        ) from error
    if not isinstance(values, dict):
        raise StudioError(f"{source} holds nothing that a probe measured; give another file.")
    return column_of(values)


def joined(columns: Sequence[ProbeColumn]) -> list[ProbeColumn]:
    """Columns of the same start and conditions as one, whose intervals are over them; RandomNet is first."""
    found: dict[tuple[str, str], ProbeColumn] = {}
    for column in columns:
        key = (column.name, column.conditions)
        known = found.get(key)
        found[key] = replace(known, runs=known.runs + column.runs) if known else column
    return sorted(found.values(), key=lambda column: column.name != "RandomNet")


def measures_of(columns: Sequence[ProbeColumn]) -> list[Measure]:
    """All that any of them measured, layer by layer: k-NN, then linear from many labels to few."""
    found = {measure for column in columns for run in column.runs for measure in run}
    return sorted(found, key=lambda one: (LAYERS.index(one.layer), one.classifier, -one.per_class))


def cell(interval: Interval | None) -> str:
    """In percent, such as `46.7 ± 1.2`; without the half width where there is none."""
    if interval is None:
        return "–"
    half = "" if math.isnan(interval.half) else f" ± {100 * interval.half:.1f}"
    return f"{100 * interval.mean:.1f}{half}"


def format_probes(columns: Sequence[ProbeColumn], how: str) -> str:
    """The table in one of `FORMATS`, in percent."""
    return FORMATS[how](columns)


def notes_on(columns: Sequence[ProbeColumn]) -> list[str]:
    """What a reader must know of the numbers, and which columns cannot be compared."""
    notes = []
    for over in dict.fromkeys(column.over for column in columns):
        names = ", ".join(column.name for column in columns if column.over == over)
        notes.append(f"± is a 95 % t-interval over {over}: {names}.")
    conditions = dict.fromkeys(column.conditions for column in columns)
    if len(conditions) > 1:
        parts = (
            f"{', '.join(column.name for column in columns if column.conditions == one)}: {one}"
            for one in conditions
        )
        notes.append(f"Not comparable: {'; '.join(parts)}.")
    elif columns:
        chance = columns[0].chance
        notes.append(f"{columns[0].conditions}; chance {100 * chance:.1f} %.")
    return notes


def _cells(columns: Sequence[ProbeColumn]) -> list[list[str]]:
    heads = ["accuracy in %", *(column.name for column in columns)]
    rows = [
        [f"{measure.layer} {measure.words}", *(cell(column.interval(measure)) for column in columns)]
        for measure in measures_of(columns)
    ]
    return [heads, *rows]


def _text(columns: Sequence[ProbeColumn]) -> str:
    rows = _cells(columns)
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "  ".join(
            text.rjust(width) if place else text.ljust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *notes_on(columns)]) + "\n"


def _markdown(columns: Sequence[ProbeColumn]) -> str:
    heads, *rows = ([text.replace("|", "\\|") for text in row] for row in _cells(columns))
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    rule = "|" + " --- |" + " ---: |" * len(columns)
    return "\n".join(["| " + " | ".join(heads) + " |", rule, *lines, "", *notes_on(columns)]) + "\n"


def _latex(columns: Sequence[ProbeColumn]) -> str:
    def safe(text: str) -> str:
        for sign in "&%#_$":
            text = text.replace(sign, f"\\{sign}")
        return text.replace("±", r"$\pm$").replace("–", "--")

    heads, *rows = ([safe(text) for text in row] for row in _cells(columns))
    lines = [rf"\begin{{tabular}}{{l{'r' * len(columns)}}}", r"\hline", " & ".join(heads) + r" \\", r"\hline"]
    lines += [" & ".join(row) + r" \\" for row in rows]
    notes = [f"% {note}" for note in notes_on(columns)]
    return "\n".join([*lines, r"\hline", r"\end{tabular}", *notes]) + "\n"


def _csv(columns: Sequence[ProbeColumn]) -> str:
    """One row a number: accuracies in percent, unrounded."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["start", "conditions", "layer", "classifier", "images_a_class", "mean", "half_95", "count", "over"]
    )
    for column in columns:
        for measure in measures_of([column]):
            interval = column.interval(measure)
            assert interval is not None  # it was measured
            half = "" if math.isnan(interval.half) else 100 * interval.half
            numbers = [100 * interval.mean, half, interval.count, column.over]
            writer.writerow([column.name, column.conditions, *measure, *numbers])
    return out.getvalue()


def values_of(columns: Sequence[ProbeColumn]) -> list[dict[str, Any]]:
    """The columns as JSON."""
    return [
        {
            "start": column.name,
            "conditions": column.conditions,
            "over": column.over,
            "results": [
                {**measure._asdict(), "runs": [list(run[measure]) for run in column.runs if measure in run]}
                for measure in measures_of([column])
            ],
        }
        for column in columns
    ]


FORMATS: Mapping[str, Callable[[Sequence[ProbeColumn]], str]] = {
    "text": _text,
    "markdown": _markdown,
    "latex": _latex,
    "csv": _csv,
}
