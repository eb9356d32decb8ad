"""Runs in the paper's Table 1: which rows stand beside them, and the differences to one of the rows."""

from collections import defaultdict
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.datasets.voc import CLASSES
from core.evaluation.table1 import TableRow, paper_rows, parts
from core.evaluation.table1_formats import format_table
from studio import theme
from studio.workspaces.table1_model import Table1Model

COPIES = {"Markdown": "markdown", "LaTeX": "latex", "CSV": "csv"}
NAMES_WIDTH = 300
"""Pixels that the names of rows may take; the rest of a longer one is in its tooltip."""


class Table1View(QWidget):
    """The table, what it is compared with, and below it what may not be compared and why."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured: tuple[tuple[str, TableRow], ...] = ()
        self._chosen_reference = ""
        self.model = Table1Model(self)
        self._table = self._new_table()
        self.part = self._new_choice_of_part()
        self.reference = QComboBox()
        self.reference.setObjectName("reference_row")
        self.reference.setAccessibleName("Row that differences are taken to")
        self.reference.setToolTip("The row that differences are taken to")
        self.differences = QCheckBox("Show differences")
        self.differences.setToolTip("Show how many percentage points each row lies above the chosen one")
        self._copy = self._new_copy_button()
        self.words, self.notes = QLabel(), QLabel()
        for label in (self.words, self.notes):
            label.setProperty("quiet", True)
        self.notes.setObjectName("table1_notes")
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.notes.setWordWrap(True)
        self._arrange()
        self.part.currentIndexChanged.connect(self._show_rows)
        self.reference.activated.connect(self._choose_reference)
        self.differences.toggled.connect(self._show_differences)

    @property
    def quoted(self) -> tuple[TableRow, ...]:
        """The rows of the paper that are shown."""
        return tuple(row for row in paper_rows() if row.part == self.part.currentData())

    def show_runs(self, measured: Sequence[tuple[str, TableRow]]) -> None:
        """Show these rows of runs, each under its name, above those of the paper."""
        self._measured = tuple(measured)
        self._show_rows()

    def copy(self, how: str) -> None:
        """Put the table on the clipboard, in one of `core.evaluation.table1_formats.FORMATS`."""
        place = self.reference.currentIndex()
        baselines = self.model.rows[place : place + 1] if self.differences.isChecked() else ()
        QGuiApplication.clipboard().setText(format_table(self.model.rows, how, baselines))

    def _show_rows(self) -> None:
        rows = (*(row for _, row in self._measured), *self.quoted)
        names = (*(name for name, _ in self._measured), *(f"{row.name} · quoted" for row in self.quoted))
        self._copy.setEnabled(bool(rows))
        self.reference.blockSignals(True)
        self.reference.clear()
        self.reference.addItems(names)
        place = self.reference.findText(self._chosen_reference)
        randoms = (place for place, row in enumerate(rows) if row.start == "RandomNet")
        self.reference.setCurrentIndex(place if place >= 0 else next(randoms, 0))
        self.reference.blockSignals(False)
        self._show(rows, names)

    def _choose_reference(self) -> None:
        self._chosen_reference = self.reference.currentText()
        self._show_differences()

    def _show_differences(self) -> None:
        self._show(self.model.rows, self.model.names)

    def _show(self, rows: Sequence[TableRow], names: Sequence[str]) -> None:
        self.model.show_rows(rows, names, self.reference.currentIndex(), self.differences.isChecked())
        notes = [*self._notes_on_means(), *self._notes_on_differences()]
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))

    def _notes_on_means(self) -> list[str]:
        """Which means are over fewer than all classes."""
        fewer: dict[str, list[str]] = defaultdict(list)
        for name, row in zip(self.model.names, self.model.rows, strict=True):
            if len(row.measured) < len(CLASSES):
                fewer[row.measured_words].append(name)
        return [f"{_listed(names)}: {words}." for words, names in fewer.items()]

    def _notes_on_differences(self) -> list[str]:
        """Which rows may not be compared with the reference, and why."""
        unlike: dict[str, list[str]] = defaultdict(list)
        for name, of in zip(self.model.names, self.model.differences, strict=True):
            if of is not None and of.reason:
                unlike[of.reason].append(name)
        against = f"n/a against {self.reference.currentText()}"
        return [f"{against}: {_listed(names)} ({reason})." for reason, names in unlike.items()]

    # --- making -------------------------------------------------------------------------------

    def _new_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("table1")
        table.setAccessibleName("Average precision of runs and of the paper")
        table.setModel(self.model)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.verticalHeader().setMaximumWidth(NAMES_WIDTH)
        return table

    def _new_choice_of_part(self) -> QComboBox:
        box = QComboBox()
        box.setObjectName("quoted_part")
        box.setAccessibleName("Published rows beside the runs")
        box.setToolTip("Which part of the paper's Table 1 to set beside the runs")
        box.addItem("no published rows", "")
        for part, title in parts().items():
            box.addItem(title, part)
        box.setCurrentIndex(1)
        return box

    def _new_copy_button(self) -> QToolButton:
        button = QToolButton()
        button.setText("Copy table")
        button.setObjectName("copy_table")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        for words, how in COPIES.items():
            menu.addAction(words).triggered.connect(lambda _=False, how=how: self.copy(how))
        button.setMenu(menu)
        return button

    def _arrange(self) -> None:
        heading = QLabel("Average precision (%)")
        heading.setProperty("role", "heading")
        tools = QHBoxLayout()
        tools.addWidget(heading)
        tools.addWidget(self.words, 1)
        for words, box in (("Beside", self.part), ("Against", self.reference)):
            label = QLabel(words)
            label.setBuddy(box)
            tools.addWidget(label)
            tools.addWidget(box)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(18)
        tools.addWidget(self.differences)
        tools.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.addLayout(tools)
        column.addWidget(self._table, 1)
        column.addWidget(self.notes)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} others"
