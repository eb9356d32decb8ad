"""The Probe workspace: what a frozen trunk's features are worth to simple classifiers, start beside start."""

import math
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QPushButton, QSplitter, QVBoxLayout, QWidget

from core.errors import StudioError
from core.evaluation.config import ProbeConfig
from core.evaluation.probe_table import Measure, ProbeColumn, joined, read_column
from core.evaluation.table1 import network_name
from core.jobs import jobs_of
from studio.document import Document
from studio.forms.settings_form import SettingsForm
from studio.plots.probe_plot import ProbePlot, ProbeSeries
from studio.runs.known_data import voc_folder
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import labels
from studio.workspaces.error_card import ErrorCard
from studio.workspaces.form_panel import form_panel, shown_run, three_columns
from studio.workspaces.init_editor import RANDOM, InitEditor
from studio.workspaces.probe_table import ProbeTable
from studio.workspaces.run_header import RunHeader
from studio.workspaces.run_list import RunList


class ProbeWorkspace(QWidget):
    """Starts probes and shows the chosen ones beside each other, while they measure too."""

    def __init__(self, document: Document, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("probe_workspace")
        self._runs = runs
        self._read: dict[Path, ProbeColumn] = {}
        self.run_list = RunList(
            runs, jobs_of("probe"), "Probes appear here.\nChoose images and weights on the right."
        )
        self.header, self._error = RunHeader(runs, self.run_list.name_of), ErrorCard(runs)
        self.plot, self.table = ProbePlot(), ProbeTable()
        self.form = SettingsForm(ProbeConfig, editors={"init": InitEditor(runs)})
        folder = voc_folder(runs, "probe", "voc")
        if folder.name:
            self.form.set_value(ProbeConfig(voc=folder))
        self.baseline = QCheckBox("Also probe random weights, to compare")
        self.baseline.setObjectName("probe_baseline")
        self.baseline.setToolTip("Starts a second probe, of RandomNet, with the same images and seed")
        self.start_button = QPushButton("Probe")
        self.start_button.setObjectName("probe_button")
        self.start_button.setProperty("role", "primary")
        self._arrange()
        self._connect()
        self._allow_start()
        self._show_chosen()

    def _connect(self) -> None:
        self.form.changed.connect(self._allow_start)
        self.start_button.clicked.connect(self._start)
        self.run_list.chosen_changed.connect(self._show_chosen)
        self.table.join.toggled.connect(self._show_chosen)
        for signal in (self._runs.metrics_changed, self._runs.changed, self._runs.finished):
            signal.connect(self._redraw)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_chosen()

    # --- starting -----------------------------------------------------------------------------

    def _start(self) -> None:
        settings = self.form.value()  # complete: else the button is off
        started = [self._runs.start("probe", settings, clips=())]
        if self.baseline.isChecked() and settings.init != RANDOM:
            started.append(self._runs.start("probe", replace(settings, init=RANDOM), clips=()))
        self.run_list.choose(*started)

    def _allow_start(self) -> None:
        reason = self.form.problem()
        self.start_button.setEnabled(not reason)
        self.start_button.setToolTip(reason or "Compute features and train classifiers in the background")
        self.baseline.setVisible(not reason and self.form.value().init != RANDOM)

    # --- showing ------------------------------------------------------------------------------

    def _redraw(self, run: Run) -> None:
        if self.isVisible() and run in self.run_list.chosen():
            self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self.run_list.chosen()
        self.header.show_run(chosen[0] if chosen else None)
        self._error.show_run(chosen[0] if chosen else None)
        names = labels(chosen)
        columns = [self._column(run, name) for run, name in zip(chosen, names, strict=True)]
        colours = list(range(len(columns)))
        if self.table.join.isChecked():
            starts = [_start_of(run) for run in chosen]
            columns = joined([self._column(run, start) for run, start in zip(chosen, starts, strict=True)])
            colours = [starts.index(column.name) for column in columns]
        self.plot.show_columns(
            [ProbeSeries(one.name, one, colour) for one, colour in zip(columns, colours, strict=True)]
        )
        self.table.show_columns(columns)

    def _column(self, run: Run, name: str) -> ProbeColumn:
        """What a run left, or what it reported so far."""
        if run.path is not None and not run.is_active and run.path not in self._read:
            try:
                self._read[run.path] = read_column(run.path)
            except StudioError:  # it did not get so far
                return _reported(run, name)
        if run.is_active or run.path is None:
            return _reported(run, name)
        return replace(self._read[run.path], name=name)

    def _arrange(self) -> None:
        centre = QSplitter(Qt.Orientation.Vertical)
        centre.addWidget(self.plot)
        centre.addWidget(self.table)
        centre.setSizes([400, 360])
        right = form_panel("New probe", self.form, self.baseline, self.start_button)
        shown = shown_run(self.header, self._error, centre)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(three_columns(self.run_list, shown, right, (230, 900, 290)))


def _start_of(run: Run) -> str:
    return network_name(str(run.settings.get("init", RANDOM)))


def _reported(run: Run, name: str) -> ProbeColumn:
    """The accuracies that came as metrics, such as `linear/10/pool5`."""
    found = {}
    for metric, curve in run.metrics.items():
        words = metric.split("/")
        if len(words) == 3 and words[1].isdecimal() and len(curve):
            found[Measure(words[2], words[0], int(words[1]))] = curve.values.tolist()
    return ProbeColumn(name, "not finished", math.nan, (found,))
