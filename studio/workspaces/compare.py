"""The Compare workspace: runs beside each other and beside the paper's Table 1."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from core.evaluation.differences import disagreement
from core.evaluation.table1 import UNKNOWN, TableRow
from studio.document import Document
from studio.plots.ap_bars import ApBars, BarSeries, Quoted
from studio.plots.filter_picture import FilterPicture
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import labels
from studio.workspaces.run_list import RunList
from studio.workspaces.settings_diff import SettingsDiff
from studio.workspaces.table1_model import row_of
from studio.workspaces.table1_view import Table1View

MEASURED = ("voc", "finetune", "evaluate")
"""Jobs whose runs can hold average precision; `evaluate` on the command line adds it to a finetune run."""

JOBS = (*MEASURED, "pretrain")
LONGEST_NAME = 28
"""Letters of a start that are shown; a weights file may be called anything."""


class CompareWorkspace(QWidget):
    """Sets the chosen runs beside each other: average precision, filters, settings."""

    def __init__(self, document: Document, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_workspace")
        self._document, self._runs = document, runs
        self.run_list = RunList(runs, JOBS, "Runs to compare appear here.\nStart them in Train or Evaluate.")
        self.table, self.bars, self.settings = Table1View(), ApBars(), SettingsDiff()
        self.filters = (FilterPicture(), FilterPicture())
        self.tabs = QTabWidget()
        self._arrange()
        self.run_list.choose(*runs.for_job(*MEASURED)[:2])
        self._connect()
        self._show_chosen()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_chosen()

    def _connect(self) -> None:
        for one, other in (self.filters, self.filters[::-1]):
            one.step_chosen.connect(other.go_to)
        self.run_list.chosen_changed.connect(self._show_chosen)
        self.table.part.currentIndexChanged.connect(self._show_bars)
        runs = self._runs
        for signal in (runs.finished, runs.ap_changed, runs.filters_changed, runs.annotated):
            signal.connect(self._redraw)

    def _redraw(self, run: Run) -> None:
        if self.isVisible() and run in self.run_list.chosen():
            self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self.run_list.chosen()
        rows = [(_short_name(row, run), row) for run in chosen if (row := row_of(run)) is not None]
        without = len(chosen) - len(rows)
        self.table.words.setText(
            f"{without} of {len(chosen)} chosen runs have no average precision yet." if without else ""
        )
        self.table.show_runs(rows)
        self._show_bars()
        self._show_filters(chosen)
        self.settings.show_runs(chosen)

    def _show_bars(self) -> None:
        chosen = self.run_list.chosen()
        names = labels(chosen)
        series = [
            BarSeries(names[place], run.class_aps, place) for place, run in enumerate(chosen) if run.class_aps
        ]
        quoted = next(iter(self.table.quoted), None)
        if quoted is None:
            self.bars.show_runs(series, None)
            return
        rows = [(name, row_of(run)) for name, run in zip(names, chosen, strict=True)]
        unlike = [(name, disagreement(row, quoted)) for name, row in rows if row is not None]
        self.bars.show_runs(series, Quoted.of(quoted, unlike))

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
        pictures = QWidget()
        row = QHBoxLayout(pictures)
        row.setContentsMargins(0, 0, 0, 0)
        for picture in self.filters:
            row.addWidget(picture)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName("Bars, filters or settings")
        self.tabs.addTab(self.bars, "Bars")
        self.tabs.addTab(pictures, "Filters")
        self.tabs.addTab(self.settings, "Settings")
        centre = QSplitter(Qt.Orientation.Vertical)
        centre.addWidget(self.table)
        centre.addWidget(self.tabs)
        centre.setSizes([400, 400])
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.run_list)
        splitter.addWidget(centre)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([260, 1000])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)


def _short_name(row: TableRow, run: Run) -> str:
    """The name of a run; without one the network it starts from and when it was made."""
    if run.notes.name:
        return (
            run.notes.name
            if len(run.notes.name) <= LONGEST_NAME
            else f"{run.notes.name[: LONGEST_NAME - 1]}…"
        )
    start = str(row.run) if row.start == UNKNOWN else row.start
    if len(start) > LONGEST_NAME:
        start = f"{start[: LONGEST_NAME - 1]}…"
    return f"{start} · {datetime.fromtimestamp(run.created):%d %b %H:%M}"
