"""The patches nearest to those of pinned trajectories, at a step beside those before training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from core.datasets.clip import Clip
from core.errors import StudioError
from core.pretraining.record.neighbours import ROOM, Neighbours, read_neighbours
from core.pretraining.record.step_files import steps_recorded
from studio import theme
from studio.document import Document
from studio.plots.curve_plot import CurvePlot, Series
from studio.runs.run import Run
from studio.watch.card_layout import Card
from studio.watch.cards import Cards
from studio.watch.page import Page
from studio.watch.patch_cutter import patches_at
from studio.watch.reading import Reading

SIDE = 48
"""View pixels of a patch's side."""

NOT_YET = (
    "The patches nearest to those of pinned trajectories appear here when a run starts, and each time it "
    "saves its filters; without pins, those of eight trajectories. Older versions did not record them."
)


PIN = "Right-click tracks in Curate's table and pin them: the next run shows their nearest neighbours."


@dataclass(frozen=True, eq=False)
class ShownNeighbours:
    """The neighbours at a step, and at the first one that was recorded; the same queries."""

    now: Neighbours
    first: Neighbours


def read_step(folder: Path, step: int | None) -> ShownNeighbours | None:
    """Those recorded last up to a step, the newest where it is None; None where there are none."""
    recorded = steps_recorded(folder, ROOM)
    wanted = [one for one in recorded if step is None or one <= step] or recorded[:1]
    if not wanted:
        return None
    try:
        return ShownNeighbours(read_neighbours(folder, wanted[-1]), read_neighbours(folder, recorded[0]))
    except StudioError:
        return None


def neighbour_cards(shown: ShownNeighbours, clips: Mapping[int, Clip], count: int) -> list[Card]:
    """A card for each query: it, its `count` nearest at first, and its nearest now; `clips` by id."""
    cards = []
    for row in range(len(shown.now.query)):
        groups = [tuple(patches_at(shown.now.query.take(np.array([row])), clips))]
        if not groups[0]:
            continue  # its clip is no longer in the project
        titles = [f"track {groups[0][0].trajectory}"]
        for one in (shown.first, shown.now) if shown.first.step < shown.now.step else (shown.now,):
            apart = one.distance[row][:count].tolist()
            same = one.same[row][:count].tolist()
            found = one.found.take(np.asarray(row)).take(np.arange(len(apart)))
            notes = [
                f"distance {far:.3g}{', the same trajectory' if own else ''}"
                for far, own in zip(apart, same, strict=True)
            ]
            groups.append(tuple(patches_at(found, clips, notes, ["good" if own else "" for own in same])))
            titles.append(f"nearest at step {one.step:,}")
        cards.append(Card(tuple(groups), titles=tuple(titles)))
    return cards


class NeighboursView(QWidget):
    """A row for each pinned trajectory; neighbours on the same trajectory have a green frame.

    Signals:
        opened(Patch): its frame is wanted in Curate.
        step_chosen(int): a step of the curve of recall was clicked.
        unpin_asked(): no trajectory is to be pinned any more.
    """

    opened = Signal(object)
    unpin_asked = Signal()
    step_chosen = Signal(int)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._run: Run | None = None
        self._step: int | None = None
        self.shown: ShownNeighbours | None = None
        self.cards = Cards("Nearest neighbours", SIDE)
        self.recall = CurvePlot(
            "Held-out recall",
            "Recall (%)",
            empty="How often a trajectory is found again among others of the held-out clips appears here, "
            "where they have ten or more that lie apart.",
            span=(0.0, 100.0),
        )
        self.page = Page(self.cards)
        self.recall.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.page)
        splitter.addWidget(self.recall)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([640, 200])
        self._pins, self.unpin_button = QLabel(), QPushButton("Unpin all")
        self._pins.setProperty("quiet", True)
        self._pins.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        bar.addWidget(self._pins, 1)
        bar.addWidget(self.unpin_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(splitter, 1)
        self.set_pinned(())
        self._reading = Reading(self)
        self._reading.done.connect(self._take)
        self.cards.opened.connect(self.opened)
        self.cards.failed.connect(self.page.say)
        self.recall.step_clicked.connect(self.step_chosen)
        self.unpin_button.clicked.connect(self.unpin_asked)

    def show_run(self, run: Run | None) -> None:
        """Show the neighbours of a run."""
        self._run = run
        if run is None:
            self.page.say(NOT_YET)
            self.recall.show_series([])
            return
        curves = [(f"recall@{rank}", run.curve(f"recall_at_{rank}")) for rank in (1, 5)]
        self.recall.show_series(
            [
                Series(name, curve.steps, 100 * curve.values, place, smooth=False)
                for place, (name, curve) in enumerate(curves)
            ]
        )
        self._read()

    def set_pinned(self, ids: Sequence[int]) -> None:
        """Say which trajectories the next run will show."""
        names = ", ".join(map(str, ids))
        self._pins.setText(f"Pinned for the next run: {names}" if ids else PIN)
        self._pins.setToolTip(self._pins.text())
        self.unpin_button.setVisible(bool(ids))

    def set_step(self, step: int | None) -> None:
        """Show the neighbours recorded last up to a step; the newest where it is None."""
        self._step = step
        self.recall.set_cursor(step)
        self._read()

    def close_reader(self) -> None:
        """Wait for the threads."""
        self._reading.close()
        self.cards.close_reader()

    def _read(self) -> None:
        run, step = self._run, self._step
        if run is not None and run.path is not None:
            self._reading.want((run.path, step, len(run.filters)), partial(read_step, run.path, step))

    def _take(self, shown: ShownNeighbours | None) -> None:
        again = self.shown is not None
        self.shown = shown
        self._show_cards(from_top=not again)

    def _show_cards(self, from_top: bool) -> None:
        shown = self.shown
        if shown is None:
            self.page.say(NOT_YET)
            return
        clips = {one.clip.id: one.clip for one in self._document.clips()}
        room = (self.cards.width() - SIDE - 80) // (2 * (SIDE + 4))
        self.cards.show_cards(neighbour_cards(shown, clips, min(max(room, 2), 8)), from_top)
        self.page.show_content()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.shown is not None:
            self._show_cards(from_top=False)
