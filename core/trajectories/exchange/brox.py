"""Brox's `Tracks<N>.dat`: point trajectories as text.

```
<frames>
<trajectories>
<label> <length>      then `length` lines:   <x> <y> <frame>
```

Frames count from 0. There the centre of the top left pixel is (0, 0), so half a pixel is taken off on
writing and added on reading. The label is the number of a cluster: a trajectory's own label where
that is a whole number, else 0; Brox leaves out negative ones (outliers), and so does `read`.
Source: the reader and writer that come with FBMS-59 (Ochs, Malik and Brox, PAMI 2014).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, PointTrajectories


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write point trajectories; objects have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    texts = (points.xy.astype(np.float64) - 0.5).round(5).astype(str).tolist()
    frames = points.frame.tolist()
    rows = [f"{x} {y} {frame}\n" for (x, y), frame in zip(texts, frames, strict=True)]
    with replacing(path) as partial, open(partial, "w", encoding="ascii", newline="\n") as file:
        file.write(f"{clip.frames}\n{len(points)}\n")
        for place, label in enumerate(points.labels):
            start, end = points.offsets[place], points.offsets[place + 1]
            number = label if label.isascii() and label.isdecimal() else "0"
            file.write(f"{number} {end - start}\n")
            file.writelines(rows[start:end])


def read(path: Path) -> PointTrajectories:
    """The point trajectories of a file, their labels the numbers of their clusters.

    Raises:
        StudioError: the file is missing, cut short or not of this format.
    """
    try:
        words = path.read_text(encoding="ascii").split()
        numbers = np.array(words, np.float64)
    except OSError as error:
        raise StudioError(
            f"{path} cannot be read ({error.strerror}); check its name and permissions."
        ) from error
    except ValueError as error:
        raise StudioError(
            f"{path} holds something other than numbers; choose a Tracks file of Brox's."
        ) from error
    if len(numbers) < 2 or not np.isfinite(numbers).all():
        raise StudioError(f"{path} holds no trajectories; choose a Tracks file of Brox's.")
    first, xy, labels = [], [], []
    place = 2
    for number in range(_count(numbers[1], len(numbers))):
        length = _count(numbers[place + 1], len(numbers)) if place + 1 < len(numbers) else 0
        block = numbers[place + 2 : place + 2 + 3 * length]
        if length == 0 or len(block) < 3 * length:
            raise StudioError(
                f"{path} ends within trajectory {number}; copy it again from where it came from."
            )
        steps = block.reshape(length, 3)
        if (
            steps[0, 2] < 0
            or steps[-1, 2] >= numbers[0]
            or (np.diff(steps[:, 2]) != 1).any()
            or steps[0, 2] % 1
        ):
            raise StudioError(f"{path} has frames out of order in trajectory {number}; write it anew.")
        if numbers[place] >= 0:
            first.append(int(steps[0, 2]))
            xy.append(steps[:, :2] + 0.5)
            labels.append(str(int(numbers[place])))
        place += 2 + 3 * length
    return replace(PointTrajectories.pack(first, xy), labels=tuple(labels))


def _count(number: float, most: int) -> int:
    return int(min(max(number, 0), most))
