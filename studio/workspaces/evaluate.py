"""The Evaluate workspace: Fast R-CNN fine-tuned from some weights, and its average precision on VOC."""

import math
from dataclasses import replace
from pathlib import Path

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

from core.detection.config import VocConfig
from core.evaluation.differences import disagreement
from core.evaluation.table1 import TableRow, paper_rows, part_of
from core.jobs import jobs_of
from studio import theme
from studio.document import Document
from studio.forms.settings_form import SettingsForm
from studio.plots.ap_bars import ApBars, BarSeries, Quoted
from studio.plots.curve_plot import CurvePlot, Series
from studio.plots.pr_curve import PrCurve, PrSeries, read_pr
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import labels
from studio.workspaces.ap_table import ApTable
from studio.workspaces.error_card import ErrorCard
from studio.workspaces.form_panel import form_panel, shown_run, three_columns
from studio.workspaces.init_editor import InitEditor
from studio.workspaces.run_header import RunHeader
from studio.workspaces.run_list import RunList
from studio.workspaces.table1_model import row_of


class EvaluateWorkspace(QWidget):
    """Starts evaluations and shows the chosen ones; several are overlaid, the first is detailed."""

    def __init__(self, document: Document, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluate_workspace")
        self._document, self._runs = document, runs
        self._class = ""
        self.run_list = RunList(
            runs, jobs_of("evaluate"), "Evaluations appear here.\nChoose VOC data and weights on the right."
        )
        self.header, self._error = RunHeader(runs), ErrorCard(runs)
        self.loss = CurvePlot(
            "Fine-tuning loss",
            "Loss (nats)",
            empty="The loss of Fast R-CNN appears here while it is fine-tuned.",
            logarithmic=False,
        )
        self.bars, self.pr, self.table = ApBars(), PrCurve(), ApTable()
        self.mean = QLabel()
        self.mean.setProperty("role", "title")
        self.mean.setObjectName("mean_ap")
        self._mean_words = QLabel()
        self._mean_words.setProperty("quiet", True)
        self._mean_words.setTextFormat(Qt.TextFormat.PlainText)
        self._mean_words.setWordWrap(True)
        self.quoted = _new_choice_of_row()
        self.form = SettingsForm(VocConfig, editors={"init": InitEditor(runs)})
        self.form.set_value(VocConfig(voc=_voc_folder(document, runs)))
        self.start_button = QPushButton("Evaluate on VOC")
        self.start_button.setObjectName("evaluate_button")
        self.start_button.setProperty("role", "primary")
        self._notes = QLabel()
        self._notes.setWordWrap(True)
        self._notes.setProperty("quiet", True)
        self._arrange()
        self._connect()
        self._allow_start()
        self._choose()

    def _connect(self) -> None:
        self.form.changed.connect(self._allow_start)
        self.start_button.clicked.connect(self._start)
        self.run_list.chosen_changed.connect(self._choose)
        self.quoted.currentIndexChanged.connect(self._show_chosen)
        self.bars.class_clicked.connect(self._show_class)
        self.table.class_clicked.connect(self._show_class)
        runs = self._runs
        for signal in (runs.metrics_changed, runs.ap_changed, runs.changed, runs.finished):
            signal.connect(self._redraw)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_chosen()

    # --- starting -----------------------------------------------------------------------------

    def _start(self) -> None:
        settings = self.form.value()  # complete: else the button is off
        if settings.cache is None:
            settings = replace(settings, cache=self._document.project.cache / "proposals")
        self.run_list.choose(self._runs.start("voc", settings, clips=()))

    def _allow_start(self) -> None:
        reason = self.form.problem()
        if not reason:
            folder, year = self.form.value().voc, f"VOC{self.form.value().year}"
            if not folder.name:
                reason = "Choose the folder of the VOC data (field VOC)."
            elif not (folder / year).is_dir() and folder.name != year:
                reason = f"{folder} holds no {year}; choose the folder that does."
        self.start_button.setEnabled(not reason)
        self.start_button.setToolTip(reason or "Fine-tune, detect and measure in the background")
        self._notes.setText("" if self.form.problem() else reason)
        self._notes.setVisible(bool(self._notes.text()))

    # --- showing ------------------------------------------------------------------------------

    def _choose(self) -> None:
        """Set a published row of the same part of Table 1 beside a newly chosen run, if there is one."""
        chosen, shown = self.run_list.chosen(), self.quoted.currentData()
        if chosen:
            part = _part(chosen[0])
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
        names = labels(chosen)
        self.loss.show_series(
            [
                Series(label, run.curve("loss").steps, run.curve("loss").values, place)
                for place, (run, label) in enumerate(zip(chosen, names, strict=True))
            ]
        )
        row: TableRow | None = self.quoted.currentData()
        series = [BarSeries(names[place], run.class_aps, place) for place, run in enumerate(chosen)]
        measured = row_of(first) if first is not None else None
        reason = disagreement(measured, row) if measured is not None and row is not None else ""
        unlike = [(names[0], reason)] if reason else []
        self.bars.show_runs(series, Quoted.of(row, unlike) if row is not None else None)
        self.table.show_aps(first.class_aps if first else {}, row.aps if row else {})
        self._show_mean(series[0] if series else None, measured, row, reason)
        self._show_class(self._class)

    def _show_mean(
        self, series: BarSeries | None, measured: TableRow | None, quoted: TableRow | None, reason: str
    ) -> None:
        """The mean of a run, over which classes it is, and the quoted mean with the reason against it."""
        if series is None or math.isnan(series.mean):
            self.mean.setText("mAP –")
            self._mean_words.setText("The mean over classes appears with the first class.")
            return
        self.mean.setText(f"mAP {series.mean:.1%}")
        total, done = len(self.bars.groups) - 1, len(series.class_aps)
        words = measured.measured_words if measured is not None else f"so far, {done} of {total} classes"
        published = f"; {quoted.name}, quoted: {quoted.mean_ap:.1f} %" if quoted is not None else ""
        against = f"; not comparable: {reason}" if reason else ""
        self._mean_words.setText(words + published + against)

    def _show_class(self, name: str) -> None:
        self._class = name
        curves = []
        chosen = self.run_list.chosen()
        for place, (run, label) in enumerate(zip(chosen, labels(chosen), strict=True)):
            found = read_pr(run.path / "results", name) if run.path is not None and name else None
            if found is not None:
                curves.append(PrSeries(label, *found, place))
        self.pr.show_class(name, curves)

    def _arrange(self) -> None:
        below = QWidget()
        row = QHBoxLayout(below)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for plot in (self.loss, self.pr):
            plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            row.addWidget(plot, 1)
        plots = QSplitter(Qt.Orientation.Vertical)
        for widget in (self.bars, below):
            plots.addWidget(widget)
            widget.setMinimumHeight(160)
        plots.setChildrenCollapsible(False)
        plots.setSizes([330, 270])
        figures = QWidget()
        column = QVBoxLayout(figures)
        column.setContentsMargins(theme.SPACE, 0, theme.SPACE, theme.SPACE)
        column.addWidget(self.mean)
        column.addWidget(self._mean_words)
        column.addWidget(self.quoted)
        column.addWidget(self.table, 1)
        inner = QSplitter(Qt.Orientation.Horizontal)
        inner.addWidget(plots)
        inner.addWidget(figures)
        inner.setStretchFactor(0, 1)
        inner.setSizes([600, 270])
        centre = shown_run(self.header, self._error, inner)
        right = form_panel("New evaluation", self.form, self._notes, self.start_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(three_columns(self.run_list, centre, right, (250, 900, 290)))


def _new_choice_of_row() -> QComboBox:
    box = QComboBox()
    box.setObjectName("quoted_row")
    box.setAccessibleName("Published row beside the runs")
    box.setToolTip("Which row of the paper's Table 1 to set beside the runs")
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.addItem("beside no published row", None)
    for row in paper_rows():
        box.addItem(f"{row.name} · {row.part_title}", row)
    return box


def _voc_folder(document: Document, runs: Runs) -> Path:
    """The VOC data of the newest evaluation, else that of a sample project, else none."""
    used = [Path(run.settings["voc"]) for run in runs.for_job("voc") if run.settings.get("voc")]
    sample = document.project.path / "sample" / "VOCdevkit"
    return next((folder for folder in (*used, sample) if folder.is_dir()), Path())


def _part(run: Run) -> str:
    """The part of Table 1 that a run belongs to; before it has measured, by its settings."""
    row = row_of(run)
    if row is not None:
        return row.part
    return part_of(run.settings.get("year", 0), run.settings.get("scales", ""))
