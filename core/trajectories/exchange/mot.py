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
from core.errors import StudioError
from core.trajectories.exchange.assembling import (
    NO_POINTS,
    Listing,
    Tracks,
    counted,
    given_origin,
    number_owners,
)
from core.trajectories.exchange.reading import read_text
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, PointTrajectories

_LEAST = 0.001
_CLASSES = (
    *("pedestrian", "person on vehicle", "car", "bicycle", "motorbike", "non motorized vehicle"),
    *("static person", "distractor", "occluder", "occluder on the ground", "occluder full", "reflection"),
)
"""The classes of MOT16, from 1."""


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


def read(path: Path, clip: Clip) -> Tracks:
    """The boxes of a file, by id.

    Those of a confidence between 0 and 1 are propagated, all others annotated; lines of confidence 0
    are left out. In files of nine columns a class of MOT16 becomes the label.

    Raises:
        StudioError: the file is missing, not of this format, without ids or of another clip.
    """
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    if not lines:
        return NO_POINTS, [], []
    table = _table(lines, path)
    if (table[:, 1] == -1).any():
        raise StudioError(
            f"{path} has boxes without an id (-1), so they are detections; choose a file of tracks."
        )
    sure = table[:, 6] if table.shape[1] > 6 else np.ones(len(table))
    kept = table[sure != 0]
    sure = sure[sure != 0]
    names, owner = number_owners(kept[:, 1])
    boxes = np.column_stack([kept[:, 2:4] - 1, kept[:, 2:4] - 1 + kept[:, 4:6]])
    labels = _labels(kept, owner, len(names))
    shown = [f"{name:g}" for name in names]
    rows = Listing(path, clip, owner, kept[:, 0] - 1, shown, given_origin(sure), labels)
    ignored = len(table) - len(kept)
    warnings = [f"Left out, in {path.name}: {counted(ignored, 'line')} not to be considered."]
    objects, odd = rows.objects(boxes, sure)
    return NO_POINTS, objects, (warnings if ignored else []) + odd


def _table(lines: Sequence[str], path: Path) -> np.ndarray:
    """(M, six or more) float64, of which the second column holds whole numbers."""
    columns = lines[0].count(",") + 1
    try:
        if any(line.count(",") + 1 != columns for line in lines):
            raise ValueError("lines of several lengths")
        values = np.fromiter(map(float, ",".join(lines).split(",")), np.float64)
    except ValueError as error:
        raise StudioError(
            f"{path} has lines that are not all the same number of numbers; choose a MOTChallenge file."
        ) from error
    table = values.reshape(len(lines), columns)
    if columns < 6:
        raise StudioError(f"{path} has fewer than six columns; choose a MOTChallenge file.")
    if not (np.isfinite(table[:, 1]).all() and (table[:, 1] % 1 == 0).all()):
        raise StudioError(f"{path} has ids that are no whole numbers; choose a MOTChallenge file.")
    return table


def _labels(table: np.ndarray, owner: np.ndarray, count: int) -> list[str]:
    """The class of each id by its first line; empty where there is none."""
    numbers = np.zeros(count)
    if table.shape[1] == 9:
        numbers[owner[::-1]] = table[::-1, 7]
    return [_CLASSES[int(n) - 1] if n in range(1, len(_CLASSES) + 1) else "" for n in numbers]
