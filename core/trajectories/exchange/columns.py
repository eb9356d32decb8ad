"""Trajectories as columns, a row an observation: what CSV and Parquet files hold.

Columns: `kind` (object, point), `trajectory` (its number from 1 within its kind), `label`, `review`
(open, accepted, rejected), `frame` (of the clip's source, from 0), `x`, `y` (points, pixels; the centre of
the top left pixel is 0.5, 0.5), `x1`, `y1`, `x2`, `y2` (objects, pixels, as in `core.geometry`), `origin`
(annotated, edited, propagated, linked), `error` (points, forward-backward error in pixels; empty where
unknown), `confidence` (objects), `end_reason` (points). Masks have no place in a table.

`column_reading` reads them again, and tables of other programs.
"""

import enum
from collections.abc import Sequence

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.exchange.column_mapping import CORNERS, PLACES
from core.trajectories.model import EndReason, ObjectTrajectory, Origin, PointTrajectories, Review

COLUMNS = (
    *("kind", "trajectory", "label", "review", "frame", *PLACES, *CORNERS),
    *("origin", "error", "confidence", "end_reason"),
)


def to_columns(
    clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory]
) -> dict[str, np.ndarray]:
    """The columns of trajectories, objects first.

    Returns:
        Name → (M,) array: of str objects for `TEXTS`, int64 for `trajectory` and `frame`, else float32.
    """
    lengths = [len(one.frames) for one in objects]
    total, seen = sum(lengths), len(points.xy)
    places = np.full((total + seen, 6), np.nan, np.float32)
    places[:total, 2:] = np.concatenate([np.zeros((0, 4)), *(one.boxes for one in objects)])
    places[total:, :2] = points.xy
    origin = np.concatenate([np.zeros(0, np.uint8), *(one.origin for one in objects), points.origin])
    unknown = [np.full(count, np.nan, np.float32) for count in (total, seen)]
    columns = {
        "kind": np.repeat(np.array(["object", "point"], object), [total, seen]),
        "trajectory": np.concatenate([np.repeat(np.arange(len(objects)), lengths), points.owner]) + 1,
        "label": _each([one.label for one in objects], lengths, points.labels, points),
        "review": _each(
            _words(Review, [one.review for one in objects]), lengths, _words(Review, points.review), points
        ),
        "frame": clip.source_frames(
            np.concatenate([np.zeros(0, np.int64), *(one.frames for one in objects), points.frame])
        ),
        "origin": np.array(_words(Origin, np.arange(len(Origin))), object)[origin],
        "error": np.concatenate([unknown[0], points.error]),
        "confidence": np.concatenate([*(one.confidence for one in objects), unknown[1]]),
        "end_reason": _each([""] * len(objects), lengths, _words(EndReason, points.end_reason), points),
    }
    columns |= {name: places[:, column] for column, name in enumerate((*PLACES, *CORNERS))}
    return {name: columns[name] for name in COLUMNS}


def _words(cls: type[enum.IntEnum], codes: Sequence[int] | np.ndarray) -> list[str]:
    names = {int(one): one.name.lower() for one in cls}
    return [names[int(code)] for code in codes]


def _each(
    of_objects: Sequence[str], lengths: Sequence[int], of_points: Sequence[str], points: PointTrajectories
) -> np.ndarray:
    """A word for each trajectory → one for each row."""
    words = np.array([*of_objects, *of_points, ""], object)[:-1]  # "": an array of str objects even if empty
    return np.repeat(words, [*lengths, *points.lengths.tolist()])
