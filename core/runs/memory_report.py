"""What a run that ran out of memory left behind: how large a batch would have fitted."""

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path("results") / "memory.json"


@dataclass(frozen=True)
class MemoryReport:
    """Of a run.

    Attributes:
        stage: what was being computed, such as "backward".
        batch: the batch that did not fit.
        fits: the largest that would, by what a step took; 0 where none does.
    """

    stage: str
    batch: int
    fits: int


def read_memory_report(run: Path) -> MemoryReport | None:
    """The report in a run's folder; None where there is none, or it is damaged."""
    try:
        values = json.loads((run / FILE).read_text(encoding="utf-8"))
        return MemoryReport(str(values["stage"]), int(values["batch"]), int(values["fits"] or 0))
    except (OSError, ValueError, KeyError, TypeError):
        return None
