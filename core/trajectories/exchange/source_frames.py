"""Numbers of frames as files count them, and the frames of the clip that are meant.

A file's numbers are those of the clip's source, from 0 or from 1. Which of the two is decided by the rows:
from 1 where none is in frame 0 and some are in the one after the last.
"""

import re
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import counted


def of_source(
    numbers: np.ndarray, clip: Clip, path: Path, first: int | None = None, certain: bool = True
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The frames of the clip that (M,) numbers of frames mean.

    Args:
        numbers: (M,) float64, as the file has them; others than whole ones stay as they are.
        clip: whose frames are meant.
        path: of the file, for sentences.
        first: what the file calls the source's first frame; None decides it.
        certain: whether a file that fits from 0 is certain to count so.

    Returns:
        (M,) float64 frames, -1 or beyond the clip where there is no such one; (M,) bool, which rows are
        of frames that the clip takes from its source or that no clip could have; and what was decided.

    Raises:
        StudioError: all rows are of frames that the clip does not take.
    """
    notes: list[str] = []
    with np.errstate(invalid="ignore"):
        whole = (numbers % 1 == 0) & (np.abs(numbers) < 2**53)
    counted_from = first
    if first is None:
        counted_from, notes = _first(numbers[whole], clip, path, certain)
    numbers = numbers - counted_from if counted_from else numbers
    everything = np.ones(len(numbers), bool)
    if clip.start == 0 and clip.step == 1:
        return numbers, everything, notes
    frame = numbers.copy()
    frame[whole] = clip.frames_of_source(numbers[whole].astype(np.int64))
    lacking = whole & (frame < 0) & (numbers >= 0)
    if len(numbers) and lacking.all():
        raise StudioError(
            f"{path} has no row in a frame that {clip.name} takes from its source; choose the clip it "
            "belongs to."
        )
    if lacking.any():
        notes.append(
            f"Left out, in {path.name}: {counted(int(lacking.sum()), 'row')} in frames of the source that "
            f"{clip.name} does not take."
        )
    return frame, ~lacking, notes


def trailing_number(name: str) -> float:
    """The number at the end of a name, such as 12 of `frame_000012`; infinite without one."""
    found = re.search(r"(\d{1,15})$", name)
    return float(found[1]) if found else np.inf


def _first(numbers: np.ndarray, clip: Clip, path: Path, certain: bool) -> tuple[int, list[str]]:
    """The number of the source's first frame, and a sentence where another reading fits too."""
    if not len(numbers) or numbers.min() != clip.start + 1:
        return 0, []
    counts = numbers.astype(np.int64)
    from_0, from_1 = (int((clip.frames_of_source(counts - first) >= 0).sum()) for first in (0, 1))
    if from_1 > from_0:
        return 1, [f"Counted from 1, in {path.name}: the frames, as none is {clip.start}."]
    if certain or clip.start:
        return 0, []
    return 0, [
        f"Counted from 0, in {path.name}: the frames, though none is 0; where they count from 1, say so with "
        "--columns first=1."
    ]
