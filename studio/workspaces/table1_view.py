"""Runs in the paper's Table 1: which rows stand beside them, and the differences to one of the rows."""

from collections import defaultdict
from collections.abc import Hashable, Sequence

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.evaluation.table1 import paper_rows, parts
from studio import theme
from studio.comparison.compared_row import MEAN, ComparedRow
from studio.comparison.table_button import TableButton
from studio.comparison.table_files import FileBlock, FileLine, FileTable
from studio.elided_combo import ElidedCombo
from studio.flow_layout import FlowLayout
from studio.workspaces.table1_model import Line, Table1Model

NOTES_SHARE = 5
"""The notes take one part of the height in so many, where they are long; a tip tells the rest."""

NAMES_WIDTH = 300
"""Pixels that the names of rows may take; the rest of a longer one is in its tooltip."""

SIGNS = "▲ above, ▼ below {}."
SEEDS = "± is half of the 95 % interval over seeds; bold where that of the difference leaves 0 out."


class Table1View(QWidget):
    """The table, what it is compared with, and below it what may not be compared and why.

    Signals:
        cell_chosen(Line, str): a person is at a cell: its line, and the class or `MEAN` that it is of.
        opened(Line, str): the same, and wants to know where the figure comes from.
        menu_asked(Line, str, QPoint): a menu is wanted there, at a point of the screen.
        name_asked(Line): its run is to be named.
        reference_changed(): differences are taken to another row.
    """

    cell_chosen = Signal(object, str)
    opened = Signal(object, str)
    menu_asked = Signal(object, str, QPoint)
    name_asked = Signal(object)
    reference_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured: tuple[ComparedRow, ...] = ()
        self._chosen_reference: Hashable = None
        self.model = Table1Model(self)
        self.table = self._new_table()
        self.part = self._new_choice_of_part()
        self.reference = ElidedCombo()
        self.reference.setObjectName("reference_row")
        self.reference.setAccessibleName("Row that differences are taken to")
        self.reference.setToolTip("The row that differences are taken to")
        self.differences = QCheckBox("Show differences")
        self.differences.setToolTip("Show how many percentage points each row lies above the chosen one")
        self.export_button = TableButton(self.file_table)
        self.words, self.notes = QLabel(), QLabel()
        for label in (self.words, self.notes):
            label.setProperty("quiet", True)
        self.notes.setObjectName("table1_notes")
        self.notes.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.notes.setWordWrap(True)
        self._arrange()
        self.part.currentIndexChanged.connect(self._show_rows)
        self.reference.activated.connect(self._choose_reference)
        self.differences.toggled.connect(self._show)

    @property
    def quoted(self) -> tuple[ComparedRow, ...]:
        """The rows of the paper that are shown."""
        part = self.part.currentData()
        return tuple(ComparedRow.of_paper(row) for row in paper_rows() if row.part == part)

    def show_rows(self, measured: Sequence[ComparedRow]) -> None:
        """Show these rows of runs above those of the paper."""
        self._measured = tuple(measured)
        self._show_rows()

    def take_as_reference(self, row: ComparedRow) -> None:
        """Take differences to a row that is shown."""
        self.reference.setCurrentIndex(self.model.rows.index(row))
        self._choose_reference()

    def file_table(self) -> FileTable:
        """What a file of the table holds: the values and, where they are shown, the differences."""
        title = self.model.rows[0].any.part_title if self.model.rows else ""
        blocks = [FileBlock(f"AP (%), {title}", [_file_line(line) for line in self.model.lines])]
        if self.model.as_differences:
            lines = [_difference_line(line) for line in self.model.lines if line.difference is not None]
            words = f"Differences to {self.reference.currentText()} (percentage points)"
            blocks.append(FileBlock(words, lines, signed=True))
        return FileTable(blocks, self.notes.text().splitlines())

    def _show_rows(self) -> None:
        rows = (*self._measured, *self.quoted)
        self.export_button.setEnabled(bool(rows))
        self.reference.blockSignals(True)
        self.reference.clear()
        self.reference.addItems([row.name for row in rows])
        kept = (place for place, row in enumerate(rows) if row.key == self._chosen_reference)
        self.reference.setCurrentIndex(next(kept, self._usual_reference(rows)))
        self.reference.blockSignals(False)
        self._show_those(rows)
        self.reference_changed.emit()

    def _usual_reference(self, rows: Sequence[ComparedRow]) -> int:
        """RandomNet among the runs, else the last of several, else RandomNet as the paper has it."""
        randoms = [place for place, row in enumerate(rows) if row.any.start == "RandomNet"]
        measured = len(self._measured)
        if measured > 1 and not any(place < measured for place in randoms):
            return measured - 1
        return randoms[0] if randoms else 0

    def _choose_reference(self) -> None:
        self._chosen_reference = self.model.rows[self.reference.currentIndex()].key
        self._show()
        self.reference_changed.emit()

    def _show(self) -> None:
        self._show_those(self.model.rows)

    def _show_those(self, rows: Sequence[ComparedRow]) -> None:
        place = self.reference.currentIndex()
        reference = rows[place] if 0 <= place < len(rows) else None
        at = self.line_and_class()
        self.model.show_rows(rows, reference, self.differences.isChecked())
        self._return_to(at)
        notes = [*self._notes_on_means(), *self._notes_on_differences()]
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self._fit_notes()

    def _notes_on_means(self) -> list[str]:
        """Which means are over fewer than all classes."""
        fewer: dict[str, list[str]] = defaultdict(list)
        for row in self.model.rows:
            if len(row.any.measured) < len(row.any.classes):
                fewer[row.any.measured_words].append(row.name)
        return [f"{_listed(names)}: {words}." for words, names in fewer.items()]

    def _notes_on_differences(self) -> list[str]:
        """Which rows may not be compared with the reference, and why; what the signs mean."""
        unlike: dict[str, list[str]] = defaultdict(list)
        compared = False
        for line in self.model.lines:
            if line.within is None and line.difference is not None:
                compared = compared or not line.difference.reason
                if line.difference.reason:
                    unlike[line.difference.reason].append(line.row.name)
        against = self.reference.currentText()
        reasons = [f"n/a against {against}: {_listed(names)} ({why})." for why, names in unlike.items()]
        said = [SIGNS.format(against)] if compared else []
        if any(line.seeds for line in self.model.lines):
            said.append(SEEDS)
        return [*reasons, " ".join(said)] if said else reasons

    def _return_to(self, at: tuple[Line, str] | None) -> None:
        """Be at the same cell again, where it is still there."""
        if at is None:
            return
        for place, line in enumerate(self.model.lines):
            if line.is_same(at[0]) and at[1] in self.model.columns:
                self.table.setCurrentIndex(self.model.index(place, self.model.columns.index(at[1])))

    # --- a person at the table ----------------------------------------------------------------

    def line_and_class(self) -> tuple[Line, str] | None:
        """The line and what the column is of, where a person is now."""
        index = self.table.currentIndex()
        return (
            (self.model.lines[index.row()], self.model.columns[index.column()]) if index.isValid() else None
        )

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._take_key(event)
        return False

    def _take_key(self, event: QKeyEvent) -> bool:
        at, index = self.line_and_class(), self.table.currentIndex()
        if at is None:
            return False
        if event.key() == Qt.Key.Key_Space:
            self._turn(index.row())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(*at)
        elif event.key() == Qt.Key.Key_F2:
            self.name_asked.emit(at[0])
        elif event.key() == Qt.Key.Key_Menu:
            place = self.table.visualRect(index).bottomLeft()
            self.menu_asked.emit(*at, self.table.viewport().mapToGlobal(place))
        else:
            return False
        return True

    def _turn(self, line: int) -> None:
        column = max(self.table.currentIndex().column(), 0)
        self.model.turn(line)
        self.table.setCurrentIndex(self.model.index(line, column))

    def _tell_chosen(self) -> None:
        at = self.line_and_class()
        if at is not None:
            self.cell_chosen.emit(*at)

    def _tell_opened(self) -> None:
        at = self.line_and_class()
        if at is not None:
            self.opened.emit(*at)

    def _ask_menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if index.isValid():
            self.table.setCurrentIndex(index)
            at = self.model.lines[index.row()], self.model.columns[index.column()]
            self.menu_asked.emit(*at, self.table.viewport().mapToGlobal(place))

    def _ask_menu_of_row(self, place: QPoint) -> None:
        names = self.table.verticalHeader()
        line = names.logicalIndexAt(place)
        if line >= 0:
            self.table.setCurrentIndex(self.model.index(line, 0))
            self.menu_asked.emit(self.model.lines[line], MEAN, names.viewport().mapToGlobal(place))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_notes()

    def _fit_notes(self) -> None:
        """Leave the table its room in a low window."""
        lines = self.height() // NOTES_SHARE // self.notes.fontMetrics().lineSpacing()
        most = max(lines, 2) * self.notes.fontMetrics().lineSpacing()
        self.notes.setMaximumHeight(most)
        is_cut = self.notes.heightForWidth(max(self.width() - 2 * theme.SPACE, 1)) > most
        self.notes.setToolTip(self.notes.text() if is_cut else "")

    # --- making -------------------------------------------------------------------------------

    def _new_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("table1")
        table.setAccessibleName("Average precision of runs and of the paper")
        table.setToolTip("")
        table.setModel(self.model)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setHighlightSections(False)
        names = table.verticalHeader()
        names.setMaximumWidth(NAMES_WIDTH)
        names.setHighlightSections(False)
        names.setSectionsClickable(True)
        names.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        names.sectionClicked.connect(self._turn)
        for asking, slot in ((table, self._ask_menu), (names, self._ask_menu_of_row)):
            asking.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            asking.customContextMenuRequested.connect(slot)
        table.selectionModel().currentChanged.connect(self._tell_chosen)
        table.doubleClicked.connect(self._tell_opened)
        table.installEventFilter(self)
        return table

    def _new_choice_of_part(self) -> QComboBox:
        box = ElidedCombo()
        box.setObjectName("quoted_part")
        box.setAccessibleName("Published rows beside the runs")
        box.setToolTip("Which part of the paper's Table 1 to set beside the runs")
        box.addItem("no published rows", "")
        for part, title in parts().items():
            box.addItem(title, part)
        box.setCurrentIndex(1)
        return box

    def add_tool(self, action: QAction) -> None:
        """Give an action of the window a button above the table."""
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._tools.addWidget(button)

    def _arrange(self) -> None:
        heading = QLabel("Average precision (%)")
        heading.setProperty("role", "heading")
        above = QWidget()
        tools = FlowLayout(above)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.addWidget(heading)
        for words, box in (("Beside", self.part), ("Against", self.reference)):
            label = QLabel(words)
            label.setBuddy(box)
            pair = QWidget()
            row = QHBoxLayout(pair)
            row.setContentsMargins(theme.SPACE, 0, 0, 0)
            row.addWidget(label)
            row.addWidget(box)
            tools.addWidget(pair)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(14)
        tools.addWidget(self.differences)
        tools.addWidget(self.export_button)
        self._tools = tools
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.addWidget(above)
        column.addWidget(self.table, 1)
        column.addWidget(self.words)
        column.addWidget(self.notes)


def _file_line(line: Line) -> FileLine:
    row = line.row
    remark = f"quoted: {row.any.conditions}" if row.is_quoted else row.any.source
    return FileLine(
        _file_name(line), len(row.runs), {of: row.value(of) for of in (MEAN, *row.any.classes)}, remark
    )


def _difference_line(line: Line) -> FileLine:
    found = line.difference
    assert found is not None  # of the reference none is taken
    remark = f"n/a: {found.reason}" if found.reason else found.taken
    return FileLine(_file_name(line), len(line.row.runs), found.values, remark)


def _file_name(line: Line) -> str:
    return f"{line.within.name}, {line.row.name}" if line.within is not None else line.row.full_name


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} others"
