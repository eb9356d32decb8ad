"""The formats that are tables, whose columns can be chosen: one record each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange import parquet, table
from core.trajectories.exchange.assembling import Tracks
from core.trajectories.exchange.column_mapping import ColumnChoice
from core.trajectories.exchange.sheet import Head
from core.trajectories.model import ObjectTrajectory, PointTrajectories
from core.whole_file import open_file


@dataclass(frozen=True)
class Table:
    """One format of tables.

    Attributes:
        head: the names of the columns and the first rows.
        read: the trajectories of a file, for a clip, by a choice of columns.
        write: writes trajectories to a path, by a choice of columns.
    """

    head: Callable[[Path], Head]
    read: Callable[[Path, Clip, ColumnChoice | None], Tracks]
    write: Callable[[Clip, PointTrajectories, Sequence[ObjectTrajectory], Path, ColumnChoice | None], None]


TABLES = {
    "csv": Table(table.head, table.read, table.write),
    "parquet": Table(parquet.head, parquet.read, parquet.write),
}
"""By the name of the format."""


def table_format(path: Path) -> str:
    """Which format of tables a file is of; one that cannot be opened is refused when it is read."""
    try:
        with open_file(path) as file:
            return "parquet" if file.read(4) == b"PAR1" else "csv"
    except StudioError:
        return "csv"


def table_of(format: str) -> Table:
    """The record of a format.

    Raises:
        StudioError: it is no table.
    """
    if format not in TABLES:
        raise StudioError(
            f"Columns are chosen in tables ({', '.join(TABLES)}), and {format} has its own; leave out which "
            "they are."
        )
    return TABLES[format]
