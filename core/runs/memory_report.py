"""What a run that ran out of memory left behind: how large a batch would have fitted."""

from dataclasses import dataclass, field
from pathlib import Path

from core.config import LARGEST_INT
from core.errors import StudioError
from core.record_file import read_record

FILE = Path("results") / "memory.json"


@dataclass(frozen=True)
class MemoryReport:
    """Of a run.

    Attributes:
        stage: what was being computed, such as "backward".
        batch: the batch that did not fit.
        fits: the largest that would, by what a step took; 0 where none does.
    """

    stage: str = field(metadata={"longest": 1_000})
    batch: int = field(metadata={"minimum": 0, "maximum": LARGEST_INT})
    fits: int = field(metadata={"minimum": 0, "maximum": LARGEST_INT})


def read_memory_report(run: Path) -> MemoryReport | None:
    """The report in a run's folder; None where there is none, or it is damaged."""
    try:
        return read_record(MemoryReport, run / FILE)
    except StudioError:
        return None
