"""A CSV table of every observation, points and objects alike, for spreadsheets and data frames.

UTF-8, commas, a line of column names, then what `columns` says. Positions are written so that reading
gives the very same float32.
"""

import csv
import io
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import Tracks
from core.trajectories.exchange.columns import COLUMNS, TEXTS, from_columns, to_columns
from core.trajectories.exchange.reading import numbers, read_text
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, PointTrajectories

_BATCH = 4_000  # rows held as lists at a time


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
    rows = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    words: dict[str, str] = {}
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        parts: dict[str, list[Any]] = {name: [] for name in names}
        while batch := list(itertools.islice(rows, _BATCH)):
            for name, texts in zip(names, zip(*filter(None, batch), strict=True), strict=True):
                if name in TEXTS:
                    parts[name] += [words.setdefault(text, text) for text in texts]
                elif name in COLUMNS:
                    parts[name].append(_values(texts, name, path))
    except (csv.Error, ValueError) as error:
        raise StudioError(f"{path} is no whole table; export it again as CSV.") from error
    columns = {
        name: part if name in TEXTS else np.concatenate([np.zeros(0), *part])
        for name, part in parts.items()
        if name in COLUMNS
    }
    return from_columns(columns, path, clip)


def _values(texts: Sequence[str], name: str, path: Path) -> np.ndarray:
    """(K,) float64: numbers as text, NaN where empty."""
    if not any(texts):
        return np.full(len(texts), np.nan)
    full = texts if all(texts) else [text or "nan" for text in texts]
    return numbers(full, path, f"values of {name}")


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
