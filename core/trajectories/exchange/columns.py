"""Trajectories as columns, a row an observation: what CSV and Parquet files hold.

Columns: `kind` (object, point), `trajectory` (its number from 1 within its kind), `label`, `review`
(open, accepted, rejected), `frame` (from 0), `x`, `y` (points, pixels; the centre of the top left
pixel is 0.5, 0.5), `x1`, `y1`, `x2`, `y2` (objects, pixels, as in `core.geometry`), `origin`
(annotated, edited, propagated, linked), `error` (points, forward-backward error in pixels; empty where
unknown), `confidence` (objects), `end_reason` (points). Masks have no place in a table.

To read, `kind`, `trajectory`, `frame` and the places are enough; label, review and end of a trajectory
are those of its first row, and other columns are passed over.
"""

import enum
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import NO_POINTS, Listing, Tracks, number_owners
from core.trajectories.model import EndReason, ObjectTrajectory, Origin, PointTrajectories, Review

PLACES = ("x", "y")
CORNERS = ("x1", "y1", "x2", "y2")
COLUMNS = (
    *("kind", "trajectory", "label", "review", "frame", *PLACES, *CORNERS),
    *("origin", "error", "confidence", "end_reason"),
)
TEXTS = ("kind", "label", "review", "origin", "end_reason")
"""The columns that hold words; all others hold numbers, NaN where empty."""

Columns = Mapping[str, Any]


def to_columns(points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> dict[str, np.ndarray]:
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
        "frame": np.concatenate([np.zeros(0, np.int64), *(one.frames for one in objects), points.frame]),
        "origin": np.array(_words(Origin, np.arange(len(Origin))), object)[origin],
        "error": np.concatenate([unknown[0], points.error]),
        "confidence": np.concatenate([*(one.confidence for one in objects), unknown[1]]),
        "end_reason": _each([""] * len(objects), lengths, _words(EndReason, points.end_reason), points),
    }
    columns |= {name: places[:, column] for column, name in enumerate((*PLACES, *CORNERS))}
    return {name: columns[name] for name in COLUMNS}


def from_columns(columns: Columns, path: Path, clip: Clip) -> Tracks:
    """The trajectories of columns, each a list of words (`TEXTS`) or an array of numbers.

    Raises:
        StudioError: columns are missing, words unknown, or rows refused (see `assembling`).
    """
    missing = [name for name in ("kind", "trajectory", "frame") if name not in columns]
    if missing:
        raise StudioError(f"{path} has no column {missing[0]!r}; name the columns {', '.join(COLUMNS)}.")
    is_point = np.array(_codes(columns["kind"], {"object": 0, "point": 1}, "kind", path), bool)
    points, warnings = NO_POINTS, list[str]()
    if is_point.any():
        part = _Part(columns, is_point, path)
        rows = part.rows(clip, Origin.LINKED)
        reasons = part.codes("end_reason", EndReason) if "end_reason" in columns else None
        points, warnings = rows.points(
            np.column_stack([part.numbers(name) for name in PLACES]),
            part.numbers("error", np.nan).astype(np.float32),
            None if reasons is None else reasons[part.firsts],
        )
    if is_point.all():
        return points, [], warnings
    part = _Part(columns, ~is_point, path)
    corners = np.column_stack([part.numbers(name) for name in CORNERS])
    objects, odd = part.rows(clip, Origin.ANNOTATED).objects(corners, part.numbers("confidence", 1))
    return points, objects, warnings + odd


class _Part:
    """The rows of one kind."""

    def __init__(self, columns: Columns, where: np.ndarray, path: Path) -> None:
        self._columns, self._where, self._path = columns, where, path
        ids = self.numbers("trajectory")
        if not (np.isfinite(ids).all() and (ids % 1 == 0).all()):
            raise StudioError(f"{path} has trajectories that are not numbered 1, 2, 3 …; number them.")
        self.names, self.owner = number_owners(ids)
        self.firsts = np.unique(self.owner, return_index=True)[1]

    def rows(self, clip: Clip, origin: Origin) -> Listing:
        """What both kinds share; `origin` where the file does not say."""
        texts = self._text("label") if "label" in self._columns else None
        labels = [] if texts is None else [str(texts[row]) for row in self.firsts.tolist()]
        given = self.codes("origin", Origin) if "origin" in self._columns else origin
        review = self.codes("review", Review)[self.firsts] if "review" in self._columns else ()
        shown = [f"{name:g}" for name in self.names]
        return Listing(self._path, clip, self.owner, self.numbers("frame"), shown, given, labels, review)

    def numbers(self, name: str, default: float | None = None) -> np.ndarray:
        """(K,) float64: a column of numbers, NaN where empty; the default where it is missing."""
        if name not in self._columns:
            if default is None:
                raise StudioError(f"{self._path} has no column {name!r}; add it.")
            return np.full(int(self._where.sum()), default)
        return np.asarray(self._columns[name], np.float64)[self._where]

    def codes(self, name: str, words: type[enum.IntEnum]) -> np.ndarray:
        """(K,) uint8: a column of words of an enumeration."""
        table = {one.name.lower(): int(one) for one in words}
        return np.array(_codes(self._text(name), table, name, self._path), np.uint8)

    def _text(self, name: str) -> list[str]:
        return list(itertools.compress(self._columns[name], self._where))


def _codes(texts: Sequence[str], table: Mapping[str, int], name: str, path: Path) -> list[int]:
    try:
        return [table[text] for text in texts]
    except (KeyError, TypeError):
        wrong = next(text for text in texts if text not in table)
        raise StudioError(
            f"{path} has the {name} {str(wrong)[:40]!r}; use one of {', '.join(table)}."
        ) from None


def _words(cls: type[enum.IntEnum], codes: Sequence[int] | np.ndarray) -> list[str]:
    names = {int(one): one.name.lower() for one in cls}
    return [names[int(code)] for code in codes]


def _each(
    of_objects: Sequence[str], lengths: Sequence[int], of_points: Sequence[str], points: PointTrajectories
) -> np.ndarray:
    """A word for each trajectory → one for each row."""
    words = np.array([*of_objects, *of_points, ""], object)[:-1]  # "": an array of str objects even if empty
    return np.repeat(words, [*lengths, *points.lengths.tolist()])
