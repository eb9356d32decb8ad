"""Rows of Table 1 as a table of the window: runs and the paper, as values or as differences to one row."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont, QPixmap

from core.evaluation.differences import signed
from core.evaluation.intervals import Interval
from studio import theme
from studio.comparison.compared_row import (
    MEAN,
    NOTHING,
    ComparedRow,
    RowDifference,
    columns_of,
    row_difference,
)
from studio.comparison.table_files import LONGEST_HEAD, cell_text, head_of

Index = QModelIndex | QPersistentModelIndex

NOTABLE = 0.05
"""Percentage points from which a difference is coloured: less than the table shows is none."""

REFERENCE = "reference"
"""In place of the difference of the reference to itself."""

SWATCH = 10
"""Pixels of the side of a row's colour."""


@dataclass(frozen=True, eq=False)
class Line:
    """A line of the table: a row, or below a row of several seeds one of them.

    Attributes:
        row: what stands in it.
        within: the row that it is a seed of; None for a row.
        difference: to the reference; None in the line of the reference itself.
    """

    row: ComparedRow
    within: ComparedRow | None
    difference: RowDifference | None

    @property
    def seeds(self) -> int:
        """How many seeds can be shown below it."""
        return len(self.row.runs) if len(self.row.runs) > 1 else 0

    def is_same(self, other: "Line") -> bool:
        """Whether the line stands for the same runs, or the same row of the paper."""
        ours, theirs = (
            (each.row.key, each.within is None, [run.name for run in each.row.runs]) for each in (self, other)
        )
        return ours == theirs


class Table1Model(QAbstractTableModel):
    """One line a row; a row of several seeds can be opened, then each of these has a line below it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self.columns = columns_of(())
        self._rows: tuple[ComparedRow, ...] = ()
        self._reference: ComparedRow | None = None
        self._open: set[Hashable] = set()
        self.as_differences = False

    @property
    def rows(self) -> tuple[ComparedRow, ...]:
        """The rows, without their seeds."""
        return self._rows

    @property
    def reference(self) -> ComparedRow | None:
        """The row that differences are taken to."""
        return self._reference

    def show_rows(
        self, rows: Sequence[ComparedRow], reference: ComparedRow | None, as_differences: bool
    ) -> None:
        """Show these rows, coloured by their differences to one of them."""
        self._rows, self._reference, self.as_differences = tuple(rows), reference, as_differences
        self._lay_out()

    def is_open(self, row: ComparedRow) -> bool:
        """Whether the seeds of a row have lines."""
        return row.key in self._open

    def turn(self, line: int) -> None:
        """Show the seeds of a row, or hide them again."""
        if self.lines[line].seeds:
            self._open ^= {self.lines[line].row.key}
            self._lay_out()

    def _lay_out(self) -> None:
        self.beginResetModel()
        self.columns = columns_of(self._rows)
        self.lines = []
        for row in self._rows:
            self.lines.append(Line(row, None, self._difference(row)))
            if self.lines[-1].seeds and self.is_open(row):
                for one in row.each_seed():
                    of = self._difference(one) if row is not self._reference else None
                    self.lines.append(Line(one, row, of))
        self.endResetModel()

    def _difference(self, row: ComparedRow) -> RowDifference | None:
        reference = self._reference
        return None if reference is None or row is reference else row_difference(row, reference)

    # --- Qt -----------------------------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.lines) if parent is None or not parent.isValid() else 0

    def columnCount(self, parent: Index | None = None) -> int:
        return len(self.columns) if parent is None or not parent.isValid() else 0

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line, of = self.lines[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(line, of)
        if role == Qt.ItemDataRole.ForegroundRole:
            points = _points(line, of)
            if math.isnan(points) or abs(points) < NOTABLE:
                return QColor(theme.colours().muted) if self._text(line, of) == "n/a" else None
            colours = theme.colours()
            return QColor(colours.good if points > 0 else colours.bad)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole:
            font = QFont()
            font.setBold(_is_clear(line, of))
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(line, of)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.ToolTipRole and section:
                return self.columns[section]
            head = head_of(self.columns[section])
            shown = head if len(head) <= LONGEST_HEAD else f"{head[: LONGEST_HEAD - 1]}…"
            return shown if role == Qt.ItemDataRole.DisplayRole else None
        line = self.lines[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.name(line)
        if role == Qt.ItemDataRole.DecorationRole and line.row.colour is not None:
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(QColor(theme.colours().line(line.row.colour)))
            return swatch
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip_of_name(line)
        if role == Qt.ItemDataRole.FontRole and line.row.is_quoted:
            font = QFont()
            font.setItalic(True)
            return font
        return None

    def name(self, line: Line) -> str:
        """What a line is called in the table."""
        if line.within is not None:
            return f"      {line.row.name}"
        sign = ("▾ " if self.is_open(line.row) else "▸ ") if line.seeds else ""
        return sign + line.row.full_name

    def value_text(self, line: Line, of: str) -> str:
        """The value of a cell, also where differences are shown."""
        text = cell_text(line.row.value(of), signed=False)
        return text if text == "n/a" else f"{text} %"

    def _text(self, line: Line, of: str) -> str:
        if not self.as_differences:
            points, sign = _points(line, of), ""
            if not math.isnan(points) and abs(points) >= NOTABLE:
                sign = "▲ " if points > 0 else "▼ "
            return sign + cell_text(line.row.value(of), signed=False)
        if line.difference is None:
            # the reference, and its seeds: what they are is said by their values, which do not belong here
            return REFERENCE if of == MEAN and line.within is None else "–"
        return cell_text(line.difference.values.get(of, NOTHING), signed=True)

    def _tip(self, line: Line, of: str) -> str:
        value = line.row.value(of)
        if of != MEAN and math.isnan(value.mean):
            known = of in line.row.any.classes
            return f"{of} has no test object" if known else f"{of} was not looked for"
        words = _value_words(value)
        if of == MEAN:
            words += f", {line.row.any.measured_words}"
        difference, reference = line.difference, self._reference
        if difference is None or reference is None:
            return words
        if difference.reason:
            return f"{words}\nn/a against {reference.name}: {difference.reason}"
        found = difference.values.get(of, NOTHING)
        return f"{words}\n{_difference_words(found, difference, reference)}"

    def _tip_of_name(self, line: Line) -> str:
        row, first = line.row, line.row.any
        if row.is_quoted:
            where = f"quoted: Table 1 of the paper, {first.conditions}"
        else:
            where = "\n".join((first.source, *(run.name for run in row.runs)))
        name = f"{line.within.name}, {row.name}" if line.within is not None else row.name
        return f"{name}\n{first.part_title}\n{where}"


def _points(line: Line, of: str) -> float:
    """Percentage points to the reference; NaN where none are taken."""
    return line.difference.values.get(of, NOTHING).mean if line.difference is not None else math.nan


def _is_clear(line: Line, of: str) -> bool:
    """Whether the interval of the difference leaves 0 out."""
    if line.difference is None:
        return False
    found = line.difference.values.get(of, NOTHING)
    return not math.isnan(found.half) and abs(found.mean) > found.half


def _value_words(value: Interval) -> str:
    if math.isnan(value.half):
        return f"{value.mean:.1f} %"
    return f"{value.mean:.1f} ± {value.half:.1f} %: mean of {value.count} seeds and its 95 % interval"


def _difference_words(found: Interval, difference: RowDifference, reference: ComparedRow) -> str:
    words = f"{signed(found.mean)}"
    if not math.isnan(found.half):
        words += f" ± {found.half:.1f}"
    words += f" against {reference.name}"
    return ", ".join(filter(None, (words, difference.taken)))
