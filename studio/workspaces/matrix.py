"""The workspace Table 1: plans the whole table, starts it, and shows how far each cell is."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from core import config
from core.errors import StudioError
from core.jobs import jobs_of
from core.matrix.config import MatrixConfig
from core.matrix.entries import NETWORKS, SETTINGS
from core.matrix.place import Place
from core.matrix.state import Stage
from core.runs.run_folder import RunFolder, State
from studio.document import Document
from studio.matrix.matrix_form import GROWING, MatrixForm, first_settings
from studio.matrix.matrix_view import MatrixView
from studio.matrix.reader import MatrixReader, MatrixReport
from studio.runs.known_data import caltech101_folder, sample, voc_folder
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.watch.reading import Reading
from studio.workspaces.error_card import ErrorCard
from studio.workspaces.form_panel import form_panel, shown_run, three_columns
from studio.workspaces.run_header import RunHeader
from studio.workspaces.run_list import RunList
from studio.wrapped_label import WrappedLabel

PERIOD = 1000
"""Milliseconds between looks at the folders of a matrix that is shown."""


class MatrixWorkspace(QWidget):
    """The matrices of a project, the chosen one or the plan of a new one, and its settings.

    Signals:
        run_chosen(Run): a person wants to look at the run of a cell.
        compare_asked(list[Run]): a person wants to see the finished cells beside each other.
    """

    run_chosen = Signal(object)
    compare_asked = Signal(object)

    def __init__(self, document: Document, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("matrix_workspace")
        self._document, self._runs = document, runs
        self._report: MatrixReport | None = None
        self._looks = 0
        self._shown: tuple[Run | None, object] | None = None
        self.run_list = RunList(
            runs,
            jobs_of("table1"),
            "Tables appear here.\nChoose settings on the right and press Start.",
            called="Tables",
        )
        self.header, self._error = RunHeader(runs), ErrorCard(runs)
        self.view = MatrixView()
        self.form = MatrixForm()
        self.new_button = QPushButton("New table")
        self.new_button.setObjectName("new_table_button")
        self.new_button.setToolTip("Plan another table; what is there stays")
        self.start_button = QPushButton("Start")
        self.start_button.setObjectName("table1_button")
        self.start_button.setProperty("role", "primary")
        self._notes = WrappedLabel()
        self._notes.setObjectName("table1_notes")
        self._notes.setProperty("quiet", True)
        self._reader = MatrixReader()
        self._reading = Reading(self)
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD)
        self._arrange()
        self._connect()
        self._choose()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self._choose()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def close_reader(self) -> None:
        """Stop reading."""
        self._timer.stop()
        self._reading.close()

    def _connect(self) -> None:
        self._reading.done.connect(self._show_report)
        self._reading.failed.connect(self.view.show_problem)
        self._timer.timeout.connect(self._look)
        self.run_list.chosen_changed.connect(self._choose)
        self.form.changed.connect(self._plan)
        self.new_button.clicked.connect(self.run_list.choose)
        self.start_button.clicked.connect(self._start)
        self.view.opened.connect(self._open)
        self.view.compare_asked.connect(self._compare)
        for signal in (self._runs.changed, self._runs.finished, self._runs.removed):
            signal.connect(self._refresh)

    @property
    def matrix(self) -> Run | None:
        """The run of the matrix that is shown; None while a new one is planned."""
        chosen = self.run_list.chosen()
        return chosen[0] if chosen else None

    # --- starting -----------------------------------------------------------------------------

    def _start(self) -> None:
        run, settings = self.matrix, self.form.value()  # complete: else the button is off
        if run is None:
            self.run_list.choose(self._runs.start("table1", settings))
        else:
            self._runs.resume(run, **{name: getattr(settings, name) for name in GROWING})

    def _allow_start(self) -> None:
        """Say what the button does, or why it does nothing."""
        run = self.matrix
        reason = self.form.problem() or self._refusal(self.form.value())
        text, tip = "Start", "Do every run of the plan in the background"
        if run is not None and run.is_active:
            text, reason = "Running", "It runs; stop it to add networks, settings or seeds."
        elif run is not None and run.path is None:
            reason = reason or "It could not be started; plan a new table."
        elif run is not None and not reason:
            text, tip, reason = self._going_on(run)
        self.start_button.setText(text)
        self.start_button.setEnabled(not reason)
        self.start_button.setToolTip(reason or tip)
        self._notes.setText("" if self.form.problem() else reason)
        self._notes.setVisible(bool(self._notes.text()))
        self.new_button.setEnabled(run is not None)

    def _going_on(self, run: Run) -> tuple[str, str, str]:
        """What the button says for a matrix that ended, its tip, and the reason against pressing it."""
        kept = ("networks", "settings", "seeds")
        chosen = config.as_dict(self.form.value())
        if any(chosen[name] != run.settings.get(name) for name in kept):
            return "Add and go on", "Do what is added; what is done stays as it is", ""
        if run.state is State.DONE:
            return "Done", "", "All is done; add networks, settings or seeds to go on."
        if run.state is State.FAILED:
            return "Run again what failed", "What is done stays as it is", ""
        return "Resume", "Go on from what is done", ""

    def _refusal(self, settings: MatrixConfig) -> str:
        """Why these settings cannot be started here; empty if they can."""
        if not settings.voc.name:
            return "Choose the folder of the VOC data (field VOC)."
        for each in (SETTINGS[name] for name in settings.settings):
            year = f"VOC{each.year}"
            if not (settings.voc / year).is_dir() and settings.voc.name != year:
                other = f"choose the folder that does, or leave VOC {each.year} out"
                return f"{settings.voc} holds no {year}; {other}."
        clips = self._document.clips()
        for kind, there in (
            ("obj", any(one.objects for one in clips)),
            ("tr", any(one.points for one in clips)),
            ("objtr", any(one.objects + one.points for one in clips)),
        ):
            lacking = [name for name in settings.networks if NETWORKS[name].get("regime") == kind]
            if lacking and not there:
                tracks = {"obj": "object tracks", "tr": "point tracks", "objtr": "tracks"}[kind]
                return f"The project has no {tracks}, which {lacking[0]} learns from; make some in Curate."
        return ""

    # --- showing ------------------------------------------------------------------------------

    def _choose(self) -> None:
        """Show the chosen matrix and its settings, or the plan of a new one."""
        run = self.matrix
        self.header.show_run(run)
        shown = run, run.settings if run is not None else None
        if shown != self._shown:
            if self._shown is None or run is not self._shown[0]:
                self._report = None
            self._shown = shown
            self._show_settings(run)
        self._show_error()
        self._plan()

    def _show_settings(self, run: Run | None) -> None:
        if run is None:
            voc, caltech101 = voc_folder(self._runs, "voc", "table1"), caltech101_folder(self._runs)
            drawn = voc.is_relative_to(sample(self._runs.project))
            self.form.show_settings(first_settings(voc, caltech101, drawn), begun=False)
            return
        try:
            self.form.show_settings(config.from_dict(MatrixConfig, run.settings), begun=True)
        except StudioError as error:
            self.view.show_problem(str(error))

    def _refresh(self, run: Run) -> None:
        if self.isVisible() and run is self.matrix:
            self._choose()

    def _plan(self) -> None:
        """Show the plan that the form makes."""
        run = self.matrix
        self.form.setEnabled(run is None or not run.is_active)
        self._allow_start()
        self._look()

    def _look(self) -> None:
        if not self.isVisible():
            return
        if self.form.problem():
            self.view.show_nothing("The plan appears here when the settings are complete.")
            return
        run, settings = self.matrix, self.form.value()
        self._looks += 1
        place = _place(self._runs, run)
        done = [one.folder for one in self._runs.all if one.state is State.DONE and one.folder is not None]
        self._reading.want(self._looks, lambda: (place, settings, self._reader.read(settings, place, done)))

    def _show_report(self, found: tuple[Place, MatrixConfig, MatrixReport]) -> None:
        place, settings, report = found
        run = self.matrix
        if self.form.problem() or (place, settings) != (_place(self._runs, run), self.form.value()):
            return  # another matrix was chosen, or other settings, while this one was read
        self._report = report
        self.view.show_report(report, run is not None and run.is_active)
        self._show_error()

    def _show_error(self) -> None:
        """Show what went wrong with the matrix itself; what went wrong with cells stands in the table."""
        run, report = self.matrix, self._report
        broken = run is not None and (
            run.state is State.INTERRUPTED or (report is not None and not report.state.count(Stage.FAILED))
        )
        self._error.show_run(run if broken else None)

    # --- looking at cells ---------------------------------------------------------------------

    def _open(self, planned: str) -> None:
        run = self._run_of(planned)
        if run is not None:
            self.run_chosen.emit(run)

    def _compare(self) -> None:
        if self._report is not None:
            found = [self._run_of(name) for name in self._report.mean_aps]
            self.compare_asked.emit([run for run in found if run is not None])

    def _run_of(self, planned: str) -> Run | None:
        """The run of the matrix that is shown, by its name in the plan."""
        name = _place(self._runs, self.matrix).path_of(planned).name
        return next((run for run in self._runs.all if run.name == name), None)

    def _arrange(self) -> None:
        buttons = QWidget()
        row = QHBoxLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.new_button)
        row.addWidget(self.start_button, 1)
        centre = shown_run(self.header, self._error, self.view)
        right = form_panel("Table 1", self.form, self._notes, buttons)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(three_columns(self.run_list, centre, right, (230, 800, 320)))


def _place(runs: Runs, run: Run | None) -> Place:
    """Where the runs of a matrix lie; of one that was not begun, nowhere yet."""
    if run is not None and run.folder is not None:
        return Place.of(run.folder)
    return Place.of(RunFolder(runs.project.runs / "planned"))
