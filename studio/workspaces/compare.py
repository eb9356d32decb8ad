"""The Compare workspace: runs beside each other and beside the paper's Table 1."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from core.datasets.voc import CLASSES
from core.evaluation.differences import disagreement
from core.evaluation.paired_bootstrap import ResampledAps
from core.evaluation.table1 import TableRow, measured_classes
from core.events import ClassAP
from studio.comparison.compared_row import MEAN, ComparedRow, rows_of
from studio.comparison.curves_view import CurvesView
from studio.comparison.differences_view import DifferencesView
from studio.comparison.differing import Subject
from studio.comparison.filters_beside import FiltersBeside
from studio.comparison.measured_rows import MeasuredRows
from studio.comparison.origin_view import Origin, OriginView
from studio.comparison.pictures_view import PicturesView, RunChoice
from studio.comparison.row_colours import RowColours
from studio.comparison.row_menu import RowMenu
from studio.comparison.run_results import RunResults
from studio.comparison.starts import pretraining_of
from studio.document import Document
from studio.evaluation.diagnoses import KEPT, Diagnosed
from studio.plots.ap_bars import ApBars, BarSeries, Quoted
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.workspaces.run_list import RunList
from studio.workspaces.run_menu import edit_notes
from studio.workspaces.settings_diff import SettingsDiff
from studio.workspaces.table1_model import Line
from studio.workspaces.table1_view import Table1View

MEASURED = ("voc", "finetune", "evaluate")
"""Jobs whose runs can hold average precision; `evaluate` on the command line adds it to a finetune run."""

JOBS = (*MEASURED, "pretrain")

AT_FIRST = 12
"""Runs that are chosen before a person chooses, at most."""


class CompareWorkspace(QWidget):
    """Sets the chosen runs beside each other; seeds of one row are gathered.

    Signals:
        run_asked(Run): show it in its workspace.
        clip_asked(str): show a clip of this name in Curate.
        message(str): the table was written to a file; one sentence.
    """

    run_asked = Signal(object)
    clip_asked = Signal(str)
    message = Signal(str)

    def __init__(self, document: Document, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare_workspace")
        self._document, self._runs = document, runs
        self._rows: list[ComparedRow] = []
        self._colours = RowColours()
        self._measured = MeasuredRows(self)
        self.steps = self._build()

    def _build(self) -> Iterator[None]:
        document, runs = self._document, self._runs
        self.run_list = RunList(runs, JOBS, "Runs to compare appear here.\nStart them in Train or Evaluate.")
        self.table, self.bars = Table1View(), ApBars()
        self._class = ""  # that a person chose for the curves and the pictures
        self._resamples = RunResults(lambda run: ResampledAps.of(run.diagnosis()), parent=self)
        self._diagnoses = RunResults(Diagnosed.of, KEPT, self)
        yield
        self.differences = DifferencesView(self._resamples)
        yield
        self.curves, self.pictures = CurvesView(), PicturesView(self._diagnoses)
        yield
        self.filters = FiltersBeside()
        self.settings = SettingsDiff(document.project)
        self.origin = OriginView(document)
        self.menu = RowMenu(runs, self)
        self.tabs = QTabWidget()
        self.table.export_button.folder = document.project.path / "exports"
        yield
        yield from self._arrange()
        own = [run for run in runs.for_job(*MEASURED) if run.in_matrix is None]
        self.run_list.choose(*_at_first(own))
        self._connect()
        self._show_chosen()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_chosen()

    def close_reader(self) -> None:
        """Wait for the threads."""
        self._measured.close()
        self._resamples.close()
        self._diagnoses.close()
        self.curves.close_reader()
        self.pictures.close_reader()
        self.settings.close_reader()
        self.origin.close_reader()

    def _connect(self) -> None:
        for changed in (self.run_list.chosen_changed, self._measured.changed):
            changed.connect(self._show_chosen)
        self.table.part.currentIndexChanged.connect(self._show_bars)
        self.table.cell_chosen.connect(self._explain)
        self.table.opened.connect(self._show_origin)
        self.table.menu_asked.connect(self._open_menu)
        self.table.name_asked.connect(self._name)
        self.table.export_button.written.connect(self._tell_written)
        self.table.reference_changed.connect(self._show_against)
        for clicked in (self.bars.class_clicked, self.differences.class_clicked, self.menu.class_asked):
            clicked.connect(self._show_curves_of)
        self.curves.class_chosen.connect(self._choose_class)
        self.menu.origin_asked.connect(lambda: self.tabs.setCurrentWidget(self.origin))
        self.menu.pictures_asked.connect(self._show_pictures_of)
        self.menu.reference_asked.connect(self.table.take_as_reference)
        for asking in (self.menu, self.origin):
            asking.run_asked.connect(self.run_asked)
        self.origin.clip_asked.connect(self.clip_asked)
        runs = self._runs
        for signal in (runs.finished, runs.ap_changed, runs.filters_changed, runs.annotated):
            signal.connect(self._redraw)
        runs.changed.connect(self._refresh)

    def _redraw(self, run: Run) -> None:
        if not self.isVisible():
            return
        chosen = self.run_list.chosen()
        if run in chosen or run in map(self._start_of, chosen):
            self._show_chosen()

    def _refresh(self, run: Run) -> None:
        """What its snapshot holds becomes known a moment after a project is opened."""
        if self.isVisible():
            self.settings.refresh()
            self.origin.refresh(run)

    # --- showing ------------------------------------------------------------------------------

    def _show_chosen(self) -> None:
        chosen = self.run_list.chosen()
        measured = self._measured.of(chosen)
        if measured is None:
            return  # it comes back when they are read
        self._rows = self._compared(chosen, measured)
        in_rows = {run for row in self._rows for run in row.runs}
        others = [run for run in chosen if run not in in_rows]
        self.table.words.setText(
            f"{len(others)} of {len(chosen)} chosen runs have no average precision yet." if others else ""
        )
        self.table.words.setVisible(bool(others))
        self.table.show_rows(self._rows)
        self._show_bars()
        subjects = [self._subject(row.full_name, row.runs) for row in self._rows]
        subjects += [self._subject(self.run_list.name_of(run), (run,)) for run in others]
        self.filters.show_subjects(subjects)
        self.settings.show_subjects(subjects)
        at = self.table.line_and_class()
        if at is not None:
            self._explain(*at)
        elif not self._rows:
            names, starts = tuple(map(self.run_list.name_of, others)), tuple(map(self._start_of, others))
            self.origin.explain(Origin(names[0], names, tuple(others), starts) if others else Origin())

    def _compared(self, chosen: Sequence[Run], measured: Sequence[tuple[Run, TableRow]]) -> list[ComparedRow]:
        """The rows of the chosen runs; each in its colour, which the list shows too."""
        names = [self.run_list.name_of(run) for run, _ in measured]
        rows = rows_of(measured, names)
        key_of = {run: row.key for row in rows for run in row.runs}
        keys = {run: key_of.get(run, run.name) for run in chosen}
        places = self._colours.of(keys.values())
        self.run_list.set_colours({run: places[key] for run, key in keys.items()})
        return [replace(row, colour=places[row.key]) for row in rows]

    def _subject(self, name: str, runs: tuple[Run, ...]) -> Subject:
        return Subject(name, runs, tuple(map(self._start_of, runs)))

    def _start_of(self, run: Run) -> Run | None:
        return pretraining_of(run, self._runs.for_job("pretrain"))

    def _show_against(self) -> None:
        """What is held against the reference, or shows a class."""
        reference = self.table.model.reference
        self.differences.show_rows(self._rows, reference)
        choices = [
            RunChoice(run, self.run_list.name_of(run), row.colour or 0)
            for row in self._rows
            for run in row.runs
        ]
        self.pictures.show_runs(choices, reference, self._class)
        self._show_curves()

    def _show_curves(self) -> None:
        classes = measured_classes([row.any for row in self._rows])
        name = self._class if self._class in classes else next(iter(classes), "")
        self.curves.show_rows(self._rows, classes, name)

    def _choose_class(self, name: str) -> None:
        """Look at a class, in every view."""
        self._class = name
        self._show_curves()
        self.pictures.show_class(name)

    def _show_curves_of(self, name: str) -> None:
        self._choose_class(name)
        self.tabs.setCurrentWidget(self.curves)

    def _show_pictures_of(self, run: Run) -> None:
        self.pictures.compare(run)
        self.tabs.setCurrentWidget(self.pictures)

    def _show_bars(self) -> None:
        series = [
            BarSeries(_with_seeds(row), _mean_aps(row), row.colour or 0, classes=row.any.classes)
            for row in self._rows
        ]
        quoted = next(iter(self.table.quoted), None)
        if quoted is None or (series and not any(row.any.classes == CLASSES for row in self._rows)):
            self.bars.show_runs(series, None)
            return
        unlike = [(row.name, disagreement(row.any, quoted.any)) for row in self._rows]
        self.bars.show_runs(series, Quoted.of(quoted.any, unlike))

    # --- a person at the table ----------------------------------------------------------------

    def _explain(self, line: Line, of: str) -> None:
        """Say where the figure of a cell comes from, when that tab is looked at."""
        row = line.row
        what = "mAP" if of == MEAN else of
        name = f"{line.within.name}, {row.name}" if line.within is not None else row.full_name
        figure = f"{what} {self.table.model.value_text(line, of)} · {name}"
        why = "A row that the paper prints: no run made it." if row.is_quoted else ""
        names = tuple(one.name for one in row.each_seed()) if row.runs else ()
        self.origin.explain(Origin(figure, names, row.runs, tuple(map(self._start_of, row.runs)), why))

    def _show_origin(self, line: Line, of: str) -> None:
        self._explain(line, of)
        self.tabs.setCurrentWidget(self.origin)

    def _open_menu(self, line: Line, of: str, place: QPoint) -> None:
        self._explain(line, of)
        self.menu.show_for(line.row, of, self.table.model.reference, self._start_of)
        self.menu.popup(place)

    def _name(self, line: Line) -> None:
        """Let a person name the run of a line; a row of several seeds is named seed by seed."""
        if len(line.row.runs) == 1:
            edit_notes(line.row.runs[0], self._runs, self)

    def _tell_written(self, path: Path) -> None:
        self.message.emit(f"{path.name} was written to {path.parent}.")

    # --- making -------------------------------------------------------------------------------

    def _arrange(self) -> Iterator[None]:
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName("Views of the chosen runs")
        for view, title in (
            (self.differences, "Differences"),
            (self.bars, "Bars"),
            (self.curves, "Curves"),
            (self.pictures, "Pictures"),
            (self.filters, "Filters"),
            (self.settings, "Settings and data"),
            (self.origin, "Origin"),
        ):
            self.tabs.addTab(view, title)
        centre = QSplitter(Qt.Orientation.Vertical)
        centre.addWidget(self.table)
        centre.addWidget(self.tabs)
        centre.setChildrenCollapsible(False)
        centre.setSizes([330, 470])
        yield
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.run_list)
        splitter.addWidget(centre)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([260, 1000])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(splitter)
        yield


def _at_first(measured: Sequence[Run]) -> list[Run]:
    """Of the runs, newest first, those called as the newest, and those of RandomNet or else of the next."""
    if not measured:
        return []
    newest = measured[0].label
    others = [run for run in measured if run.label != newest]
    second = next((run for run in others if run.start == "RandomNet"), others[0] if others else None)
    wanted = {newest, second.label if second is not None else newest}
    return [run for run in measured if run.label in wanted][:AT_FIRST]


def _with_seeds(row: ComparedRow) -> str:
    return f"{row.name} · mean of {len(row.runs)} seeds" if len(row.runs) > 1 else row.name


def _mean_aps(row: ComparedRow) -> dict[str, ClassAP]:
    """By class, over the seeds of a row."""
    objects = row.runs[0].class_aps
    return {
        name: ClassAP(name, row.value(name).mean / 100, objects[name].objects if name in objects else 0)
        for name in row.any.classes
    }
