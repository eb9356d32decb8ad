"""MOTChallenge text: `frame,id,left,top,width,height,confidence,class,visibility`, a line an observation.

Everything counts from 1 there: frames, ids, and pixels, so 1 is added to the frame and to the left and
top of our boxes on writing and taken off on reading. Numbers are written with five decimals. Class and
visibility are written as unknown (-1). Confidence 0 means "not to be considered", so ours is written
as at least 0.001. Source: Milan et al., MOT16, 2016.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, PointTrajectories

_LEAST = 0.001


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write the boxes of objects, numbered from 1 in the order given; points have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    lengths = [len(one.frames) for one in objects]
    ids = np.repeat(np.arange(1, len(objects) + 1), lengths)
    frames = np.concatenate([np.zeros(0, np.int64), *(one.frames for one in objects)]) + 1
    boxes = np.concatenate([np.zeros((0, 4)), *(one.boxes for one in objects)])
    sure = np.concatenate([np.zeros(0), *(one.confidence for one in objects)])
    numbers = np.column_stack(
        [boxes[:, :2] + 1, boxes[:, 2:] - boxes[:, :2], np.maximum(sure, _LEAST)]
    ).round(5)
    order = np.lexsort((ids, frames))
    columns = (frames[order], ids[order], *numbers[order].T)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    lines = [
        f"{f},{i},{left},{top},{width},{height},{c},-1,-1\n" for f, i, left, top, width, height, c in rows
    ]
    with replacing(path) as partial, open(partial, "w", encoding="ascii", newline="\n") as file:
        file.writelines(lines)
