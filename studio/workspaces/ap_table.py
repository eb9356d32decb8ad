"""Average precision per class as a table: the run, the paper's figure, and how many objects."""

import math
from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from core.datasets.voc import CLASSES
from core.events import ClassAP
from studio import theme

COLUMNS = ("AP in %", "run", "quoted", "objects")

NARROWEST = 100
"""Pixels of width."""


class ApTable(QTableWidget):
    """A row a class.

    Signals:
        class_clicked(str): a person chose a row.
    """

    class_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self._classes: tuple[str, ...] = ()
        self.setObjectName("ap_table")
        self.setAccessibleName("Average precision by class")
        self.setHorizontalHeaderLabels(list(COLUMNS))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(theme.row_height(self))
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self._set_classes(CLASSES)
        self.setMinimumWidth(NARROWEST)
        self.currentCellChanged.connect(self._emit_class)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room it shows the classes and the run's figures alone."""
        super().resizeEvent(event)
        for column, width in ((2, 180), (3, 240)):
            self.setColumnHidden(column, self.width() < width)

    def show_aps(
        self,
        class_aps: Mapping[str, ClassAP],
        quoted: Mapping[str, float],
        classes: Sequence[str] = CLASSES,
    ) -> None:
        """Show a run's figures (0..1) beside quoted ones (percent), in a row for each class."""
        self._set_classes(classes)
        for row, name in enumerate(self._classes):
            found = class_aps.get(name)
            ap = "" if found is None else "n/a" if math.isnan(found.ap) else f"{100 * found.ap:.1f}"
            published = f"{quoted[name]:.1f}" if name in quoted else ""
            for column, text in ((1, ap), (2, published), (3, f"{found.objects:,}" if found else "")):
                self.model().setData(self.model().index(row, column), text)

    def set_class(self, name: str) -> None:
        """Choose the row of a class, as if nobody had."""
        row = self._classes.index(name) if name in self._classes else -1
        if row != self.currentRow():
            self.blockSignals(True)
            self.setCurrentCell(row, 0)
            self.blockSignals(False)

    def _set_classes(self, classes: Sequence[str]) -> None:
        if self._classes == tuple(classes):
            return
        self._classes = tuple(classes)
        self.setColumnHidden(COLUMNS.index("quoted"), self._classes != CLASSES)  # the paper has VOC's alone
        self.blockSignals(True)
        self.clearContents()
        self.setRowCount(len(self._classes))
        for row, name in enumerate(self._classes):
            for column in range(len(COLUMNS)):
                item = QTableWidgetItem(name if column == 0 else "")
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                else:
                    item.setToolTip(name)
                self.setItem(row, column, item)
        self.setCurrentCell(-1, -1)
        self.blockSignals(False)

    def _emit_class(self, row: int) -> None:
        if row >= 0:
            self.class_clicked.emit(self._classes[row])
