"""The Compare workspace: runs beside each other and beside the paper's Table 1."""

import contextlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QSplitter,
    QTableView,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import StudioError
from core.evaluation import table1
from core.evaluation.table1 import Row
from core.runs.run_folder import State
from studio import theme
from studio.document import Document
from studio.plots.ap_bars import ApBars, BarSeries, Quoted
from studio.plots.filter_picture import FilterPicture
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import labels
from studio.workspaces.run_list import RunList
from studio.workspaces.settings_diff import SettingsDiff
from studio.workspaces.table1_model import Table1Model

MEASURED = ("voc", "finetune", "evaluate")
"""Jobs whose runs can hold average precision; `evaluate` on the command line adds it to a finetune run."""

JOBS = (*MEASURED, "pretrain")
COPIES = {"Markdown": "markdown", "LaTeX": "latex", "CSV": "csv"}


class CompareWorkspace(QWidget):
    """Sets the chosen runs beside each other: average precision, filters, settings."""

    def __init__(self, document: Document, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_workspace")
        self._document, self._runs = document, runs
        self._rows: tuple[Row, ...] = ()
        self._names: tuple[str, ...] = ()
        self._chosen_reference = ""
        self.run_list = RunList(runs, JOBS, "Runs to compare appear here.\nStart them in Train or Evaluate.")
        self.model = Table1Model(self)
        self._table = QTableView()
        self._table.setObjectName("table1")
        self._table.setAccessibleName("Average precision of runs and of the paper")
        self._table.setModel(self.model)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self._table.setShowGrid(False)
        self._table.setAlternatingRowColors(True)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._table.verticalHeader().setMaximumWidth(300)
        self.part = QComboBox()
        self.part.setObjectName("quoted_part")
        self.part.setAccessibleName("Published rows beside the runs")
        self.part.setToolTip("Which part of the paper's Table 1 to set beside the runs")
        self.part.addItem("no published rows", "")
        for key, words in table1.SETTINGS.items():
            self.part.addItem(words, key)
        self.part.setCurrentIndex(1)
        self.reference = QComboBox()
        self.reference.setObjectName("reference_row")
        self.reference.setAccessibleName("Row that differences are taken to")
        self.reference.setToolTip("The row that differences are taken to")
        self._differences = QCheckBox("Show differences")
        self._differences.setToolTip(
            "Show how many percentage points lie between each row and the chosen one"
        )
        self._copy = QToolButton()
        self._copy.setText("Copy table")
        self._copy.setObjectName("copy_table")
        self._copy.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._copy)
        for words, how in COPIES.items():
            menu.addAction(words).triggered.connect(lambda _=False, how=how: self.copy(how))
        self._copy.setMenu(menu)
        self._words = QLabel()
        self._words.setProperty("quiet", True)
        self.bars, self.settings = ApBars(), SettingsDiff()
        self.filters = (FilterPicture(), FilterPicture())
        self._arrange()
        for one, other in (self.filters, self.filters[::-1]):
            one.step_chosen.connect(other.go_to)
        self.run_list.chosen_changed.connect(self._read_rows)
        self.part.currentIndexChanged.connect(self._read_rows)
        self.reference.activated.connect(self._choose_reference)
        self._differences.toggled.connect(self._show_rows)
        self.run_list.choose(*runs.for_job(*MEASURED)[:2])
        runs.finished.connect(self._redraw)
        runs.ap_changed.connect(self._redraw)
        runs.filters_changed.connect(self._redraw)
        self._read_rows()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read_rows()

    def copy(self, how: str) -> None:
        """Put the table on the clipboard, in one of `core.evaluation.table1.FORMATS`."""
        QGuiApplication.clipboard().setText(table1.format_table(self._rows, how))

    def _redraw(self, run: Run) -> None:
        if self.isVisible() and run in self.run_list.chosen():
            self._read_rows()

    def _read_rows(self) -> None:
        chosen = self.run_list.chosen()
        measured: list[Row] = []
        names: list[str] = []
        for run in chosen:
            if run.path is not None and run.state is State.DONE:
                with contextlib.suppress(StudioError):  # it did not evaluate
                    measured.append(table1.row_of_run(run.path))
                    names.append(_short_name(measured[-1], run))
        part = self.part.currentData()
        quoted = [row for row in table1.paper_rows() if row.setting == part]
        self._rows = (*measured, *quoted)
        self._names = (*names, *(f"{row.name} · quoted" for row in quoted))
        without = len(chosen) - len(measured)
        self._words.setText(
            f"{without} of {len(chosen)} chosen runs have no average precision yet." if without else ""
        )
        self._copy.setEnabled(bool(self._rows))
        self.reference.blockSignals(True)
        self.reference.clear()
        self.reference.addItems(self._names)
        place = self.reference.findText(self._chosen_reference)
        randoms = (place for place, row in enumerate(self._rows) if row.name.startswith("RandomNet"))
        self.reference.setCurrentIndex(place if place >= 0 else next(randoms, 0))
        self.reference.blockSignals(False)
        self._show_rows()
        self._show_bars(chosen)
        self._show_filters(chosen)
        self.settings.show_runs(chosen)

    def _choose_reference(self) -> None:
        self._chosen_reference = self.reference.currentText()
        self._show_rows()

    def _show_rows(self) -> None:
        place = self.reference.currentIndex()
        reference = self._rows[place] if 0 <= place < len(self._rows) else None
        self.model.show_rows(self._rows, self._names, reference, self._differences.isChecked())

    def _show_bars(self, chosen: Sequence[Run]) -> None:
        names = labels(chosen)
        series = [
            BarSeries(names[place], run.class_aps, place) for place, run in enumerate(chosen) if run.class_aps
        ]
        quoted = next((row for row in self._rows if row.is_quoted), None)
        self.bars.show_runs(series, Quoted.of(quoted) if quoted is not None else None)

    def _show_filters(self, chosen: Sequence[Run]) -> None:
        """The filters of the first two chosen runs that have some, or whose start has."""
        found = (self._with_filters(run) for run in chosen)
        sources = list(dict.fromkeys(run for run in found if run is not None))
        names = labels(sources)
        for place, picture in enumerate(self.filters):
            source = sources[place] if place < len(sources) else None
            picture.set_title(f"conv1 · {names[place]}" if source is not None else "conv1 filters")
            picture.show_filters(source.path if source else None, source.filters if source else [])

    def _with_filters(self, run: Run) -> Run | None:
        if run.filters:
            return run
        start = Path(str(run.settings.get("init", "")))
        found = (one for one in self._runs.for_job("pretrain") if one.path == start and one.filters)
        return next(found, None)

    def _arrange(self) -> None:
        heading = QLabel("Average precision (%)")
        heading.setProperty("role", "heading")
        tools = QHBoxLayout()
        tools.addWidget(heading)
        tools.addWidget(self._words, 1)
        for words, box in (("Beside", self.part), ("Against", self.reference)):
            label = QLabel(words)
            label.setBuddy(box)
            tools.addWidget(label)
            tools.addWidget(box)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(18)
        tools.addWidget(self._differences)
        tools.addWidget(self._copy)
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.addLayout(tools)
        column.addWidget(self._table, 1)
        pictures = QWidget()
        row = QHBoxLayout(pictures)
        row.setContentsMargins(0, 0, 0, 0)
        for picture in self.filters:
            row.addWidget(picture)
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.tabBar().setAccessibleName("Bars, filters or settings")
        tabs.addTab(self.bars, "Bars")
        tabs.addTab(pictures, "Filters")
        tabs.addTab(self.settings, "Settings")
        self.tabs = tabs
        centre = QSplitter(Qt.Orientation.Vertical)
        centre.addWidget(top)
        centre.addWidget(tabs)
        centre.setSizes([400, 400])
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.run_list)
        splitter.addWidget(centre)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([260, 1000])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)


def _short_name(row: Row, run: Run) -> str:
    """The network of a measured row and when its run was made, in place of the run's folder."""
    return f"{row.name.partition(' (')[0]} · {datetime.fromtimestamp(run.created):%d %b %H:%M}"
