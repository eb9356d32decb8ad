"""Rows of Table 1 as a table of the window: runs and the paper, as values or as differences to one row."""

import contextlib
import math
from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from core.datasets.voc import CLASSES
from core.errors import StudioError
from core.evaluation.differences import Difference, difference, signed
from core.evaluation.table1 import HEADS, TableRow, row_of_run
from core.runs.run_folder import State
from studio import theme
from studio.runs.run import Run

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("mAP", *HEADS)
NOTABLE = 0.05
"""Percentage points from which a difference is coloured: less than the table shows is none."""


class Table1Model(QAbstractTableModel):
    """One row a run or a quoted row; the reference is the one that differences are taken to."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[TableRow, ...] = ()
        self.names: tuple[str, ...] = ()
        self.differences: tuple[Difference | None, ...] = ()
        self._as_differences = False

    def show_rows(
        self, rows: Sequence[TableRow], names: Sequence[str], reference: int, as_differences: bool
    ) -> None:
        """Show these rows under these names, coloured by their differences to the row at `reference`.

        There is no reference where that is -1.
        """
        self.beginResetModel()
        self.rows, self.names, self._as_differences = tuple(rows), tuple(names), as_differences
        self.differences = tuple(
            difference(row, rows[reference]) if reference not in (-1, place) else None
            for place, row in enumerate(rows)
        )
        self._reference = reference
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.rows) if parent is None or not parent.isValid() else 0

    def columnCount(self, parent: Index | None = None) -> int:
        return len(COLUMNS) if parent is None or not parent.isValid() else 0

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, of = self.rows[index.row()], self.differences[index.row()]
        value = row.mean_ap if index.column() == 0 else row.aps[CLASSES[index.column() - 1]]
        points = _points(of, index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            if self._as_differences and of is not None:
                return signed(points)
            return "n/a" if math.isnan(value) else f"{value:.1f}"
        if role == Qt.ItemDataRole.ForegroundRole and abs(points) >= NOTABLE:
            colours = theme.colours()
            return QColor(colours.good if points > 0 else colours.bad)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole and index.column() == 0:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, of, index.column(), value)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None
        row = self.rows[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.names[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            where = f"quoted: Table 1 of the paper, {row.conditions}" if row.is_quoted else row.source
            return f"{row.name}\n{row.part_title}\n{where}"
        if role == Qt.ItemDataRole.FontRole and row.is_quoted:
            font = QFont()
            font.setItalic(True)
            return font
        return None

    def _tip(self, row: TableRow, of: Difference | None, column: int, value: float) -> str:
        if column and math.isnan(value):
            return f"{CLASSES[column - 1]} has no test object"
        words = f"{value:.1f} %" if column else f"{value:.1f} %, {row.measured_words}"
        if of is None:
            return words
        if of.reason:
            return f"{words}\nn/a against {self.names[self._reference]}: {of.reason}"
        return f"{words}, {signed(_points(of, column))} against {self.names[self._reference]}"


def row_of(run: Run) -> TableRow | None:
    """The row of a run in Table 1; None where it has not measured."""
    if run.path is None or run.state is not State.DONE:
        return None
    with contextlib.suppress(StudioError):  # it did not evaluate
        return row_of_run(run.path)
    return None


def _points(of: Difference | None, column: int) -> float:
    """Percentage points to the reference; NaN where none are taken."""
    if of is None:
        return math.nan
    return of.mean_ap if column == 0 else of.aps[CLASSES[column - 1]]
