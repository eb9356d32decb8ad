"""A matrix: how far it is in words, its table, and the sentence about the cell that is looked at."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.matrix.cell_painter import NARROWEST, CellPainter, cell_height
from studio.matrix.entry import Entry, boxes_words
from studio.matrix.grouped_header import GroupedHeader
from studio.matrix.matrix_model import ENTRY_ROLE, MatrixModel
from studio.matrix.reader import MatrixReport

WIDEST = 150
"""Pixels of a column."""


class MatrixView(QWidget):
    """Says what it shows; what a click does is for others.

    Signals:
        opened(str): a person wants to look at a run, by its name in the plan.
        compare_asked(): a person wants to see the finished cells beside each other.
    """

    opened = Signal(str)
    compare_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = MatrixModel(self)
        self.words, self.boxes, self.sentence = QLabel(), QLabel(), QLabel()
        self.problem, self.warning = QLabel(), QLabel()
        self.words.setObjectName("matrix_words")
        self.sentence.setObjectName("cell_sentence")
        for label in (self.problem, self.warning):
            label.setProperty("role", "error")
        for label in (self.words, self.boxes, self.sentence, self.problem, self.warning):
            label.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self.boxes, self.sentence):
            label.setProperty("quiet", True)
        self.compare_button = QPushButton("Show in Compare")
        self.compare_button.setObjectName("show_in_compare")
        self.compare_button.clicked.connect(self.compare_asked)
        self.table = self._new_table()
        head = QHBoxLayout()
        head.addWidget(self.words, 1)
        head.addWidget(self.compare_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.addLayout(head)
        column.addWidget(self.boxes)
        column.addWidget(self.warning)
        column.addWidget(self.problem)
        column.addWidget(self.table, 1)
        column.addWidget(self.sentence)
        column.addStretch(0)
        for label in (self.boxes, self.warning, self.problem):
            label.hide()
        self._allow_compare(None)

    def show_report(self, report: MatrixReport, active: bool) -> None:
        """Show a matrix as it stands, being filled now or not."""
        self.words.setText(" ".join(report.words))
        for label, said in ((self.boxes, boxes_words(report)), (self.warning, report.warning)):
            label.setText(said)
            label.setVisible(bool(said))
        self.show_problem("")
        self.table.setVisible(True)
        before = self.model.networks, self.model.columns
        self.model.show_report(report, active)
        if before != (self.model.networks, self.model.columns):
            self._fit()
        self._allow_compare(report)
        self._say(self.table.currentIndex())

    def show_problem(self, sentence: str) -> None:
        """Say why there is nothing to show, or what went wrong with what is shown."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    def show_nothing(self, sentence: str) -> None:
        """Show no table, and why."""
        self.words.setText(sentence)
        for widget in (self.table, self.boxes, self.warning):
            widget.hide()
        self.sentence.setText("")
        self._allow_compare(None)

    def entry(self, index: QModelIndex) -> Entry | None:
        """What stands in a cell."""
        found: Entry | None = index.data(ENTRY_ROLE) if index.isValid() else None
        return found

    def _fit(self) -> None:
        """No higher than its rows."""
        table = self.table
        height = table.horizontalHeader().sizeHint().height() + table.verticalHeader().length()
        table.setMaximumHeight(height + table.horizontalScrollBar().sizeHint().height())

    def _open(self, index: QModelIndex) -> None:
        entry = self.entry(index)
        self._say(index)
        if entry is not None and entry.opens:
            self.opened.emit(entry.opens)

    def _say(self, index: QModelIndex) -> None:
        entry = self.entry(index)
        self.sentence.setText(entry.sentence if entry is not None else "")

    def _allow_compare(self, report: MatrixReport | None) -> None:
        there = report is not None and bool(report.mean_aps)
        self.compare_button.setEnabled(there)
        self.compare_button.setToolTip(
            "Put the finished cells beside each other and beside the paper's table"
            if there
            else "No cell has measured yet."
        )

    def _new_table(self) -> QTableView:
        table = QTableView()
        table.setObjectName("matrix_table")
        table.setAccessibleName("Cells of Table 1")
        table.setModel(self.model)
        table.setItemDelegate(CellPainter(table))
        header = GroupedHeader(self.model, table)
        table.setHorizontalHeader(header)
        header.setMinimumSectionSize(NARROWEST)
        header.setMaximumSectionSize(WIDEST)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setDefaultSectionSize(cell_height(table))
        table.verticalHeader().setSectionsClickable(False)
        table.verticalHeader().setHighlightSections(False)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setShowGrid(False)
        table.setCornerButtonEnabled(False)
        table.viewport().setAutoFillBackground(False)
        table.setMouseTracking(True)
        table.setTabKeyNavigation(False)
        table.clicked.connect(self._open)
        table.entered.connect(self._say)
        table.selectionModel().currentChanged.connect(lambda now, before: self._say(now))
        for key in ("Return", "Enter"):
            shortcut = QShortcut(key, table, context=Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda: self._open(table.currentIndex()))
        return table
