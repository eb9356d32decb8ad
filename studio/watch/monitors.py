"""The tabs beneath the loss curve: what a run sees, draws, learns and needs. Only the one in view reads."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QToolButton, QVBoxLayout, QWidget

from core.pretraining.config import PretrainConfig
from studio import icons, theme
from studio.document import Document
from studio.runs.run import Run
from studio.watch.coverage_view import CoverageView
from studio.watch.filters_view import FiltersView
from studio.watch.machine_view import MachineView
from studio.watch.neighbours_view import NeighboursView
from studio.watch.pair_reader import Which
from studio.watch.pairs_view import PairsView
from studio.watch.scores_view import ScoresView

TABS = (
    ("Curves", "Accuracy over the steps, and the run's log"),
    ("Pairs", "What the run sees next, or saw at a step: the pairs themselves"),
    ("Coverage", "Which trajectories were drawn, how often, and which never"),
    ("Filters", "The first layer's filters over the steps, and what excites them"),
    ("Neighbours", "What lies near pinned trajectories in fc7, before training and now"),
    ("Scores", "How held-out pairs are scored, positive beside negative"),
    ("Machine", "Gradient, time of a step, memory, use of the GPU"),
)
CURVES, PAIRS, COVERAGE, FILTERS, NEIGHBOURS, SCORES, MACHINE = range(len(TABS))


class Monitors(QWidget):
    """A tab bar and a view for each tab.

    Signals:
        opened(Patch): its frame is wanted in Curate.
        edit_asked(Edit): a trajectory is to be rejected, or opened again.
        pin_asked(int): the neighbours of a trajectory are wanted.
        losses_asked(Run): the tracks are to be coloured by what they cost a run.
        select_asked(int, object): trajectories (frozenset of ids) of a clip are wanted in Curate.
        step_chosen(object): a person went to a step (int) in one of the tabs, or back to the newest (None).
    """

    opened = Signal(object)
    edit_asked = Signal(object)
    pin_asked = Signal(int)
    losses_asked = Signal(object)
    select_asked = Signal(int, object)
    step_chosen = Signal(object)

    def __init__(
        self,
        document: Document,
        curves: QWidget,
        new_run: Callable[[], PretrainConfig | None],
        parent: QWidget | None = None,
    ) -> None:
        """
        Args:
            curves: what the first tab shows.
            new_run: gives the settings of the form; None while they are not complete.
        """
        super().__init__(parent)
        self._run: Run | None = None
        self._runs: list[tuple[Run, str]] = []
        self._step: int | None = None
        self._step_of_pairs: int | None = None
        self.steps = self._build(document, curves, new_run)

    def _build(
        self, document: Document, curves: QWidget, new_run: Callable[[], PretrainConfig | None]
    ) -> Iterator[None]:
        self.pairs = PairsView(document, new_run)
        yield
        self.coverage, self.filters = CoverageView(), FiltersView(document)
        yield
        self.neighbours, self.scores, self.machine = NeighboursView(document), ScoresView(), MachineView()
        yield
        yield from self.machine.steps
        self.tabs, self._stack = QTabBar(), QStackedWidget()
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("Monitors")
        for place, (title, tip) in enumerate(TABS):
            self.tabs.addTab(title)
            self.tabs.setTabToolTip(place, tip)
        views = (curves, self.pairs, self.coverage, self.filters, self.neighbours, self.scores, self.machine)
        for view in views:
            self._stack.addWidget(view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.newest_button = QToolButton()
        self.newest_button.setAutoRaise(True)
        self.newest_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.newest_button.setToolTip("Look at the newest step again, and follow the run")
        self.newest_button.setAccessibleName("Newest step")
        self.newest_button.hide()
        icons.set_icon(self.newest_button, "close")
        self.newest_button.clicked.connect(self._follow)
        bar = QHBoxLayout()
        bar.setContentsMargins(0, 0, theme.SPACE, 0)
        bar.addWidget(self.tabs, 1)
        bar.addWidget(self.newest_button)
        layout.addLayout(bar)
        layout.addWidget(self._stack, 1)
        self.tabs.currentChanged.connect(self._turn_to)
        for opening in (self.pairs, self.filters, self.neighbours):
            opening.opened.connect(self.opened)
        for going in (self.pairs, self.filters, self.neighbours, self.machine):
            going.step_chosen.connect(partial(self._tell_step, going))
        self.pairs.edit_asked.connect(self.edit_asked)
        self.pairs.pin_asked.connect(self.pin_asked)
        self.coverage.select_asked.connect(self.select_asked)
        self.coverage.losses_asked.connect(self.losses_asked)

    def show_runs(self, runs: list[tuple[Run, str]]) -> None:
        """Show runs, each with its label: the first in all tabs, the others where curves are overlaid."""
        run = runs[0][0] if runs else None
        if run is not self._run:
            self._step = self._step_of_pairs = None
        self._run, self._runs = run, runs
        self._refresh()

    def set_step(self, step: int | None) -> None:
        """Look at a step; at the newest where it is None."""
        self._step = step
        self._refresh()

    def glance_at(self, step: int | None) -> None:
        """Let the filters, if they are in view, follow the mouse over a curve; back where it left (None)."""
        if self.tabs.currentIndex() == FILTERS:
            self.filters.set_step(self._step if step is None else step)

    def show_pairs(self, step: int) -> None:
        """Look at the worst batch of those that a point of the loss curve is the mean of."""
        self._step = step
        self.tabs.setCurrentIndex(PAIRS)
        self._refresh()
        self.pairs.choose(Which.AT_STEP)

    def close_readers(self) -> None:
        """Wait for the threads."""
        for view in (self.pairs, self.coverage, self.filters, self.neighbours, self.scores):
            view.close_reader()

    def _span(self, step: int) -> tuple[int, int]:
        """The steps that a report at this step is the mean of."""
        steps = self._run.curve("loss").steps if self._run is not None else np.zeros(0)
        before = steps[steps < step]
        return (int(before[-1]) + 1 if len(before) else 1), step

    def _turn_to(self, tab: int) -> None:
        self._stack.setCurrentIndex(tab)
        self._refresh()

    def _tell_step(self, view: QWidget, step: int) -> None:
        self._step = step
        if view is self.pairs:
            self._step_of_pairs = step
        self.step_chosen.emit(step)
        self._refresh()

    def _follow(self) -> None:
        """Look at the newest step again."""
        self._step = self._step_of_pairs = None
        self.pairs.set_span(None)
        self.step_chosen.emit(None)
        self._refresh()

    def _refresh(self) -> None:
        """Let the tab in view show the run and the step."""
        self.newest_button.setVisible(self._step is not None)
        if self._step is not None:
            self.newest_button.setText(f"Step {self._step:,}")
        if not self.isVisible():
            return
        tab = self.tabs.currentIndex()
        if tab == PAIRS:
            self.pairs.show_run(self._run)
            if self._step is not None and self._step != self._step_of_pairs:
                self._step_of_pairs = self._step
                self.pairs.set_span(self._span(self._step))
        elif tab == COVERAGE:
            self.coverage.show_run(self._run)
        elif tab == MACHINE:
            self.machine.show_runs(self._runs)
            self.machine.set_step(self._step)
        for place, view in ((FILTERS, self.filters), (NEIGHBOURS, self.neighbours), (SCORES, self.scores)):
            if tab == place:
                view.show_run(self._run)
                view.set_step(self._step)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()
