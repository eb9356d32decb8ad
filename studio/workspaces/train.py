"""The Train workspace: runs, their curves and monitors, and the settings of the next one."""

from collections.abc import Collection, Iterator

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from core.errors import StudioError
from core.jobs import jobs_of
from core.pretraining.config import PretrainConfig
from studio.document import Document
from studio.filters.track_filters import TrackFilters
from studio.filters.tracks_editor import TracksEditor
from studio.forms.settings_form import SettingsForm
from studio.plots.curve_plot import CurvePlot, Series
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.since import Since
from studio.runs.words import held_out_apart, labels, trained_words
from studio.watch.monitors import CURVES, Monitors
from studio.workspaces.error_card import ErrorCard
from studio.workspaces.form_panel import form_panel, shown_run, three_columns
from studio.workspaces.log_view import LogView
from studio.workspaces.material_note import MaterialNote
from studio.workspaces.run_header import RunHeader
from studio.workspaces.run_list import RunList

MOST_PINNED = 24
"""Trajectories whose nearest neighbours a run can show."""

COUNT_PERIOD = 500
"""Milliseconds after an edit before the trajectories are counted again."""

OF_TWO = {"association", "slowfeat", "contrastive"}
"""Methods whose pairs or triplets have two outcomes, so that chance is half of them."""


class TrainWorkspace(QWidget):
    """Starts pretraining runs and shows the chosen ones; several are overlaid, the first is detailed."""

    def __init__(
        self, document: Document, runs: Runs, filters: TrackFilters, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("train_workspace")
        self._runs = runs
        self._since = Since(document, self)
        self._since.changed.connect(self._show_if_shown)
        self._detailed: Run | None = None
        self.steps = self._build(document, filters)

    def _build(self, document: Document, filters: TrackFilters) -> Iterator[None]:
        runs = self._runs
        self.run_list = RunList(
            runs,
            jobs_of("train"),
            "Pretraining runs appear here.\nChoose settings on the right and press Pretrain.",
        )
        self.header, self._error = RunHeader(runs, self.run_list.name_of), ErrorCard(runs)
        self.loss = CurvePlot(
            "Loss",
            "Loss (nats)",
            empty="The loss appears here as soon as a run reports it.",
            logarithmic=False,
        )
        yield
        self.accuracy = CurvePlot(
            "Pair accuracy",
            "Pair accuracy (%)",
            empty="The share of pairs classified correctly appears here, in training and on held-out clips.",
            chance=(50.0, "chance"),
            span=(0.0, 100.0),
            dashed_means="held out",
        )
        self._log = LogView()
        yield
        self.form = SettingsForm(PretrainConfig, {"tracks": TracksEditor(filters)})
        yield
        self.monitors = Monitors(document, self._curves(), self._settings)
        yield from self.monitors.steps
        self.start_button = QPushButton("Pretrain")
        self.start_button.setObjectName("pretrain_button")
        self.start_button.setProperty("role", "primary")
        self._material = MaterialNote(document)
        yield
        yield from self._arrange()
        self._count_soon = QTimer(self)
        self._count_soon.setSingleShot(True)
        self._count_soon.setInterval(COUNT_PERIOD)
        self._count_soon.timeout.connect(self._count_if_shown)
        document.changed.connect(self._count_soon.start)
        self.form.changed.connect(self._allow_start)
        self.form.changed.connect(self._show_pins)
        self.monitors.neighbours.unpin_asked.connect(lambda: self.pin(self._pinned()))
        self._material.counted.connect(self._allow_start)
        self.start_button.clicked.connect(self._start)
        self.run_list.chosen_changed.connect(self._show_chosen)
        for plot in (self.loss, self.accuracy):
            plot.step_clicked.connect(self._go_to)
        self.loss.step_hovered.connect(self.monitors.glance_at)
        self.monitors.step_chosen.connect(self.loss.set_cursor)
        self.monitors.step_chosen.connect(self.accuracy.set_cursor)
        self._error.started.connect(self.run_list.choose)
        runs.metrics_changed.connect(self._redraw)
        runs.filters_changed.connect(self._redraw)
        runs.log_changed.connect(self._redraw)
        runs.changed.connect(self._redraw)
        self._allow_start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._count()

    def close_reader(self) -> None:
        """Stop reading."""
        self._material.close_reader()
        self._since.close()
        self.monitors.close_readers()

    # --- starting -----------------------------------------------------------------------------

    def _start(self) -> None:
        try:
            run = self._runs.start("pretrain", self.form.value())
        except StudioError:
            return  # the form shows the sentence
        self.run_list.choose(run)

    def _count_if_shown(self) -> None:
        if self.isVisible():
            self._count()

    def _count(self) -> None:
        self._material.count()
        self._show_chosen()

    def _show_if_shown(self) -> None:
        if self.isVisible():
            self._show_chosen()

    def pin(self, ids: Collection[int]) -> str:
        """Let the next run show the nearest neighbours of some trajectories or, if it would already, not.

        Returns:
            What came of it, in a sentence.
        """
        before = self._pinned()
        pinned = before - set(ids) if before >= set(ids) else before | set(ids)
        if len(pinned) > MOST_PINNED:
            return f"At most {MOST_PINNED} tracks can be pinned; select fewer, or unpin some in Train."
        self.form.editor("pinned").set_value(tuple(sorted(pinned)))
        self.form.changed.emit()
        count = "1 track is" if len(pinned) == 1 else f"{len(pinned):,} tracks are"
        return f"{count} pinned; the next pretraining run shows what lies near in fc7."

    def _pinned(self) -> set[int]:
        """The ids in the form; text that is none is refused there."""
        return {id for id in self.form.editor("pinned").value() if isinstance(id, int)}

    def _show_pins(self) -> None:
        self.monitors.neighbours.set_pinned(sorted(self._pinned()))

    def _allow_start(self) -> None:
        problem = self.form.problem()
        if problem:  # which the form shows
            self._material.setText("")
        reason = problem or self._material.refusal(self.form.value())
        self.start_button.setEnabled(not reason)
        self.start_button.setToolTip(reason or "Train a trunk on these trajectories in the background")

    def _settings(self) -> PretrainConfig | None:
        """What the form says; None while it is not complete."""
        return None if self.form.problem() else self.form.value()

    # --- showing ------------------------------------------------------------------------------

    def _redraw(self, run: Run) -> None:
        if self.isVisible() and run in self.run_list.chosen():
            self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = self.run_list.chosen()
        first = chosen[0] if chosen else None
        self.header.show_run(first, self._trained_on(first) if first is not None else "")
        self._error.show_run(first)
        self._log.show_run(first)
        if first is not self._detailed:
            self._detailed = first
            self._mark(None)
        self.monitors.show_runs(list(zip(chosen, labels(chosen), strict=True)))
        several = len(chosen) > 1
        losses, accuracies = [], []
        apart = held_out_apart(chosen)
        for place, (run, label) in enumerate(zip(chosen, labels(chosen), strict=True)):
            loss, accuracy, held_out = (run.curve(n) for n in ("loss", "accuracy", "held_out_accuracy"))
            losses.append(Series(label, loss.steps, loss.values, place))
            accuracies += [
                Series(
                    label if several else "training",
                    accuracy.steps,
                    100 * accuracy.values,
                    place,
                ),
                Series(
                    f"{label}, held out",
                    held_out.steps if run not in apart else np.zeros(0),
                    100 * held_out.values if run not in apart else np.zeros(0),
                    place,
                    dashed=True,
                    smooth=False,
                ),
            ]
        names = dict(zip(chosen, labels(chosen), strict=True))
        self.accuracy.set_notes(
            "\n".join(f"Held-out curve of “{names[run]}” not shown: {why}." for run, why in apart.items())
        )
        methods = {run.settings.get("method") for run in chosen}
        self.loss.set_axis("Loss" if methods & {"slowfeat", "contrastive"} else "Loss (nats)")
        self.loss.show_series(losses)
        of_two = methods <= OF_TWO
        self.accuracy.set_axis("Pair accuracy (%)" if of_two else "Accuracy (%)")
        self.accuracy.set_chance((50.0, "chance") if of_two else None)
        self.accuracy.show_series(accuracies)

    def _go_to(self, step: int) -> None:
        """Look at a step that was clicked: in the first tab at its pairs, in the others at what they show."""
        self._mark(step)
        if self.monitors.tabs.currentIndex() == CURVES:
            self.monitors.show_pairs(step)
        else:
            self.monitors.set_step(step)

    def _mark(self, step: int | None) -> None:
        for plot in (self.loss, self.accuracy):
            plot.set_cursor(step)

    def _trained_on(self, run: Run) -> str:
        if run.revision is None:
            return ""
        return " · ".join(filter(None, (trained_words(run), self._since.words(run))))

    def _curves(self) -> QWidget:
        """What the first tab shows."""
        curves = QWidget()
        row = QHBoxLayout(curves)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for view in (self.accuracy, self._log):
            view.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            row.addWidget(view, 1)
        return curves

    def _arrange(self) -> Iterator[None]:
        self.loss.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.loss.setMinimumHeight(120)
        views = QSplitter(Qt.Orientation.Vertical)
        for place, (view, height) in enumerate(((self.loss, 260), (self.monitors, 400))):
            views.addWidget(view)
            views.setStretchFactor(place, height)
            views.setCollapsible(place, False)
        views.setSizes([260, 400])
        centre = shown_run(self.header, self._error, views)
        yield
        right = form_panel("New run", self.form, self._material, self.start_button)
        yield
        columns = three_columns(self.run_list, centre, right, (260, 800, 320))
        yield
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(columns)
        yield
