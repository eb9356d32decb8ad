"""What probes measured as a table of the window, to be copied into a paper."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.evaluation.probe_table import ProbeColumn, cell, format_probes, measures_of, notes_on
from studio import theme

COPIES = {"Markdown": "markdown", "LaTeX": "latex", "CSV": "csv", "Text": "text"}


NAMES_WIDTH = 220
"""Pixels that the name of a start may take; the rest of a longer one is in its tooltip."""


class ProbeTable(QWidget):
    """A column for each start; below, what the intervals are over and what cannot be compared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[ProbeColumn, ...] = ()
        self.table = QTableWidget()
        self.table.setObjectName("probe_table")
        self.table.setAccessibleName("Accuracy of probes")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.verticalHeader().setDefaultSectionSize(theme.row_height(self))
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setMaximumSectionSize(NAMES_WIDTH)
        self.join = QCheckBox("Join probes of the same start")
        self.join.setObjectName("join_probes")
        self.join.setToolTip("One column for all seeds of a start, its intervals over the probes")
        self.copy_button = QToolButton()
        self.copy_button.setText("Copy table")
        self.copy_button.setObjectName("copy_probes")
        self.copy_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.copy_button)
        for words, how in COPIES.items():
            menu.addAction(words).triggered.connect(lambda _=False, how=how: self.copy(how))
        self.copy_button.setMenu(menu)
        self.notes = QLabel(wordWrap=True)
        self.notes.setObjectName("probe_notes")
        self.notes.setProperty("quiet", True)
        heading = QLabel("Accuracy (%)")
        heading.setProperty("role", "heading")
        tools = QHBoxLayout()
        tools.addWidget(heading, 1)
        tools.addWidget(self.join)
        tools.addWidget(self.copy_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.addLayout(tools)
        column.addWidget(self.table, 1)
        column.addWidget(self.notes)
        self.show_columns(())

    def show_columns(self, columns: Sequence[ProbeColumn]) -> None:
        """Show these columns, named as they are."""
        self._columns = tuple(columns)
        measures = measures_of(columns)
        self.copy_button.setEnabled(bool(measures))
        self.table.setRowCount(len(measures))
        self.table.setColumnCount(len(columns))
        self.table.setVerticalHeaderLabels([f"{measure.layer} {measure.words}" for measure in measures])
        for place, column in enumerate(columns):
            head = QTableWidgetItem(column.name)
            head.setToolTip(f"{column.name}\n{column.conditions}")
            self.table.setHorizontalHeaderItem(place, head)
        for row, measure in enumerate(measures):
            for place, column in enumerate(columns):
                interval = column.interval(measure)
                item = QTableWidgetItem(cell(interval))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if interval is not None:
                    item.setToolTip(f"{column.conditions}; mean of {interval.count}, over {column.over}")
                self.table.setItem(row, place, item)
        self.notes.setText("\n".join(notes_on(columns)) if measures else "")

    def copy(self, how: str) -> None:
        """Put the table on the clipboard, in one of `core.evaluation.probe_table.FORMATS`."""
        QGuiApplication.clipboard().setText(format_probes(self._columns, how))
