"""A CSV table of every observation, points and objects alike, for spreadsheets and data frames.

UTF-8, commas, a line of column names, then what `columns` says. Positions are written so that reading
gives the very same float32.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import Tracks
from core.trajectories.exchange.columns import COLUMNS, from_columns, to_columns
from core.trajectories.exchange.reading import read_text
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, PointTrajectories


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write boxes of objects and positions of points; masks have no place in a table.

    Raises:
        StudioError: the file cannot be written.
    """
    columns = to_columns(points, objects)
    texts = [_texts(column) for column in columns.values()]
    with replacing(path) as partial, open(partial, "w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        file.writelines(",".join(row) + "\n" for row in zip(*texts, strict=True))


def read(path: Path, clip: Clip) -> Tracks:
    """The trajectories of a table; see `columns` for what it needs.

    Raises:
        StudioError: the file is missing, no such table, or of another clip.
    """
    try:
        rows = [row for row in csv.reader(io.StringIO(read_text(path), newline=""), strict=True) if row]
        if not rows:
            raise StudioError(f"{path} is empty; export it again as CSV.")
        names = [name.strip().lower() for name in rows[0]]
        columns = list(zip(*rows, strict=True))
    except (csv.Error, ValueError) as error:
        raise StudioError(f"{path} is no whole table; export it again as CSV.") from error
    return from_columns({name: column[1:] for name, column in zip(names, columns, strict=True)}, path, clip)


def _texts(column: np.ndarray) -> list[str]:
    """(M,) values as CSV has them: empty for NaN, quoted where they must be."""
    if column.dtype == object:
        quoted = {text: _quoted(text) for text in set(column.tolist())}
        return [quoted[text] for text in column.tolist()]
    if column.dtype.kind == "f":
        return np.where(np.isnan(column), "", column.astype(str)).tolist()
    return list(map(str, column.tolist()))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
