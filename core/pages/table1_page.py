"""The seeded Table 1 as one HTML page that needs nothing beside it."""

import math
from typing import Any

from core.evaluation.intervals import Interval
from core.evaluation.seeded_formats import (
    HEAD_OF,
    difference_words,
    mean_words,
    quoted_difference,
    quoted_words,
)
from core.evaluation.seeded_table import SeededTable, TableLine, TablePart
from core.pages.templates import render, style


def table1_page(table: SeededTable, summary: tuple[str, ...]) -> str:
    """The page.

    Args:
        table: what was measured beside the paper.
        summary: lines on what the matrix is and how far it is.
    """
    return str(
        render(
            "table1.html",
            style=style(),
            summary=summary,
            parts=[_part(part, table.baseline) for part in table.parts],
            notes=table.notes,
            baseline=table.baseline,
        )
    )


def _part(part: TablePart, baseline: str) -> dict[str, Any]:
    largest = max((_end(line) for line in part.lines), default=0.0) or 1.0
    return {
        "title": part.title,
        "notes": part.notes,
        "heads": [HEAD_OF[name] for name in part.classes],
        "lines": [_line(line, part, baseline, largest) for line in part.lines],
        "scale": f"{largest:.0f}",
    }


def _line(line: TableLine, part: TablePart, baseline: str, largest: float) -> dict[str, Any]:
    measured = line.measured
    return {
        "network": line.network,
        "remarks": line.remarks,
        "paper": quoted_words(line),
        "measured": mean_words(measured.mean_ap if measured else None),
        "seeds": ", ".join(f"{row.mean_ap:.1f}" for row in measured.rows.values()) if measured else "",
        "difference": difference_words(line),
        "paper_difference": quoted_difference(line, part, baseline),
        "is_clear": _is_clear(line),
        "bar": _bar(measured.mean_ap, largest) if measured else None,
        "paper_at": 100 * line.quoted.mean_ap / largest if line.quoted else None,
        "classes": [mean_words(measured.aps[name] if measured else None, " ±") for name in part.classes],
        "paper_classes": [quoted_words(line, name) for name in part.classes] if line.quoted else None,
    }


def _bar(of: Interval, largest: float) -> dict[str, float]:
    """Where the mean lies and what its interval covers, in percent of the width."""
    half = 0.0 if math.isnan(of.half) else of.half
    low, high = max(0.0, of.mean - half), min(largest, of.mean + half)
    return {
        "mean": 100 * of.mean / largest,
        "low": 100 * low / largest,
        "width": 100 * (high - low) / largest,
    }


def _end(line: TableLine) -> float:
    ends = [line.quoted.mean_ap] if line.quoted else []
    if line.measured:
        of = line.measured.mean_ap
        ends.append(min(100.0, of.mean if math.isnan(of.half) else of.mean + of.half))
    return max(ends, default=0.0)


def _is_clear(line: TableLine) -> bool:
    """Whether the whole interval of the difference lies on one side of zero."""
    of = line.difference.mean_ap if line.difference else None
    return of is not None and abs(of.mean) > of.half  # never where half is NaN
