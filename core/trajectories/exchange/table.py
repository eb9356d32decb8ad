"""A CSV table of every observation, points and objects alike, for spreadsheets and data frames.

Written in UTF-8 with commas, a line of column names, then what `columns` says, or what a choice of columns
asks for. Positions are written so that reading gives the very same float32. Read as `separated` and
`column_reading` say.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.exchange import deeplabcut
from core.trajectories.exchange.assembling import Tracks
from core.trajectories.exchange.column_mapping import ColumnChoice
from core.trajectories.exchange.column_reading import read_tracks
from core.trajectories.exchange.column_writing import chosen
from core.trajectories.exchange.columns import to_columns
from core.trajectories.exchange.replacing import replacing
from core.trajectories.exchange.separated import SeparatedSheet
from core.trajectories.exchange.sheet import Head
from core.trajectories.model import ObjectTrajectory, PointTrajectories

_BATCH = 50_000  # rows held as texts at a time


def write(
    clip: Clip,
    points: PointTrajectories,
    objects: Sequence[ObjectTrajectory],
    path: Path,
    choice: ColumnChoice | None = None,
) -> None:
    """Write boxes of objects and positions of points; masks have no place in a table.

    Raises:
        StudioError: the file cannot be written, or the choice names no columns of ours.
    """
    if choice is not None and choice.preset is not None and choice.preset.stacked:
        deeplabcut.write(clip, points, path)
        return
    columns = chosen(to_columns(clip, points, objects), choice)
    rows = len(next(iter(columns.values())))
    with replacing(path) as partial, open(partial, "w", encoding="utf-8", newline="") as file:
        file.write(",".join(map(_quoted, columns)) + "\n")
        for start in range(0, rows, _BATCH):
            texts = [_texts(column[start : start + _BATCH]) for column in columns.values()]
            file.writelines(",".join(row) + "\n" for row in zip(*texts, strict=True))


def head(path: Path) -> Head:
    """The names of a table's columns and its first rows.

    Raises:
        StudioError: the file is missing or no text.
    """
    return SeparatedSheet(path).head


def read(path: Path, clip: Clip, choice: ColumnChoice | None = None) -> Tracks:
    """The trajectories of a table; see `column_reading` for what it needs.

    Raises:
        StudioError: the file is missing, no such table, or of another clip.
    """
    return read_tracks(SeparatedSheet(path), path, clip, choice)


def _texts(column: np.ndarray) -> list[str]:
    """(M,) values as CSV has them: empty for NaN, quoted where they must be."""
    if column.dtype == object:
        quoted = {text: _quoted(text) for text in set(column.tolist())}
        return [quoted[text] for text in column.tolist()]
    if column.dtype.kind == "f":
        return np.where(np.isnan(column), "", column.astype(str)).tolist()
    return list(map(str, column.tolist()))


def _quoted(text: str) -> str:
    """A text that a reader takes for one cell, and for the same one."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') or text != text.strip() else text
