"""Brox's `Tracks<N>.dat`: point trajectories as text.

```
<frames>
<trajectories>
<label> <length>      then `length` lines:   <x> <y> <frame>
```

Frames count from 0. There the centre of the top left pixel is (0, 0), so half a pixel is taken off on
writing and added on reading. Positions are written with five decimals. The label is the number of a
cluster: a trajectory's own label where that is a whole number, else 0; Brox leaves out negative ones
(outliers), and so does `read`. A file whose labels are all 0 has no clusters: its trajectories are
nameless. Source: the reader and writer that come with FBMS-59 (Ochs, Malik and Brox, PAMI 2014).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import Listing, Tracks, counted
from core.trajectories.exchange.reading import read_text
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

_LONGEST = 9  # digits of a cluster's number


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write point trajectories; objects have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    xy = (points.xy.astype(np.float64) - 0.5).round(5)
    columns = (xy[:, 0].tolist(), xy[:, 1].tolist(), points.frame.tolist())
    rows = [f"{x} {y} {frame}\n" for x, y, frame in zip(*columns, strict=True)]
    with replacing(path) as partial, open(partial, "w", encoding="ascii", newline="\n") as file:
        file.write(f"{clip.frames}\n{len(points)}\n")
        for place, label in enumerate(points.labels):
            start, end = points.offsets[place], points.offsets[place + 1]
            is_number = label.isascii() and label.isdecimal() and len(label) <= _LONGEST
            file.write(f"{int(label) if is_number else 0} {end - start}\n")
            file.writelines(rows[start:end])


def read(path: Path, clip: Clip) -> Tracks:
    """The point trajectories of a file, linked, their labels the numbers of their clusters.

    Raises:
        StudioError: the file is missing, cut short, not of this format or of another clip.
    """
    try:
        words = read_text(path).split()
        values = np.fromiter(map(float, words), np.float64, len(words))
    except ValueError as error:
        raise StudioError(
            f"{path} holds something other than numbers; choose a Tracks file of Brox's."
        ) from error
    if len(values) < 2 or not np.isfinite(values).all():
        raise StudioError(f"{path} holds no trajectories; choose a Tracks file of Brox's.")
    if values[0] > clip.frames:
        raise StudioError(
            f"{path} is of {values[0]:g} frames while {clip.name} has {clip.frames}; choose the clip it "
            "belongs to."
        )
    heads, lengths = _heads(values, path)
    rows = np.delete(values, np.concatenate(([0, 1], heads, heads + 1)))[: 3 * lengths.sum()].reshape(-1, 3)
    owner = np.repeat(np.arange(len(heads)), lengths)
    _check_frames(rows[:, 2], owner, values[0], path)
    numbers = values[heads]
    clustered = bool((numbers > 0).any())
    names = [f"{number:.0f}" if clustered else "" for number in numbers.tolist()]
    table = Listing(path, clip, owner, rows[:, 2], range(len(heads)), Origin.LINKED, names)
    points, warnings = table.take(numbers[owner] >= 0).points(rows[numbers[owner] >= 0, :2] + 0.5)
    outliers = int((numbers < 0).sum())
    if outliers:
        warnings.append(f"Left out, in {path.name}: {counted(outliers, 'outlier')}.")
    return points, [], warnings


def _heads(values: np.ndarray, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Where the label of each trajectory stands, and how many observations follow: two (N,) int64."""
    heads, lengths = [], []
    place, size = 2, len(values)
    for number in range(_count(values[1], size)):
        length = _count(values[place + 1], size) if place + 1 < size else 0
        if length == 0 or place + 2 + 3 * length > size:
            raise StudioError(
                f"{path} ends within trajectory {number}; copy it again from where it came from."
            )
        heads.append(place)
        lengths.append(length)
        place += 2 + 3 * length
    return np.array(heads, np.int64), np.array(lengths, np.int64)


def _check_frames(frame: np.ndarray, owner: np.ndarray, frames: float, path: Path) -> None:
    """In this format a trajectory has no gaps, so a gap is damage."""
    wrong = (frame < 0) | (frame >= frames) | (frame % 1 != 0)
    wrong[1:] |= (np.diff(owner) == 0) & (np.diff(frame) != 1)
    if wrong.any():
        raise StudioError(
            f"{path} has frames out of order in trajectory {owner[np.argmax(wrong)]}; write it again."
        )


def _count(number: float, most: int) -> int:
    return int(min(max(number, 0), most))
