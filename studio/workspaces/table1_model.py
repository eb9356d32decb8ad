"""Rows of Table 1 as a table of the window: runs and the paper, as values or as differences to one row."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from core.datasets.voc import CLASSES
from core.evaluation.table1 import HEADS, SETTINGS, Row
from studio import theme

Index = QModelIndex | QPersistentModelIndex

COLUMNS = ("mAP", *HEADS)
NOTABLE = 0.05
"""Percentage points from which a difference is coloured: less than the table shows is none."""


class Table1Model(QAbstractTableModel):
    """One row a run or a quoted row; the reference is the one that differences are taken to."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[Row, ...] = ()
        self._names: tuple[str, ...] = ()
        self._reference: Row | None = None
        self._as_differences = False

    def show_rows(
        self, rows: Sequence[Row], names: Sequence[str], reference: Row | None, as_differences: bool
    ) -> None:
        """Show these rows under these names, coloured by their differences to the reference."""
        self.beginResetModel()
        self.rows, self._names = tuple(rows), tuple(names)
        self._reference, self._as_differences = reference, as_differences
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.rows) if parent is None or not parent.isValid() else 0

    def columnCount(self, parent: Index | None = None) -> int:
        return len(COLUMNS) if parent is None or not parent.isValid() else 0

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        value, difference = _value(row, index.column()), self._difference(row, index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            if math.isnan(value):
                return "n/a"
            if self._as_differences and row is not self._reference and not math.isnan(difference):
                return f"{difference:+.1f}"
            return f"{value:.1f}"
        if role == Qt.ItemDataRole.ForegroundRole and abs(difference) >= NOTABLE:
            colours = theme.colours()
            return QColor(colours.good if difference > 0 else colours.bad)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole and index.column() == 0:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole and self._reference is not None and not math.isnan(difference):
            return f"{value:.1f} %, {difference:+.1f} against {self._reference.name}"
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None
        row = self.rows[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            where = "quoted: Table 1 of the paper" if row.is_quoted else row.source
            return f"{row.name}\n{SETTINGS.get(row.setting, row.setting)}\n{where}"
        if role == Qt.ItemDataRole.FontRole and row.is_quoted:
            font = QFont()
            font.setItalic(True)
            return font
        return None

    def _difference(self, row: Row, column: int) -> float:
        """Percentage points to the reference; NaN without one, and between means over different classes."""
        if self._reference is None or row is self._reference:
            return math.nan
        if column == 0 and _measured(row) != _measured(self._reference):
            return math.nan
        return _value(row, column) - _value(self._reference, column)


def _value(row: Row, column: int) -> float:
    return row.mean_ap if column == 0 else row.ap[CLASSES[column - 1]]


def _measured(row: Row) -> set[str]:
    """The classes that a row's mean is over."""
    return {name for name, ap in row.ap.items() if not math.isnan(ap)}
