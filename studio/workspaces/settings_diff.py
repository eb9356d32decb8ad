"""Settings and data of compared runs side by side: what differs is bold, and marked for the colour-blind."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.project.project import Project
from studio import theme
from studio.comparison.differing import Fact, Subject, facts_of
from studio.watch.reading import Reading

SIGN = "≠"
"""Before the name of a setting that differs, where those that are the same are shown too."""


class SettingsDiff(QWidget):
    """A line a setting or a fact of the data, a column a run or the seeds of a row."""

    def __init__(self, project: Project, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._subjects: tuple[Subject, ...] = ()
        self._facts: tuple[Fact, ...] = ()
        self._reading = Reading(self)
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self._say)
        self._all = QCheckBox("Show what is the same too")
        self._all.setObjectName("show_same")
        self._all.toggled.connect(self._fill)
        self._words = QLabel()
        self._words.setProperty("quiet", True)
        self._table = QTableWidget()
        self._table.setObjectName("settings_diff")
        self._table.setAccessibleName("Settings and data of the runs")
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setShowGrid(False)
        self._table.setWordWrap(True)
        self._table.horizontalHeader().setHighlightSections(False)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head = QHBoxLayout()
        head.addWidget(self._words, 1)
        head.addWidget(self._all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.addLayout(head)
        layout.addWidget(self._table, 1)
        layout.addStretch()  # of use where there is no table
        self._fill()

    def show_subjects(self, subjects: Sequence[Subject]) -> None:
        """Compare these; what is not in the window's memory is read in a thread."""
        self._subjects = tuple(subjects)
        self.refresh()

    def refresh(self) -> None:
        """Read what is not known yet, or became known since."""
        if self.isVisible():
            subjects, project = self._subjects, self._project
            revisions = [run.revision for one in subjects for run in one.learners]
            key = (subjects, tuple(revisions))  # they become known a moment after the project is opened
            self._reading.want(key, lambda: (subjects, facts_of(subjects, project)))

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _take(self, found: tuple[tuple[Subject, ...], tuple[Fact, ...]]) -> None:
        if found[0] == self._subjects:
            self._facts = found[1]
            self._fill()

    def _say(self, sentence: str) -> None:
        self._words.setText(sentence)

    def _fill(self) -> None:
        shown = [fact for fact in self._facts if fact.differs or self._all.isChecked()]
        differ = sum(fact.differs for fact in self._facts)
        words = "Choose two or more runs on the left."
        if len(self._subjects) > 1:
            words = f"{differ} of {len(self._facts)} settings and facts differ."
        self._words.setText(words)
        self._table.setVisible(bool(self._subjects))
        self._table.setColumnCount(len(self._subjects))
        self._table.setRowCount(len(shown))
        self._table.setHorizontalHeaderLabels([one.name for one in self._subjects])
        marked = self._all.isChecked()
        self._table.setVerticalHeaderLabels(
            [f"{SIGN} {fact.title}" if marked and fact.differs else fact.title for fact in shown]
        )
        for row, fact in enumerate(shown):
            for column, value in enumerate(fact.values[: len(self._subjects)]):
                item = QTableWidgetItem(value or "–")
                item.setToolTip(item.text())
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
                font = item.font()
                font.setBold(fact.differs)
                item.setFont(font)
                self._table.setItem(row, column, item)
