"""A Parquet table of every observation, with the columns and coordinates of `columns`.

Needs pyarrow, the optional extra `parquet` of this program. Empty values are nulls; positions are
float32, so reading gives the very same. Read in parts, as `column_reading` says, from columns of any
numbers (decimals and texts of numbers too) and of any words; not from lists, structures or times.
"""

from collections.abc import Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import Tracks
from core.trajectories.exchange.column_mapping import ColumnChoice
from core.trajectories.exchange.column_reading import read_tracks
from core.trajectories.exchange.column_writing import chosen
from core.trajectories.exchange.columns import to_columns
from core.trajectories.exchange.replacing import replacing
from core.trajectories.exchange.sheet import SHOWN, Body, Head, cell_numbers, one_line
from core.trajectories.model import ObjectTrajectory, PointTrajectories
from core.whole_file import check_room, open_file

_BATCH = 65_536  # rows decoded at a time
_MOST = 1 << 28  # rows of a table
_A_ROW = 256  # bytes of memory that reading one takes at least


def write(
    clip: Clip,
    points: PointTrajectories,
    objects: Sequence[ObjectTrajectory],
    path: Path,
    choice: ColumnChoice | None = None,
) -> None:
    """Write boxes of objects and positions of points; masks have no place in a table.

    Raises:
        StudioError: pyarrow is not installed, the file cannot be written, or the choice names no columns
            of ours.
    """
    pyarrow, arrow_files = _pyarrow()
    columns = {
        name: pyarrow.array(values.tolist(), pyarrow.string()).dictionary_encode()
        if values.dtype == object
        else pyarrow.array(values, from_pandas=True)  # NaN becomes null
        for name, values in chosen(to_columns(clip, points, objects), choice).items()
    }
    with replacing(path) as partial:
        arrow_files.write_table(pyarrow.table(columns), partial, write_page_checksum=True)


def head(path: Path) -> Head:
    """The names of a table's columns and its first rows.

    Raises:
        StudioError: pyarrow is not installed, or the file is missing or no Parquet.
    """
    with ParquetSheet(path) as sheet:
        return sheet.head


def read(path: Path, clip: Clip, choice: ColumnChoice | None = None) -> Tracks:
    """The trajectories of a table; see `column_reading` for what it needs.

    Raises:
        StudioError: pyarrow is not installed, or the file is missing, no such table, or of another clip.
    """
    with ParquetSheet(path) as sheet:
        return read_tracks(sheet, path, clip, choice)


class ParquetSheet:
    """A Parquet file as a table; to be closed, as `with` does.

    Raises:
        StudioError: pyarrow is not installed, or the file is missing or no Parquet.
    """

    def __init__(self, path: Path) -> None:
        self._pyarrow, arrow_files = _pyarrow()
        self._path = path
        self._file = open_file(path)
        try:
            self._table = arrow_files.ParquetFile(self._file, page_checksum_verification=True)
            self._schema = self._table.schema_arrow
        except self._damage as error:
            self._file.close()
            raise self._refusal() from error
        try:
            self._check_bounds()
        except StudioError:
            self._file.close()
            raise

    def _check_bounds(self) -> None:
        about = self._table.metadata
        if about.num_rows > _MOST:
            raise StudioError(
                f"{self._path} has {about.num_rows:,} rows, more than the {_MOST:,} that are read; save it "
                "in parts."
            )
        groups = (about.row_group(number) for number in range(about.num_row_groups))
        largest = max((group.total_byte_size for group in groups), default=0)  # .column() of some ends us
        check_room(self._path, max(_A_ROW * about.num_rows, largest))

    def __enter__(self) -> "ParquetSheet":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @cached_property
    def head(self) -> Head:
        names = tuple(self._schema.names)
        single = [name for name in names if names.count(name) == 1]
        try:
            first = next(self._table.iter_batches(SHOWN, columns=single), None)
            shown = [] if first is None else first.to_pylist()
        except self._damage as error:
            raise self._refusal() from error
        rows = tuple(
            tuple("" if row.get(name) is None else str(row[name]) for name in names) for row in shown
        )
        return Head(tuple(map(one_line, names)), rows)

    def body(self, numbers: Collection[int], words: Collection[int]) -> Body:
        """As `Sheet.body`.

        Raises:
            StudioError: the file is damaged, or such a column cannot hold that.
        """
        names = self._schema.names
        for place in {*numbers, *words}:
            self._check(names[place], self._schema.types[place])
        wanted = [names[place] for place in sorted({*numbers, *words})]
        found: dict[int, list[np.ndarray]] = {place: [] for place in numbers}
        texts: dict[int, list[str]] = {place: [] for place in words}
        rows = 0
        try:
            for batch in self._table.iter_batches(_BATCH, columns=wanted):
                rows += batch.num_rows
                for place in numbers:
                    found[place].append(self._numbers(batch.column(names[place])))
                for place in words:
                    texts[place] += self._words(batch.column(names[place]))
        except self._damage as error:
            raise self._refusal() from error
        return Body(
            {place: np.concatenate([np.zeros(0), *parts]) for place, parts in found.items()},
            texts,
            np.arange(rows) + 1,
            "row",
        )

    def _numbers(self, column: Any) -> np.ndarray:
        types = self._pyarrow.types
        kind = column.type.value_type if types.is_dictionary(column.type) else column.type
        if types.is_string(kind) or types.is_large_string(kind):
            return cell_numbers(self._words(column))
        cast = column.cast(self._pyarrow.float64(), safe=False)
        return np.asarray(cast.to_numpy(zero_copy_only=False), np.float64)

    def _words(self, column: Any) -> list[str]:
        types = self._pyarrow.types
        if not types.is_dictionary(column.type):
            column = column.cast(self._pyarrow.string()).dictionary_encode()
        words = column.dictionary.cast(self._pyarrow.string()).fill_null("").to_pylist()
        known = np.array([*words, ""], object)
        return known[column.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)].tolist()

    def _check(self, name: str, kind: Any) -> None:
        if self._schema.names.count(name) > 1:
            raise StudioError(f"{self._path} has several columns {name!r}; save it with one.")
        types = self._pyarrow.types
        if types.is_dictionary(kind):
            kind = kind.value_type
        good = (types.is_integer, types.is_floating, types.is_decimal, types.is_string, types.is_large_string)
        if not any(is_one(kind) for is_one in (*good, types.is_null)):
            raise StudioError(
                f"{self._path} has the column {name!r} as {str(kind)[:40]}; save it as numbers or words."
            )

    @property
    def _damage(self) -> tuple[type[Exception], ...]:
        return self._pyarrow.ArrowException, OSError, ValueError, TypeError

    def _refusal(self) -> StudioError:
        return StudioError(f"{self._path} is no whole Parquet table; export it again.")


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise StudioError("Parquet needs pyarrow, which is missing; run pip install pyarrow.") from error
    return pyarrow, pyarrow.parquet
