"""What a run writes every so many steps: `results/<room>/step-NNNNNN.npz`, a file for each such step."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.array_file import write_arrays

_NAME = re.compile(r"step-(\d{6,})\.npz")


def step_file(folder: Path, room: str, step: int) -> Path:
    """Where the file of a step lies in a run's folder."""
    return folder / "results" / room / f"step-{step:06d}.npz"


def write_step(folder: Path, room: str, step: int, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the file of a step.

    Raises:
        OSError: it cannot be written.
    """
    path = step_file(folder, room, step)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_arrays(path, arrays)


def steps_recorded(folder: Path, room: str) -> list[int]:
    """The steps that have a file, ascending; none where nothing was recorded."""
    found = (_NAME.fullmatch(path.name) for path in (folder / "results" / room).glob("step-*.npz"))
    return sorted(int(match[1]) for match in found if match)


def drop_after(folder: Path, room: str, step: int) -> None:
    """Take away the files of later steps, before a run goes on from this one.

    Raises:
        OSError: one cannot be taken away.
    """
    for later in steps_recorded(folder, room):
        if later > step:
            step_file(folder, room, later).unlink(missing_ok=True)
