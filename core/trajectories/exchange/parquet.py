"""A Parquet table of every observation, with the columns and coordinates of `columns`.

Needs pyarrow, the optional extra `parquet` of this program. Empty values are nulls; positions are
float32, so reading gives the very same.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import Tracks
from core.trajectories.exchange.columns import COLUMNS, TEXTS, from_columns, to_columns
from core.trajectories.exchange.reading import read_bytes
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, PointTrajectories


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write boxes of objects and positions of points; masks have no place in a table.

    Raises:
        StudioError: pyarrow is not installed, or the file cannot be written.
    """
    pyarrow, arrow_files = _pyarrow()
    columns = {
        name: pyarrow.array(values.tolist(), pyarrow.string()).dictionary_encode()
        if name in TEXTS
        else pyarrow.array(values, from_pandas=True)  # NaN becomes null
        for name, values in to_columns(points, objects).items()
    }
    with replacing(path) as partial:
        arrow_files.write_table(pyarrow.table(columns), partial, write_page_checksum=True)


def read(path: Path, clip: Clip) -> Tracks:
    """The trajectories of a table; see `columns` for what it needs.

    Raises:
        StudioError: pyarrow is not installed, or the file is missing, no such table, or of another clip.
    """
    pyarrow, arrow_files = _pyarrow()
    data = read_bytes(path)
    try:
        source = pyarrow.BufferReader(data)
        file = arrow_files.ParquetFile(source, page_checksum_verification=True)
        wanted = [name for name in COLUMNS if name in file.schema_arrow.names]
        table = file.read(wanted)
        columns = {name: _values(table.column(name), name, pyarrow) for name in wanted}
    except (pyarrow.ArrowException, OSError, ValueError, TypeError) as error:
        raise StudioError(f"{path} is no whole Parquet table; export it again.") from error
    return from_columns(columns, path, clip)


def _values(column: Any, name: str, pyarrow: Any) -> list[str] | np.ndarray:
    if name in TEXTS:
        return [text or "" for text in column.cast(pyarrow.string()).to_pylist()]
    found = column.cast(pyarrow.float64(), safe=False).to_numpy()
    return np.asarray(found, np.float64)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise StudioError("Parquet needs pyarrow, which is missing; run pip install pyarrow.") from error
    return pyarrow, pyarrow.parquet
