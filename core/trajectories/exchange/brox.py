"""Brox's `Tracks<N>.dat`: point trajectories as text.

```
<frames>
<trajectories>
<label> <length>      then `length` lines:   <x> <y> <frame>
```

Frames count from 0; they are those of the clip's source, or, where the clip takes only some of its frames,
those of the clip, since a trajectory has no gaps there. The centre of the top left pixel is (0, 0), so half
a pixel is taken off on writing and added on reading. Positions are written with five decimals. The label is
the number of a cluster: a trajectory's own label where that is a whole number, else 0; Brox leaves out
negative ones (outliers), and so does `read`. A file whose labels are all 0 has no clusters: its
trajectories are nameless.
Source: the reader and writer that come with FBMS-59 (Ochs, Malik and Brox, PAMI 2014).
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.text_file import lines_of
from core.trajectories.exchange.assembling import Listing, Tracks, counted
from core.trajectories.exchange.frame_numbers import frames_of
from core.trajectories.exchange.reading import read_text
from core.trajectories.exchange.replacing import replacing
from core.trajectories.exchange.sheet import cell_numbers
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

_LONGEST = 9  # digits of a cluster's number


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write point trajectories; objects have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    xy = (points.xy.astype(np.float64) - 0.5).round(5)
    counted_as = _counted_as(clip)
    columns = (xy[:, 0].tolist(), xy[:, 1].tolist(), counted_as.source_frames(points.frame).tolist())
    rows = [f"{x} {y} {frame}\n" for x, y, frame in zip(*columns, strict=True)]
    with replacing(path) as partial, open(partial, "w", encoding="ascii", newline="\n") as file:
        file.write(f"{_length(counted_as)}\n{len(points)}\n")
        for place, label in enumerate(points.labels):
            start, end = points.offsets[place], points.offsets[place + 1]
            file.write(f"{_cluster(label)} {end - start}\n")
            file.writelines(rows[start:end])


def losses(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> list[str]:
    """Which labels become others, and which frames; see `Format.losses`."""
    clusters = {label: _cluster(label) for label in set(points.labels)}
    numbered, said = any(clusters.values()), []
    if not all(label == (str(number) if numbered else "") for label, number in clusters.items()):
        said.append(
            "Brox tracks have the number of a cluster instead of a label: labels such as 7 are kept, all "
            "others become 0."
        )
    if len(points) and clip.step > 1:
        said.append(
            f"Brox tracks have no gaps, so their frames are those of {clip.name} itself, not of its source."
        )
    return said


def _cluster(label: str) -> int:
    is_number = label.isascii() and label.isdecimal() and len(label) <= _LONGEST
    return int(label) if is_number else 0


def read(path: Path, clip: Clip) -> Tracks:
    """The point trajectories of a file, linked, their labels the numbers of their clusters.

    Raises:
        StudioError: the file is missing, cut short, not of this format or of another clip, or more than a
            tenth of its rows are odd.
    """
    text = read_text(path)
    values = cell_numbers(text.split(), comma=True)
    if len(values) < 2 or not np.isfinite(values[:2]).all():
        raise StudioError(f"{path} holds no trajectories; choose a Tracks file of Brox's.")
    counted_as = _counted_as(clip)
    if values[0] > _length(counted_as):
        raise StudioError(
            f"{path} is of {values[0]:g} frames while {clip.name} has {_length(counted_as)}; choose the clip "
            "it belongs to."
        )
    heads, lengths = _heads(values, path)
    numbers = values[heads]
    places = np.repeat(heads + 2 - 3 * (np.cumsum(lengths) - lengths), lengths) + 3 * np.arange(lengths.sum())
    owner = np.repeat(np.arange(len(heads)), lengths)
    kept = numbers[owner] >= 0
    owner, places = owner[kept], places[kept]
    clustered = bool((numbers > 0).any())
    names = [f"{number:.0f}" if clustered and number >= 0 else "" for number in numbers.tolist()]
    frames = frames_of(values[places + 2], counted_as, path)
    listing = Listing(
        *(path, clip, owner, frames.frame, range(len(heads)), Origin.LINKED, names),
        lines=_lines(text, places),
        numbers=frames.numbers,
        span=frames.span,
        own_faults=_faults(frames.numbers, owner),
    )
    points, said = listing.points(np.column_stack([values[places], values[places + 1]]) + 0.5)
    return points, [], frames.warnings + said + _left_out(values, heads, lengths, path)


def _counted_as(clip: Clip) -> Clip:
    """The clip whose frames the numbers mean: it has no gaps."""
    if clip.step == 1:
        return clip
    ticks = (0,) * clip.frames if clip.is_video else ()
    return replace(clip, start=0, step=1, timestamps=ticks)


def _length(clip: Clip) -> int:
    """How many frames are considered."""
    return clip.start + clip.frames


def _lines(text: str, places: np.ndarray) -> np.ndarray:
    """(M,) int64: the lines in which the numbers at some places stand."""
    counts = [line.count(" ") + 1 if line else 0 for line in lines_of(text)]
    if sum(counts) != len(text.split()):  # several blanks between two numbers
        counts = [len(line.split()) for line in lines_of(text)]
    return np.searchsorted(np.cumsum(counts), places, "right") + 1


def _heads(values: np.ndarray, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Where the label of each trajectory stands, and how many observations follow: two (N,) int64."""
    heads, lengths = [], []
    place, size = 2, len(values)
    for number in range(_count(values[1], size)):
        label, length = (float(values[place]), float(values[place + 1])) if place + 1 < size else (0.0, -1.0)
        if not (math.isfinite(label) and math.isfinite(length) and label % 1 == 0):
            raise StudioError(
                f"{path} holds something other than numbers at the head of trajectory {number}; choose a "
                "Tracks file of Brox's."
            )
        if not (length >= 0 and length % 1 == 0) or place + 2 + 3 * length > size:
            raise StudioError(
                f"{path} ends within trajectory {number}; copy it again from where it came from."
            )
        heads.append(place)
        lengths.append(int(length))
        place += 2 + 3 * int(length)
    return np.array(heads, np.int64), np.array(lengths, np.int64)


def _faults(frame: np.ndarray, owner: np.ndarray) -> dict[int, str]:
    """Rows that do not follow the one before: in this format a trajectory has no gaps."""
    with np.errstate(invalid="ignore"), np.errstate(over="ignore", invalid="ignore"):
        after = np.flatnonzero((np.diff(owner) == 0) & (np.diff(frame) != 1)) + 1
    known = set(after.tolist())
    # The row after one that is out of order does not follow it either, yet is right.
    wrong = [row for row in known if row - 1 not in known or frame[row] != frame[row - 2] + 2]
    return {row: f"frame {frame[row]:g} does not follow {frame[row - 1]:g}" for row in wrong}


def _left_out(values: np.ndarray, heads: np.ndarray, lengths: np.ndarray, path: Path) -> list[str]:
    said = []
    outliers = int((values[heads] < 0).sum())
    if outliers:
        said.append(f"Left out, in {path.name}: {counted(outliers, 'outlier')}.")
    read = int(heads[-1] + 2 + 3 * lengths[-1]) if len(heads) else 2
    if read < len(values):
        more = counted(len(values) - read, "number")
        said.append(f"Left out, in {path.name}: {more} after its {len(heads)} trajectories.")
    return said


def _count(number: float, most: int) -> int:
    return int(min(max(number, 0), most))
