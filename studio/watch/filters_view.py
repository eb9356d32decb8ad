"""The first layer's filters: all of them at a step, a film of the steps, and what excites one most."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from core.datasets.clip import Clip
from core.errors import StudioError
from core.filters import dead, duplicates, read_filters
from core.pretraining.record.excitations import ROOM, Excitations, read_excitations
from core.pretraining.record.step_files import steps_recorded
from studio import theme
from studio.document import Document
from studio.plots.figure import Figure
from studio.plots.figure_button import FigureButton
from studio.plots.filter_figure import filter_figure
from studio.runs.run import Run
from studio.watch.card_layout import Card
from studio.watch.cards import Cards
from studio.watch.filter_bank import FilterBank
from studio.watch.filter_strip import FilterStrip
from studio.watch.page import Page
from studio.watch.patch_cutter import patches_at
from studio.watch.reading import Reading

NOT_YET = "The first layer's filters appear here when a run starts, and again each time it saves them."
CHOOSE = "Click a filter to see the patches that excite it most."
NO_PATCHES = (
    "The patches that excite the filters appear here when the run saves its filters next. "
    "Runs of older versions did not record them."
)

PATCH = 64
"""View pixels of a patch's side."""


@dataclass(frozen=True, eq=False)
class ShownFilters:
    """What was read of a step.

    Attributes:
        step: at which they were saved.
        filters: (F, 3, k, k) float32; None where the file is missing or damaged.
        dead: (F,) bool: with hardly any weight, or silent on every patch.
        duplicates: (F,) int64, the filter that each is a copy of; -1 for none.
        excitations: of the last step up to this one where they were recorded; None without any.
    """

    step: int
    filters: np.ndarray | None
    dead: np.ndarray
    duplicates: np.ndarray
    excitations: Excitations | None


def read_step(folder: Path, step: int, path: str) -> ShownFilters:
    """Read the filters of a step, in a file named relative to the run's folder."""
    recorded = [one for one in steps_recorded(folder, ROOM) if one <= step]
    excitations = None
    if recorded:
        try:
            excitations = read_excitations(folder, recorded[-1])
        except StudioError:
            excitations = None
    try:
        filters = read_filters(folder / path)
    except StudioError:
        return ShownFilters(step, None, np.zeros(0, bool), np.zeros(0, np.int64), excitations)
    gone = dead(filters)
    if excitations is not None and len(excitations.silent) == len(filters):
        gone = gone | excitations.silent
    return ShownFilters(step, filters, gone, duplicates(filters), excitations)


class FiltersView(QWidget):
    """Shows the newest filters, until a person goes to a step.

    Signals:
        opened(Patch): its frame is wanted in Curate.
        step_chosen(int): a person went to a step.
    """

    opened = Signal(object)
    step_chosen = Signal(int)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._run: Run | None = None
        self._step: int | None = None
        self.shown: ShownFilters | None = None
        self._words, self._title = QLabel(), QLabel()
        for label in (self._words, self._title):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.setMargin(theme.SPACE)
        self._words.setProperty("quiet", True)
        self.bank, self.strip = FilterBank(), FilterStrip()
        self.export_button = FigureButton(self.figure, self._nothing_to_export)
        self.bank.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.bank.customContextMenuRequested.connect(
            lambda place: self.export_button.open_menu(self.bank.mapToGlobal(place))
        )
        self.patches = Cards("Patches that excite the filter most", PATCH)
        self._beside = Page(self.patches)
        self.page = Page(self._content())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self._reading = Reading(self)
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self.page.say)
        self.bank.chosen.connect(self._show_patches)
        self.strip.step_chosen.connect(self._go_to)
        self.patches.opened.connect(self.opened)
        self.patches.failed.connect(self._beside.say)

    @property
    def step(self) -> int | None:
        """The step whose filters are shown or being read; None without any."""
        steps = [one.step for one in self._run.filters] if self._run is not None else []
        if self._step is None:
            return steps[-1] if steps else None
        before = [step for step in steps if step <= self._step]
        return before[-1] if before else (steps[0] if steps else None)

    def show_run(self, run: Run | None) -> None:
        """Show the filters of a run."""
        if run is not self._run:
            self._step, self.shown = None, None
        self._run = run
        if run is None or run.path is None or not run.filters:
            self.page.say(NOT_YET)
            return
        self.strip.show_saved(run.path, run.filters)
        self._read()

    def set_step(self, step: int | None) -> None:
        """Show the filters saved last up to a step; the newest where it is None."""
        self._step = step
        self._read()

    def figure(self) -> Figure:
        """The filters shown, to be written to a file."""
        shown = self.shown
        assert shown is not None  # else nothing is offered
        assert shown.filters is not None
        name = self._run.label if self._run is not None else ""
        return filter_figure(shown.filters, f"conv1 filters · {name} · step {shown.step:,}")

    def _nothing_to_export(self) -> str:
        there = self.shown is not None and self.shown.filters is not None
        return "" if there else "There are no filters to save yet."

    def close_reader(self) -> None:
        """Wait for the threads."""
        self._reading.close()
        self.strip.close_reader()
        self.patches.close_reader()

    def _read(self) -> None:
        run, step = self._run, self.step
        if run is not None and run.path is not None and step is not None:
            self.strip.set_step(step)
            path = next(one.path for one in run.filters if one.step == step)
            self._reading.want((run.path, step), partial(read_step, run.path, step, path))

    def _take(self, shown: ShownFilters) -> None:
        if shown.step != self.step:
            return
        self.shown = shown
        self.page.show_content()
        self.bank.show_filters(shown.filters, shown.dead, shown.duplicates)
        if shown.filters is None:
            self._words.setText(f"Step {shown.step:,}: the file of the filters is missing or damaged.")
        else:
            gone, copies = int(shown.dead.sum()), int((shown.duplicates >= 0).sum())
            marks = [f"{gone} dead" if gone else "none dead", f"{copies} alike" if copies else "none alike"]
            count, _, _, side = shown.filters.shape
            what = f"{count} filters of {side} × {side} px"
            self._words.setText(f"Step {shown.step:,} · {what} · {', '.join(marks)}")
        self._show_patches()

    def _show_patches(self) -> None:
        shown, chosen = self.shown, self.bank.current
        if shown is None or chosen is None:
            self._title.setText("")
            self._beside.say(CHOOSE)
            return
        self._title.setText(self.bank.about(chosen))
        self._title.setToolTip(self._title.text())
        found = shown.excitations
        if found is None or chosen >= len(found.response):
            self._beside.say(NO_PATCHES)
            return
        clips = {one.clip.id: one.clip for one in self._document.clips()}
        self.patches.show_cards(exciting_cards(found, chosen, clips))
        self._beside.show_content()

    def _go_to(self, step: int) -> None:
        self._step = step
        self._read()
        self.step_chosen.emit(step)

    def _content(self) -> QWidget:
        left, right = QWidget(), QWidget()
        column = QVBoxLayout(left)
        head = QHBoxLayout()
        head.addWidget(self._words, 1)
        head.addWidget(self.export_button)
        column.addLayout(head)
        column.addWidget(self.bank, 1)
        column.addWidget(self.strip)
        beside = QVBoxLayout(right)
        beside.addWidget(self._title)
        beside.addWidget(self._beside, 1)
        for box in (column, beside):
            box.setContentsMargins(0, 0, 0, 0)
            box.setSpacing(0)
        self.strip.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([560, 280])
        return splitter


def exciting_cards(found: Excitations, filter: int, clips: Mapping[int, Clip]) -> list[Card]:
    """A card for each patch that excites a filter most, the most exciting first; `clips` by id.

    Patches of clips that are no longer in the project are left out.
    """
    places, cards = found.patch.take(np.asarray(filter)), []
    for k, response in enumerate(found.response[filter].tolist()):
        for patch in patches_at(places.take(np.array([k])), clips):
            spot = tuple(found.spot[filter, k].tolist())
            cards.append(Card(((replace(patch, spot=spot),),), (f"{response:.2f}",)))
    return cards
