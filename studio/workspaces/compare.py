"""The Compare workspace: runs beside each other and beside the paper's Table 1."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from core.datasets.voc import CLASSES
from core.evaluation.differences import disagreement
from core.events import ClassAP
from studio.comparison.compared_row import ComparedRow, rows_of
from studio.comparison.row_colours import RowColours
from studio.comparison.starts import pretraining_of
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


class CompareWorkspace(QWidget):
    """Sets the chosen runs beside each other: average precision, filters, settings."""

    def __init__(self, document: Document, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_workspace")
        self._document, self._runs = document, runs
        self._rows: list[ComparedRow] = []
        self._colours = RowColours()
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
        self._rows = self._compared(chosen)
        without = len(chosen) - sum(len(row.runs) for row in self._rows)
        self.table.words.setText(
            f"{without} of {len(chosen)} chosen runs have no average precision yet." if without else ""
        )
        self.table.show_rows(self._rows)
        self._show_bars()
        self._show_filters(chosen)
        self.settings.show_runs(chosen)

    def _compared(self, chosen: Sequence[Run]) -> list[ComparedRow]:
        """The rows of the chosen runs; each in its colour, which the list shows too."""
        measured = [(run, row) for run in chosen if (row := row_of(run)) is not None]
        names = [self.run_list.name_of(run) for run, _ in measured]
        rows = rows_of(measured, names)
        key_of = {run: row.key for row in rows for run in row.runs}
        keys = {run: key_of.get(run, run.name) for run in chosen}
        places = self._colours.of(keys.values())
        self.run_list.set_colours({run: places[key] for run, key in keys.items()})
        return [replace(row, colour=places[row.key]) for row in rows]

    def _show_bars(self) -> None:
        series = [BarSeries(_with_seeds(row), _mean_aps(row), row.colour or 0) for row in self._rows]
        quoted = next(iter(self.table.quoted), None)
        if quoted is None:
            self.bars.show_runs(series, None)
            return
        unlike = [(row.name, disagreement(row.any, quoted.any)) for row in self._rows]
        self.bars.show_runs(series, Quoted.of(quoted.any, unlike))

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
        start = pretraining_of(run, self._runs.for_job("pretrain"))
        return start if start is not None and start.filters else None

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


def _with_seeds(row: ComparedRow) -> str:
    return f"{row.name} · mean of {len(row.runs)} seeds" if len(row.runs) > 1 else row.name


def _mean_aps(row: ComparedRow) -> dict[str, ClassAP]:
    """By class, over the seeds of a row."""
    objects = row.runs[0].class_aps
    return {
        name: ClassAP(name, row.value(name).mean / 100, objects[name].objects if name in objects else 0)
        for name in CLASSES
    }
