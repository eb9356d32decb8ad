"""The table as it is shown, for a paper or another program: Markdown, LaTeX, CSV and HTML.

Values and differences are tables of their own: no row holds both.
"""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from core.datasets.voc import CLASSES
from core.evaluation.intervals import Interval
from core.evaluation.markup import for_latex, for_markdown, in_a_line
from core.evaluation.table1 import HEADS
from studio.comparison.compared_row import MEAN, NOTHING

_HEADS = {MEAN: "mAP", **dict(zip(CLASSES, HEADS, strict=True))}


def head_of(of: str) -> str:
    """The head of a column: the paper's short name of a class of VOC, any other as it is."""
    return _HEADS.get(of, of)


LONGEST_HEAD = 24
"""Letters of a head that is shown; files have all of it."""


@dataclass(frozen=True)
class FileLine:
    """A line: its name, over how many seeds, a value or difference by class and of the mean, and a remark."""

    name: str
    seeds: int
    values: Mapping[str, Interval]
    remark: str = ""

    def value(self, of: str) -> Interval:
        """Of the mean or a class, which may be one that others have."""
        return self.values.get(of, NOTHING)


@dataclass(frozen=True)
class FileBlock:
    """Lines under a title; `signed` where they are differences."""

    title: str
    lines: Sequence[FileLine]
    signed: bool = False


@dataclass(frozen=True)
class FileTable:
    """What is written: blocks, and sentences below."""

    blocks: Sequence[FileBlock]
    notes: Sequence[str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the mean and the classes, those that some line has a value for."""
        lines = [line for block in self.blocks for line in block.lines]
        listed = dict.fromkeys(of for line in lines for of in line.values)
        return tuple(of for of in listed if any(not math.isnan(line.value(of).mean) for line in lines))


def cell_text(value: Interval, signed: bool) -> str:
    """Such as `46.6 ± 3.7`, of a difference `+1.2 ± 0.4`; `n/a` where there is none."""
    if math.isnan(value.mean):
        return "n/a"
    mean = round(value.mean, 1) + 0.0  # there is no -0.0
    half = "" if math.isnan(value.half) else f" ± {value.half:.1f}"
    return (f"{mean:+.1f}" if signed else f"{mean:.1f}") + half


def _cells(table: FileTable, block: FileBlock) -> list[tuple[str, list[str], str]]:
    return [
        (line.name, [cell_text(line.value(of), block.signed) for of in table.columns], line.remark)
        for line in block.lines
    ]


def _heads(table: FileTable) -> list[str]:
    return ["", *(head_of(of) for of in table.columns), "remark"]


def _markdown(table: FileTable) -> str:
    lines: list[str] = []
    for block in table.blocks:
        lines += [
            f"**{for_markdown(block.title)}**",
            "",
            "| " + " | ".join(map(for_markdown, _heads(table))) + " |",
        ]
        lines += ["|" + " --- |" * (len(table.columns) + 2)]
        for name, cells, remark in _cells(table, block):
            lines.append("| " + " | ".join((for_markdown(name), *cells, for_markdown(remark))) + " |")
        lines.append("")
    return "\n".join([*lines, *(f"{for_markdown(note)}\n" for note in table.notes)])


def _latex(table: FileTable) -> str:
    lines = [r"\begin{tabular}{l" + "r" * len(table.columns) + "l}"]
    for block in table.blocks:
        title, *heads = (for_latex(head) for head in (block.title, *_heads(table)[1:]))
        lines += [r"\hline", " & ".join((rf"\textbf{{{title}}}", *heads)) + r" \\", r"\hline"]
        for name, cells, remark in _cells(table, block):
            texts = (for_latex(name), *(cell.replace("±", r"$\pm$") for cell in cells), for_latex(remark))
            lines.append(" & ".join(texts) + r" \\")
    lines += [r"\hline", r"\end{tabular}"]
    return "\n".join([*lines, *(f"% {in_a_line(note)}" for note in table.notes)]) + "\n"


def _csv(table: FileTable) -> str:
    """In percent and percentage points, to two decimals; half of an interval beside its value."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    heads = [text for of in table.columns for text in (head_of(of), f"{head_of(of)} ±")]
    writer.writerow(["what", "row", "seeds", *heads, "remark"])
    for block in table.blocks:
        for line in block.lines:
            values = [line.value(of) for of in table.columns]
            cells = [_rounded(number) for value in values for number in (value.mean, value.half)]
            writer.writerow([block.title, line.name, line.seeds or "", *cells, line.remark])
    return file.getvalue()


def _html(table: FileTable) -> str:
    parts = ['<!doctype html><meta charset="utf-8"><title>Table 1</title>', f"<style>{_STYLE}</style>"]
    for block in table.blocks:
        heads = "".join(f"<th>{escape(head)}" for head in _heads(table))
        rows = ""
        for name, cells, remark in _cells(table, block):
            row = "".join(f"<td>{cell}" for cell in cells)
            rows += f"<tr><th>{escape(name)}{row}<td class=remark>{escape(remark)}"
        parts.append(f"<table><caption>{escape(block.title)}</caption><tr>{heads}{rows}</table>")
    return "\n".join([*parts, *(f"<p>{escape(note)}</p>" for note in table.notes)]) + "\n"


_STYLE = (
    "body{font:14px sans-serif} table{border-collapse:collapse;margin:1em 0} caption,th{text-align:left}"
    " td{text-align:right} td,th{padding:2px 8px;border-bottom:1px solid #ccc;white-space:nowrap}"
    " caption{font-weight:bold} .remark{text-align:left;color:#555;white-space:normal}"
)


def _rounded(number: float) -> str:
    return "" if math.isnan(number) else str(round(number, 2))


FORMATS: Mapping[str, tuple[str, Callable[[FileTable], str]]] = {
    "Markdown": ("md", _markdown),
    "LaTeX": ("tex", _latex),
    "CSV": ("csv", _csv),
    "HTML": ("html", _html),
}
"""Name of a format → suffix of its files, and what writes it."""
