"""The frames of a clip that a file means by its numbers.

A file numbers the frames of the clip's source (see `Clip.start` and `Clip.step`), from 0 or from 1 as its
format says. Where the other start, or counting the clip's own frames, fits better and at least nine rows of
ten, it is taken and said. Nothing is shifted for a few odd rows alone.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip

PASSED_OVER = -2
"""Instead of a frame: the source has it, and the clip leaves it out. -1: there is no such frame."""
_BULK = 0.9  # of the rows, which another reading must fit


@dataclass(frozen=True, eq=False)
class FrameNumbers:
    """Frames as a file numbers them.

    Attributes:
        numbers: (M,) float64, as they stand in the file.
        frame: (M,) int64, frames of the clip, `PASSED_OVER` or -1.
        span: what the first and the last frame of the clip are called there, such as "1 to 12".
        warnings: how they were taken, where that is not what the format says, and what was passed over.
    """

    numbers: np.ndarray
    frame: np.ndarray
    span: str
    warnings: list[str]


def frames_of(
    numbers: np.ndarray, clip: Clip, path: Path, first: int = 0, is_sure: bool = False
) -> FrameNumbers:
    """What (M,) numbers of a file mean, whose format counts the frames of a source from `first`, 0 or 1.

    Where that `is_sure`, since a person said so, nothing else is taken.
    """
    numbers = np.asarray(numbers, np.float64)
    best, start, counted, warnings = count_frames(numbers, clip, first), first, clip, list[str]()
    turned = count_frames(numbers, clip, 1 - first)
    if (
        not is_sure
        and _fits_better(turned, best)
        and (not _fits(best) or _is_no_stray(numbers, clip, 1 - first))
    ):
        best, start = turned, 1 - first
        warnings = [f"Taken as counting frames from {start}, in {path.name}: its numbers fit so."]
    if not is_sure and (clip.start or clip.step > 1):
        ticks = (0,) * clip.frames if clip.is_video else ()
        own = replace(clip, start=0, step=1, timestamps=ticks)
        for begin in (first, 1 - first):
            frames = count_frames(numbers, own, begin)
            if _fits(frames) and int((frames >= 0).sum()) > int((best >= 0).sum()):
                best, start, counted = frames, begin, own
                warnings = [
                    f"Taken as the frames of {clip.name} itself from {begin} on, not those of its source, in "
                    f"{path.name}: its numbers fit so."
                ]
    passed = int((best == PASSED_OVER).sum())
    if passed:
        rows = f"{passed:,} row{'s' if passed > 1 else ''}"
        warnings.append(f"Passed over, in {path.name}: {rows} of frames that {clip.name} leaves out.")
    ends = counted.source_frames(np.array([0, clip.frames - 1])) + start
    return FrameNumbers(numbers, best, f"{ends[0]} to {ends[1]}", warnings)


def count_frames(numbers: np.ndarray, clip: Clip, first: int) -> np.ndarray:
    """(M,) int64 frames of the clip that numbers are which count those of its source from `first`."""
    with np.errstate(invalid="ignore"):
        whole = (numbers % 1 == 0) & (np.abs(numbers) < 2**53)
    source = np.where(whole, numbers, first - 1).astype(np.int64) - first
    frames = clip.frames_of_source(source)
    left_out = (frames < 0) & (source >= 0) & bool(clip.start or clip.step > 1)
    return np.where(left_out, PASSED_OVER, frames)


def _fits(frames: np.ndarray) -> bool:
    return int((frames >= 0).sum()) >= max(_BULK * len(frames), 1)


def _fits_better(frames: np.ndarray, usual: np.ndarray) -> bool:
    """Whether more rows are of the source, or as many and more of the clip."""
    scores = [(int((some != -1).sum()), int((some >= 0).sum())) for some in (frames, usual)]
    return scores[0] > scores[1] and scores[0][0] >= _BULK * len(frames) and scores[0][1] > 0


def _is_no_stray(numbers: np.ndarray, clip: Clip, first: int) -> bool:
    """Whether the frame that only this way of counting has is at least half as full as the one beside it."""
    last = int(clip.source_frames(np.array([clip.frames - 1]))[0]) + 1
    edge, inner = (last, last - clip.step) if first else (clip.start, clip.start + clip.step)
    return 2 * int((numbers == edge).sum()) >= int((numbers == inner).sum())
