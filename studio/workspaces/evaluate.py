"""The Evaluate workspace: Fast R-CNN fine-tuned from some weights, and its average precision on VOC."""

import math
from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from core.datasets.class_list import VOC
from core.datasets.voc import CLASSES
from core.datasets.voc_folder import VocFolder
from core.detection.config import VocConfig
from core.evaluation.differences import disagreement
from core.evaluation.table1 import TableRow, paper_rows, part_of
from core.jobs import jobs_of
from core.percent import percent
from studio import theme
from studio.comparison.measured_rows import MeasuredRows
from studio.document import Document
from studio.elided_combo import ElidedCombo
from studio.evaluation.class_views import ClassViews
from studio.evaluation.diagnoses import Diagnoses
from studio.evaluation.losses import LossPlot
from studio.forms.settings_form import SettingsForm
from studio.plots.ap_bars import ApBars, BarSeries, Quoted
from studio.plots.class_plot import MEAN
from studio.runs.known_data import voc_folder
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import labels
from studio.workspaces.ap_table import ApTable
from studio.workspaces.error_card import ErrorCard
from studio.workspaces.form_panel import form_panel, shown_run, three_columns
from studio.workspaces.init_editor import InitEditor
from studio.workspaces.run_header import RunHeader
from studio.workspaces.run_list import RunList
from studio.wrapped_label import WrappedLabel

TABLE_WIDTH = 262
"""Pixels of the table of classes at first."""


class EvaluateWorkspace(QWidget):
    """Starts evaluations and shows the chosen ones; several are overlaid, the first is detailed."""

    def __init__(self, document: Document, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluate_workspace")
        self._document, self._runs = document, runs
        self._class = ""
        self._measured = MeasuredRows(self)
        self.steps = self._build()

    def _build(self) -> Iterator[None]:
        document, runs = self._document, self._runs
        self.run_list = RunList(
            runs, jobs_of("evaluate"), "Evaluations appear here.\nChoose VOC data and weights on the right."
        )
        self.header, self._error = RunHeader(runs, self.run_list.name_of), ErrorCard(runs)
        self.loss, self.bars, self.table = LossPlot(), ApBars(), ApTable()
        yield
        self.diagnoses = Diagnoses(self)
        self.views = ClassViews(self.loss, self.diagnoses)
        yield from self.views.steps
        self.views.save_button.folder = document.project.path / "exports"
        self.mean = QLabel()
        self.mean.setProperty("role", "title")
        self.mean.setObjectName("mean_ap")
        self._mean_words = WrappedLabel()
        self._mean_words.setProperty("quiet", True)
        self.quoted = _new_choice_of_row()
        yield
        self.form = SettingsForm(VocConfig, editors={"init": InitEditor(runs)})
        self.form.set_value(VocConfig(voc=voc_folder(runs, "voc")))
        self.start_button = QPushButton("Evaluate on VOC")
        self.start_button.setObjectName("evaluate_button")
        self.start_button.setProperty("role", "primary")
        self._notes = WrappedLabel()
        self._notes.setProperty("quiet", True)
        yield
        yield from self._arrange()
        self._connect()
        self._allow_start()
        self._choose()

    def _connect(self) -> None:
        self.form.changed.connect(self._allow_start)
        self.start_button.clicked.connect(self._start)
        for changed in (self.run_list.chosen_changed, self._measured.changed):
            changed.connect(self._choose)
        self.quoted.currentIndexChanged.connect(self._show_chosen)
        self.bars.class_clicked.connect(self.choose_class)
        self.table.class_clicked.connect(self.choose_class)
        self.diagnoses.changed.connect(self._show_aps)
        runs = self._runs
        for signal in (runs.metrics_changed, runs.ap_changed, runs.changed, runs.finished):
            signal.connect(self._redraw)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_chosen()

    def close_reader(self) -> None:
        """Wait for the threads."""
        self._measured.close()
        self.views.close_readers()
        self.diagnoses.close()

    # --- starting -----------------------------------------------------------------------------

    def _start(self) -> None:
        settings = self.form.value()  # complete: else the button is off
        if settings.cache is None:
            settings = replace(settings, cache=self._document.project.cache / "proposals")
        self.run_list.choose(self._runs.start("voc", settings, clips=()))

    def _allow_start(self) -> None:
        reason = self.form.problem()
        if not reason:
            folder, year = self.form.value().voc, self.form.value().year
            if not folder.name:
                reason = "Choose the folder of the VOC data (field VOC)."
            elif not VocFolder.may_be_in(folder, year):
                reason = f"{folder} holds no VOC{year}; choose the folder that does."
        self.start_button.setEnabled(not reason)
        self.start_button.setToolTip(reason or "Fine-tune, detect and measure in the background")
        self._notes.setText("" if self.form.problem() else reason)
        self._notes.setVisible(bool(self._notes.text()))

    # --- showing ------------------------------------------------------------------------------

    def _choose(self) -> None:
        """Set a published row of the same part of Table 1 beside a newly chosen run, if there is one."""
        chosen, shown = self.run_list.chosen(), self.quoted.currentData()
        measured = self._measured.of(chosen[:1])
        if chosen and measured is not None:  # else it comes back when that is read
            part = _part(measured[0][1]) if measured else _planned_part(chosen[0])
            if shown is None or shown.part != part:
                places = (place for place, row in enumerate(paper_rows(), start=1) if row.part == part)
                self.quoted.setCurrentIndex(next(places, 0))
        self._show_chosen()

    def _redraw(self, run: Run) -> None:
        if self.isVisible() and run in self.run_list.chosen():
            self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self.run_list.chosen()
        first = chosen[0] if chosen else None
        self.header.show_run(first)
        self._error.show_run(first)
        named = self._named()
        self.loss.show_runs(named)
        self._show_aps()
        if first is not None and self._class not in _classes(first, None):
            self._class = next((name for name, one in first.class_aps.items() if one.objects), "")
        self._show_class()

    def _named(self) -> list[tuple[Run, str]]:
        """The chosen runs with their labels."""
        chosen = self.run_list.chosen()
        return list(zip(chosen, labels(chosen), strict=True))

    def _show_aps(self) -> None:
        """Show the APs of the chosen runs, with the intervals that are worked out."""
        named = self._named()
        first = named[0][0] if named else None
        rows = self._measured.of([first] if first is not None else [])
        if rows is None or not self.isVisible():
            return  # it comes back when they are read, or seen
        row: TableRow | None = self.quoted.currentData()
        known = dict(self._measured.of([run for run, _ in named]) or rows)
        series = [
            BarSeries(label, run.class_aps, place, self._intervals(run), _classes(run, known.get(run)))
            for place, (run, label) in enumerate(named)
        ]
        measured = rows[0][1] if rows else None
        reason = disagreement(measured, row) if measured is not None and row is not None else ""
        unlike = [(named[0][1] if len(named) > 1 else "", reason)] if reason else []
        self.bars.show_runs(series, Quoted.of(row, unlike) if row is not None else None)
        classes = series[0].classes if series else CLASSES
        self.table.show_aps(first.class_aps if first else {}, row.aps if row else {}, classes)
        self._show_mean(series[0] if series else None, measured, row, reason)

    def _intervals(self, run: Run) -> dict[str, tuple[float, float]]:
        """The intervals of a run's APs, and of their mean, as far as they are worked out."""
        known = self.diagnoses.known(run)
        if known is None:
            return {}
        ends = {name: one.interval for name, one in known.classes.items()}
        if known.whole is not None:
            ends[MEAN] = known.whole.mean_interval
        return {name: (one.low, one.high) for name, one in ends.items() if math.isfinite(one.low)}

    def _show_mean(
        self, series: BarSeries | None, measured: TableRow | None, quoted: TableRow | None, reason: str
    ) -> None:
        """The mean of a run, over which classes it is, and the quoted mean with the reason against it."""
        known = series is not None and not math.isnan(series.mean)
        self.mean.setVisible(known)
        if series is None or not known:
            self._mean_words.setText("The mean over classes appears with the first class.")
            return
        low, high = series.intervals.get(MEAN, (math.nan, math.nan))
        self.mean.setText(f"mAP {percent(series.mean, 1)}")
        self.mean.setToolTip(
            "" if math.isnan(low) else f"95 % interval over pictures: {percent(low, 1)} to {percent(high, 1)}"
        )
        total, done = len(self.bars.groups) - 1, len(series.class_aps)
        words = measured.measured_words if measured is not None else f"so far, {done} of {total} classes"
        words = words if math.isnan(low) else f"95 % interval [{100 * low:.1f}, {100 * high:.1f}]; {words}"
        published = f"; {quoted.name}, quoted: {quoted.mean_ap:.1f} %" if quoted is not None else ""
        against = ", not comparable" if reason else ""
        self._mean_words.setText(words + published + against)

    def choose_class(self, name: str) -> None:
        """Look at a class."""
        self._class = name
        self.views.leave_loss()
        self._show_class()

    def _show_class(self) -> None:
        self.bars.set_class(self._class)
        self.table.set_class(self._class)
        self.views.show_runs(self._named(), self._class)

    def _arrange(self) -> Iterator[None]:
        figures = QWidget()
        column = QVBoxLayout(figures)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        means = QHBoxLayout()
        means.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, 0)
        means.setSpacing(2 * theme.SPACE)
        means.addWidget(self.mean)
        means.addWidget(self._mean_words, 1)
        self.bars.add_tool(self.quoted)
        column.addLayout(means)
        column.addWidget(self.bars, 1)
        self.bars.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        classes = QSplitter(Qt.Orientation.Horizontal)
        for widget, width in ((self.table, 0), (self.views, 1)):
            classes.addWidget(widget)
            classes.setStretchFactor(classes.indexOf(widget), width)
        classes.setCollapsible(1, False)
        classes.setSizes([TABLE_WIDTH, 600])
        plots = QSplitter(Qt.Orientation.Vertical)
        for pane in (figures, classes):
            plots.addWidget(pane)
        figures.setMinimumHeight(250)
        classes.setMinimumHeight(220)
        plots.setCollapsible(1, False)
        plots.setSizes([270, 400])
        centre = shown_run(self.header, self._error, plots)
        yield
        right = form_panel("New evaluation", self.form, self._notes, self.start_button)
        yield
        columns = three_columns(self.run_list, centre, right, (250, 900, 290))
        yield
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(columns)
        yield


def _classes(run: Run, measured: TableRow | None) -> tuple[str, ...]:
    """The classes of a run; while it is measured those that are known of it, VOC's if they may be."""
    if measured is not None:
        return measured.classes
    return CLASSES if set(run.class_aps) <= set(CLASSES) else tuple(run.class_aps)


def _part(row: TableRow) -> str:
    """The part of Table 1 of a row; none of a row of other classes than VOC's."""
    return row.part if row.classes == CLASSES else ""


def _new_choice_of_row() -> QComboBox:
    box = ElidedCombo()
    box.setObjectName("quoted_row")
    box.setAccessibleName("Published row beside the runs")
    box.setToolTip("Which row of the paper's Table 1 to set beside the runs")
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(16)
    box.addItem("beside no published row", None)
    for row in paper_rows():
        box.addItem(f"{row.name} · {row.part_title}", row)
    return box


def _planned_part(run: Run) -> str:
    """The part of Table 1 that a run belongs to by its settings, before it has measured."""
    if run.settings.get("classes", VOC) != VOC:
        return ""
    return part_of(run.settings.get("year", 0), run.settings.get("scales", ""))
