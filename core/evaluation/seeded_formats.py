"""The seeded Table 1 as text, Markdown, LaTeX, CSV or JSON."""

import csv
import io
import json
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.datasets.voc import CLASSES
from core.evaluation.differences import signed
from core.evaluation.intervals import Interval
from core.evaluation.markup import for_latex, for_markdown, in_a_line
from core.evaluation.seeded_table import SeededTable, TableLine, TablePart
from core.evaluation.table1 import HEADS

HEAD_OF = dict(zip(CLASSES, HEADS, strict=True))

WIDTH = 110
"""Letters of a line of text, at most."""

_NOTHING = "–"


def format_seeded(table: SeededTable, how: str) -> str:
    """The table as one of `SEEDED_FORMATS`."""
    return SEEDED_FORMATS[how](table)


def mean_words(interval: Interval | None, sign: str = " ± ") -> str:
    """A mean and its interval, such as `12.3 ± 1.4`; the mean alone of one value."""
    if interval is None or math.isnan(interval.mean):
        return _NOTHING
    half = "" if math.isnan(interval.half) else f"{sign}{interval.half:.1f}"
    return f"{interval.mean:.1f}{half}"


def difference_words(line: TableLine, sign: str = " ± ") -> str:
    """The difference of a line to the baseline; empty for the baseline and where nothing is measured."""
    if line.difference is None:
        return ""
    if line.difference.mean_ap is None:
        return f"n/a: {line.difference.reason}"
    half = line.difference.mean_ap.half
    return signed(line.difference.mean_ap.mean) + ("" if math.isnan(half) else f"{sign}{half:.1f}")


def quoted_difference(line: TableLine, part: TablePart, baseline: str) -> str:
    """The difference that the paper has."""
    other = next((each.quoted for each in part.lines if each.network == baseline and each.quoted), None)
    if line.quoted is None or other is None or line.quoted is other:
        return ""
    return signed(line.quoted.mean_ap - other.mean_ap)


def seeds_words(line: TableLine) -> str:
    """How many seeds were measured."""
    return str(len(line.measured.seeds)) if line.measured else "0"


def quoted_words(line: TableLine, name: str | None = None) -> str:
    """What the paper has: the mean, or the AP of a class."""
    if line.quoted is None:
        return _NOTHING
    return f"{line.quoted.mean_ap if name is None else line.quoted.aps[name]:.1f}"


def _text(table: SeededTable) -> str:
    return (
        "\n".join(
            [line for part in table.parts for line in _part_text(part, table.baseline)]
            + [line for note in table.notes for line in _wrapped(f"* {note}")]
        ).strip("\n")
        + "\n"
    )


def _part_text(part: TablePart, baseline: str) -> list[str]:
    heads = ["", "paper", "measured", "seeds", f"above {baseline}", "in the paper"]
    cells = [
        [
            in_a_line(line.network),
            quoted_words(line),
            mean_words(line.measured.mean_ap if line.measured else None),
            seeds_words(line),
            difference_words(line),
            quoted_difference(line, part, baseline),
        ]
        for line in part.lines
    ]
    lines = ["", f"{part.title}: mean AP", *_aligned([heads, *cells])]
    for line in part.lines:
        for remark in line.remarks:
            lines += _wrapped(f"  {line.network}: {remark}")
    for note in part.notes:
        lines += _wrapped(f"  * {note}")
    if any(line.measured for line in part.lines):
        lines += ["", f"{part.title}: AP by class, measured (paper)", *_by_class(part)]
    return [*lines, ""]


def _by_class(part: TablePart) -> list[str]:
    """Classes down, networks across, as many beside one another as fit."""
    columns = []
    for line in part.lines:
        first, _, second = in_a_line(line.network).partition("-")
        cells = [first, second]
        for name in part.classes:
            found = mean_words(line.measured.aps[name] if line.measured else None, "±")
            cells.append(f"{found} ({quoted_words(line, name)})" if line.quoted else found)
        columns.append([*cells, f"{mean_words(line.measured.mean_ap if line.measured else None, '±')}"])
    names = ["", "", *(HEAD_OF[name] for name in part.classes), "mAP"]
    lines: list[str] = []
    while columns:
        count, width = 0, max(map(len, names))
        while count < len(columns):
            width += 2 + max(map(len, columns[count]))
            if count and width > WIDTH:
                break
            count += 1
        taken, columns = columns[:count], columns[count:]
        rows = [list(row) for row in zip(names, *taken, strict=True)]
        lines += _aligned([row for row in rows if any(row)])
        lines += [""] if columns else []
    return lines


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in rows
    ]


def _wrapped(text: str) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(indent + in_a_line(text), WIDTH, subsequent_indent=f"{indent}  ")


def _markdown(table: SeededTable) -> str:
    lines: list[str] = []
    for part in table.parts:
        heads = ["", "paper", "measured", "seeds", f"above {table.baseline}", "in the paper"]
        lines += ["", f"### {for_markdown(part.title)}", ""]
        lines += _markdown_rows(
            heads,
            [
                [
                    for_markdown(line.network),
                    quoted_words(line),
                    mean_words(line.measured.mean_ap if line.measured else None),
                    seeds_words(line),
                    for_markdown(difference_words(line)),
                    quoted_difference(line, part, table.baseline),
                ]
                for line in part.lines
            ],
        )
        lines.append("")
        for line in part.lines:
            lines += [f"- {for_markdown(line.network)}: {for_markdown(remark)}" for remark in line.remarks]
        lines += [f"- {for_markdown(note)}" for note in part.notes]
        lines += ["", "AP by class, measured and in the paper:", ""]
        heads = ["", "", *(HEAD_OF[name] for name in CLASSES), "mAP"]
        lines += _markdown_rows(
            heads,
            [[for_markdown(cell) for cell in cells] for line in part.lines for cells in _two_rows(line)],
        )
    lines += ["", *(f"- {for_markdown(note)}" for note in table.notes)]
    return "\n".join(lines[1:]) + "\n"


def _two_rows(line: TableLine, sign: str = " ± ") -> list[list[str]]:
    """A line as the paper prints it, once measured and once quoted: name, which, AP by class, mAP."""
    measured = line.measured
    found = [
        *(mean_words(measured.aps[name] if measured else None, sign) for name in CLASSES),
        mean_words(measured.mean_ap if measured else None, sign),
    ]
    rows = [[line.network, "measured", *found]]
    if line.quoted is not None:
        quoted = [*(quoted_words(line, name) for name in CLASSES), quoted_words(line)]
        rows.append(["", "paper", *quoted])
    return rows


def _markdown_rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = "|" + " --- |" + " ---: |" * (len(heads) - 1)
    return ["| " + " | ".join(heads) + " |", rule, *("| " + " | ".join(row) + " |" for row in rows)]


def _latex(table: SeededTable) -> str:
    """A `tabular` that wants `\\usepackage{graphicx}` for its width, and the notes below it."""
    columns = "ll" + "r" * (len(CLASSES) + 2)
    lines = [r"\resizebox{\linewidth}{!}{%", rf"\begin{{tabular}}{{{columns}}}"]
    for part in table.parts:
        heads = [rf"\textbf{{{for_latex(part.title)}}}", "", *(HEAD_OF[name] for name in CLASSES), "mAP"]
        heads.append(f"above {for_latex(table.baseline)}")
        lines += [r"\hline", " & ".join(heads) + r" \\", r"\hline"]
        for line in part.lines:
            for number, cells in enumerate(_two_rows(line)):
                last = (difference_words(line), quoted_difference(line, part, table.baseline))[number]
                texts = [for_latex(cell).replace("±", r"$\pm$") for cell in (*cells, last)]
                lines.append(" & ".join(texts) + r" \\")
    lines += [r"\hline", r"\end{tabular}}", "", r"{\footnotesize"]
    for part in table.parts:
        said = [f"{line.network}: {remark}" for line in part.lines for remark in line.remarks]
        if said or part.notes:
            lines.append(for_latex(f"{part.title}: {' '.join([*said, *part.notes])}") + r"\par")
    lines += [for_latex(note).replace("±", r"$\pm$") + r"\par" for note in table.notes]
    return "\n".join([*lines, "}"]) + "\n"


def _csv(table: SeededTable) -> str:
    """A line for what the paper has, each seed, the mean, half its interval, the difference and half its own
    interval; percent and percentage points to two decimals, empty where there is none."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        ["setting", "network", "what", "seed", *(HEAD_OF[name] for name in CLASSES), "mAP", "run"]
    )
    for part in table.parts:
        for line in part.lines:
            for what, seed, values, run in _numbers(line):
                row = [_rounded(value) for value in values] or [""] * (len(CLASSES) + 1)
                writer.writerow([part.name, line.network, what, seed, *row, run])
    return file.getvalue()


def _numbers(line: TableLine) -> list[tuple[str, object, list[float], str]]:
    """What it is, the seed, AP by class and their mean, and the run."""
    found: list[tuple[str, object, list[float], str]] = []
    if line.quoted is not None:
        found.append(("paper", "", [*line.quoted.aps.values(), line.quoted.mean_ap], ""))
    if line.measured is None:
        return [*found, ("missing", "", [], "")]
    for seed, row in line.measured.rows.items():
        found.append(("seed", seed, [*(row.aps[name] for name in CLASSES), row.mean_ap], row.run or ""))
    of = line.measured
    found += _mean_and_half("", of.aps, of.mean_ap)
    if line.difference is not None and line.difference.mean_ap is not None:
        found += _mean_and_half("difference", line.difference.aps, line.difference.mean_ap)
    return found


def _mean_and_half(
    of: str, aps: Mapping[str, Interval], mean_ap: Interval
) -> list[tuple[str, object, list[float], str]]:
    intervals = [*(aps[name] for name in CLASSES), mean_ap]
    return [
        (of or "mean", "", [each.mean for each in intervals], ""),
        (f"{of} half of interval".strip(), "", [each.half for each in intervals], ""),
    ]


def _json(table: SeededTable) -> str:
    return json.dumps(table_values(table), indent=1, allow_nan=False) + "\n"


def table_values(table: SeededTable) -> dict[str, Any]:
    """The table as plain values; AP and differences in 0..1, as everywhere in JSON."""
    return {
        "baseline": table.baseline,
        "notes": list(table.notes),
        "parts": [
            {
                "setting": part.name,
                "title": part.title,
                "notes": list(part.notes),
                "rows": [_line_values(line) for line in part.lines],
            }
            for part in table.parts
        ],
    }


def _line_values(line: TableLine) -> dict[str, Any]:
    quoted, measured, difference = line.quoted, line.measured, line.difference
    return {
        "network": line.network,
        "remarks": list(line.remarks),
        "paper": quoted and {"ap": _fractions(quoted.aps), "map": _fraction(quoted.mean_ap)},
        "measured": measured
        and {
            "seeds": list(measured.seeds),
            "runs": [row.run for row in measured.rows.values()],
            "map_by_seed": [_fraction(row.mean_ap) for row in measured.rows.values()],
            "ap": {name: _interval(measured.aps[name]) for name in CLASSES},
            "map": _interval(measured.mean_ap),
        },
        "difference": difference
        and {
            "baseline": difference.baseline.start,
            "seeds": list(difference.seeds),
            "ap": {name: _interval(each) for name, each in difference.aps.items()},
            "map": difference.mean_ap and _interval(difference.mean_ap),
            "reason": difference.reason,
        },
    }


def _interval(of: Interval) -> dict[str, float | None]:
    return {"mean": _fraction(of.mean), "half": _fraction(of.half)}


def _fractions(aps: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _fraction(aps[name]) for name in CLASSES}


def _fraction(percent: float) -> float | None:
    return None if math.isnan(percent) else round(percent / 100, 6)


def _rounded(percent: float) -> str:
    return "" if math.isnan(percent) else str(round(percent, 2))


SEEDED_FORMATS: Mapping[str, Callable[[SeededTable], str]] = {
    "text": _text,
    "markdown": _markdown,
    "latex": _latex,
    "csv": _csv,
    "json": _json,
}
"""How a seeded table is written, by name."""
