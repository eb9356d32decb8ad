"""Table 1 as text, Markdown, LaTeX, CSV or JSON, with the differences to a baseline if one is named."""

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.datasets.voc import CLASSES
from core.errors import StudioError
from core.evaluation.differences import Difference, baseline_of, difference, signed
from core.evaluation.markup import for_latex, for_markdown, in_a_line
from core.evaluation.table1 import HEADS, TableRow

_HEAD_OF = dict(zip(CLASSES, HEADS, strict=True))


def format_table(
    rows: Sequence[TableRow],
    how: str,
    baselines: Sequence[TableRow] = (),
    classes: Sequence[str] = CLASSES,
) -> str:
    """Rows, part by part of the table.

    Args:
        rows: in any order.
        how: one of `FORMATS`.
        baselines: rows that differences are taken to, each row to the one that agrees with it; none
            are shown where this is empty.
        classes: the columns.

    Raises:
        StudioError: there is no such format.
    """
    if how not in FORMATS:
        raise StudioError(f"There is no format {how!r}; choose one of {', '.join(FORMATS)}.")
    differences = [difference(row, baseline_of(row, baselines)) if baselines else None for row in rows]
    return FORMATS[how](list(zip(rows, differences, strict=True)), classes)


_SHORT = 40
"""Letters of a remark that stands at the end of its row in text."""

_Rows = Sequence[tuple[TableRow, Difference | None]]


@dataclass(frozen=True)
class _Part:
    """A part of the table for people: its title, and lines of name, cells and remark."""

    title: str
    lines: list[tuple[str, list[str], str]]


def _parts(rows: _Rows, classes: Sequence[str]) -> list[_Part]:
    """The parts in the paper's order, each followed by its differences."""
    found = []
    for part in sorted(dict.fromkeys(row.part for row, _ in rows)):
        members = [pair for pair in rows if pair[0].part == part]
        title = members[0][0].part_title
        found.append(_Part(title, [_values(row, classes) for row, _ in members]))
        differences = [_differences(row, of, classes) for row, of in members if of is not None]
        if differences:
            found.append(_Part(f"{title}: differences in percentage points", differences))
    return found


def _values(row: TableRow, classes: Sequence[str]) -> tuple[str, list[str], str]:
    cells = ["–" if math.isnan(value) else f"{value:.1f}" for value in _aps(row, classes)]
    return row.name, cells, _source(row)


def _aps(row: TableRow, classes: Sequence[str]) -> list[float]:
    """Percent by class, and the mean; of a row of other classes than VOC's there is none."""
    if row.classes != CLASSES:
        return [math.nan] * (len(classes) + 1)
    return [*(row.aps[name] for name in classes), row.mean_ap]


def _source(row: TableRow) -> str:
    other = "" if row.classes == CLASSES else "n/a in Table 1, which is of VOC's twenty classes: "
    return other + row.source


def _differences(row: TableRow, of: Difference, classes: Sequence[str]) -> tuple[str, list[str], str]:
    if of.baseline is row:
        return row.name, [""] * (len(classes) + 1), "the baseline"
    values = [*(of.aps.get(name, math.nan) for name in classes), of.mean_ap]
    remark = f"n/a: {of.reason} ({of.baseline.name})" if of.reason else f"to {of.baseline.name}"
    return row.name, [signed(value) for value in values], remark


def _text(rows: _Rows, classes: Sequence[str]) -> str:
    """Long remarks stand below the part, those that are the same in one line."""
    width = max((len(in_a_line(row.name)) for row, _ in rows), default=0)
    lines = []
    for part in _parts(rows, classes):
        heads = " ".join(f"{head:>6}" for head in (*(_HEAD_OF[name] for name in classes), "mAP"))
        lines += ["", part.title, f"{'':{width}} {heads}"]
        below: dict[str, list[str]] = {}
        for name, cells, remark in part.lines:
            line = f"{in_a_line(name):{width}} {' '.join(f'{cell:>6}' for cell in cells)}"
            if len(remark) <= _SHORT:
                line += f"  {in_a_line(remark)}"
            else:
                below.setdefault(in_a_line(remark), []).append(in_a_line(name))
            lines.append(line.rstrip())
        lines += [f"  {', '.join(names)}: {remark}" for remark, names in below.items()]
    return "\n".join(lines[1:]) + "\n"


def _markdown(rows: _Rows, classes: Sequence[str]) -> str:
    lines = []
    for part in _parts(rows, classes):
        heads = ["", *(_HEAD_OF[name] for name in classes), "mAP", "source"]
        lines += ["", f"**{for_markdown(part.title)}**", ""]
        lines += ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
        for name, cells, remark in part.lines:
            lines.append("| " + " | ".join([for_markdown(name), *cells, for_markdown(remark)]) + " |")
    return "\n".join(lines[1:]) + "\n"


def _latex(rows: _Rows, classes: Sequence[str]) -> str:
    lines = [r"\begin{tabular}{l" + "r" * (len(classes) + 1) + "l}"]
    for part in _parts(rows, classes):
        title = rf"\textbf{{{for_latex(part.title)}}}"
        heads = " & ".join([title, *(_HEAD_OF[name] for name in classes), "mAP", "source"])
        lines += [r"\hline", heads + r" \\", r"\hline"]
        for name, cells, remark in part.lines:
            texts = (name, *cells, remark)
            lines.append(" & ".join(for_latex(text) for text in texts) + r" \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}"]) + "\n"


def _csv(rows: _Rows, classes: Sequence[str]) -> str:
    """AP in percent to two decimals, empty where there is none; what each row depends on at the end."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    conditions = list(_conditions(rows[0][0])) if rows else []
    compared = ["baseline", "mAP difference", "reason"] if any(of for _, of in rows) else []
    heads = (_HEAD_OF[name] for name in classes)
    writer.writerow(["setting", "network", *heads, "mAP", "source", *conditions, *compared])
    for row, of in rows:
        values = [_rounded(value) for value in _aps(row, classes)]
        cells = [row.part, row.name, *values, _source(row), *_conditions(row).values()]
        if of is not None:
            cells += [of.baseline.name, _rounded(of.mean_ap), of.reason]
        writer.writerow(cells)
    return file.getvalue()


def _json(rows: _Rows, classes: Sequence[str]) -> str:
    """AP and differences in 0..1, as everywhere in JSON."""
    return json.dumps([_as_json(row, of, classes) for row, of in rows], indent=1, allow_nan=False)


def _as_json(row: TableRow, of: Difference | None, classes: Sequence[str]) -> dict[str, Any]:
    *aps, mean_ap = _aps(row, classes)
    values = {
        "setting": row.part,
        "network": row.name,
        "ap": {name: _fraction(ap) for name, ap in zip(classes, aps, strict=True)},
        "map": _fraction(mean_ap),
        "source": _source(row),
        **_conditions(row),
        "measured": list(row.measured),
    }
    if of is not None:
        values["difference"] = {
            "baseline": of.baseline.name,
            "ap": {name: _fraction(of.aps.get(name, math.nan)) for name in classes},
            "map": _fraction(of.mean_ap),
            "reason": of.reason,
        }
    return values


def _conditions(row: TableRow) -> dict[str, Any]:
    return {
        "year": row.year or None,
        "set": row.set,
        "objects": row.objects,
        "metric": row.metric,
        "classes": len(row.measured),
        "scales": row.scales,
        "network_size": row.network,
        "train_set": row.train_set,
        "schedule": row.schedule,
        "start": row.start,
    }


def _rounded(percent: float) -> str:
    return "" if math.isnan(percent) else str(round(percent, 2))


def _fraction(percent: float) -> float | None:
    return None if math.isnan(percent) else round(percent / 100, 6)


FORMATS: Mapping[str, Callable[[_Rows, Sequence[str]], str]] = {
    "text": _text,
    "markdown": _markdown,
    "latex": _latex,
    "csv": _csv,
    "json": _json,
}
"""How a table is written, by name."""
