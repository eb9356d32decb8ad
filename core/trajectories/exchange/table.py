"""A CSV table of every observation, points and objects alike, for spreadsheets and data frames.

Columns: `kind` (object, point), `trajectory` (its number from 1 within its kind), `label`, `review`
(open, accepted, rejected), `frame` (from 0), `x`, `y` (points, pixels; the centre of the top left
pixel is 0.5, 0.5), `x1`, `y1`, `x2`, `y2` (objects, pixels), `origin`, `error` (points,
forward-backward error in pixels; empty where unknown), `confidence` (objects).
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories, Review

COLUMNS = (
    *("kind", "trajectory", "label", "review", "frame", "x", "y", "x1", "y1", "x2", "y2"),
    *("origin", "error", "confidence"),
)
_ORIGINS = {int(origin): origin.name.lower() for origin in Origin}
_REVIEWS = {int(review): review.name.lower() for review in Review}


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write boxes of objects and positions of points; masks have no place in a table.

    Raises:
        StudioError: the file cannot be written.
    """
    with replacing(path) as partial, open(partial, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for number, one in enumerate(objects, start=1):
            rows.writerows(_object_rows(number, one))
        rows.writerows(_point_rows(points))


def _object_rows(number: int, one: ObjectTrajectory) -> Iterator[tuple[object, ...]]:
    head = ("object", number, one.label, _REVIEWS[int(one.review)])
    for frame, box, origin, confidence in zip(one.frames, one.boxes, one.origin, one.confidence, strict=True):
        yield (*head, int(frame), "", "", *box, _ORIGINS[int(origin)], "", confidence)


def _point_rows(points: PointTrajectories) -> Iterator[tuple[object, ...]]:
    reviews = [_REVIEWS[int(review)] for review in points.review]
    errors = np.where(np.isnan(points.error), "", points.error.astype(str))
    columns = (points.owner, points.frame, points.xy.astype(str), points.origin, errors)
    for owner, frame, (x, y), origin, error in zip(*(column.tolist() for column in columns), strict=True):
        yield (
            *("point", owner + 1, points.labels[owner], reviews[owner], frame, x, y),
            *("", "", "", "", _ORIGINS[origin], error, ""),
        )
