"""The objects of a class that were missed: how many of each kind, and the objects themselves."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from core.evaluation.missed import GroupRecall, Missed
from studio import theme
from studio.evaluation.crop_grid import Cell, CropGrid
from studio.evaluation.crops import crop_around
from studio.evaluation.remark import Remark
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold
from studio.plots.bar_chart import Bar, BarChart
from studio.watch.page import Page
from studio.watch.reading import Reading

ALL = "all of them"
COLOUR = "#e69f00"
"""`#rrggbb` of the frame of a missed object."""


@dataclass(frozen=True, eq=False)
class Counted:
    """What of a class is missed at a threshold, and how many of each group are found."""

    shown: ShownClass
    threshold: float
    missed: tuple[Missed, ...]
    groups: tuple[GroupRecall, ...]


class MissedView(QWidget):
    """Bars of the share missed by size, truncation and crowding, beside a grid of what was missed.

    Signals:
        opened(str): a picture is wanted, by its id.
    """

    opened = Signal(str)

    def __init__(self, threshold: Threshold, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._threshold = threshold
        self._shown: ShownClass | None = None
        self._counted: Counted | None = None
        self.objects: tuple[Missed, ...] = ()
        self.chart = BarChart("Missed objects", "Missed (%)")
        self.kind = QComboBox()
        self.kind.setAccessibleName("Which missed objects are shown")
        self.grid = CropGrid("Missed objects")
        self._remark = Remark()
        choice = QHBoxLayout()
        choice.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        choice.setSpacing(theme.SPACE)
        choice.addWidget(QLabel("Show"))
        choice.addWidget(self.kind, 1)
        objects = QWidget()
        column = QVBoxLayout(objects)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(choice)
        column.addWidget(self.grid, 1)
        column.addWidget(self._remark)
        self.chart.setMinimumWidth(180)
        content = QSplitter(Qt.Orientation.Horizontal)
        for widget in (self.chart, objects):
            content.addWidget(widget)
            content.setCollapsible(content.indexOf(widget), False)
        content.setSizes([420, 480])
        self.page = Page(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self._reading = Reading(self)
        self._reading.done.connect(self._take)
        self.kind.currentIndexChanged.connect(self._filter)
        self.chart.bar_clicked.connect(lambda place: self.kind.setCurrentIndex(place + 1))
        self.grid.opened.connect(lambda place: self.opened.emit(self.objects[place].image))
        self.grid.failed.connect(self._remark.say)
        threshold.changed.connect(self._refresh)

    def show_class(self, shown: ShownClass | None, sentence: str = "") -> None:
        """Show what of a class was missed or, where there is none, a sentence in its place."""
        self._shown = shown
        if shown is None or not shown.diagnosis.objects:
            self.objects = ()
            self.page.say(sentence if shown is None else f"The set has no {shown.name} that could be missed.")
            return
        self._refresh()

    def close_reader(self) -> None:
        """Wait for the threads."""
        self._reading.close()
        self.grid.close_reader()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def _refresh(self) -> None:
        """Count again, for the threshold that is chosen now; later where nobody looks."""
        shown, threshold = self._shown, self._threshold.value
        if shown is None or not shown.diagnosis.objects or not self.isVisible():
            return
        known = self._counted
        if known is not None and known.shown is shown and known.threshold == threshold:
            self._show(known)
        else:
            self._reading.want((shown, threshold), partial(_count, shown, threshold))

    def _take(self, counted: Counted) -> None:
        if counted.shown is self._shown:
            self._show(counted)

    def _show(self, counted: Counted) -> None:
        before, self._counted, shown = self._counted, counted, counted.shown
        bars = []
        for group in counted.groups:
            missed = group.objects - group.found
            share = 100 * missed / group.objects if group.objects else np.nan
            words = f"{missed:,} of {group.objects:,}"
            bars.append(Bar(group.name, share, words, COLOUR))
        self.chart.show_bars(bars, f"Missed objects · {shown.name}")
        names = [ALL, *(group.name for group in counted.groups)]
        counts = [len(counted.missed), *(group.objects - group.found for group in counted.groups)]
        chosen = max(self.kind.currentIndex(), 0)
        self.kind.blockSignals(True)
        self.kind.clear()
        for name, count in zip(names, counts, strict=True):
            self.kind.addItem(f"{name} ({count:,})", name)
        self.kind.setCurrentIndex(min(chosen, len(names) - 1))
        self.kind.blockSignals(False)
        self._filter(from_top=before is None or before.shown is not shown)
        self.page.show_content()

    def _filter(self, _: int = 0, from_top: bool = True) -> None:
        kind, missed = self.kind.currentData(), self._counted.missed if self._counted is not None else ()
        self.objects = tuple(one for one in missed if kind in (ALL, *kinds_of(one)))
        self.grid.show_cells(len(self.objects), self._cell, from_top)

    def _cell(self, place: int) -> Cell:
        assert self._counted is not None  # else there is no cell
        shown, one = self._counted.shown, self.objects[place]
        image = shown.images[one.image]
        seen = f"IoU {one.best_overlap:.2f}" if one.best_overlap > 0 else "no overlap"
        lines = f"{one.size} truncated" if one.truncated else one.size, "crowded, " * one.crowded + seen
        return Cell(
            crop=crop_around(image, [one.box]),
            box=one.box,
            colour=COLOUR,
            lines=lines,
            about=f"{shown.name} {one.number + 1} of picture {image.id}: {', '.join(kinds_of(one))}\n"
            f"Best of the detections that count: {seen}\nClick to see the whole picture",
        )


def _count(shown: ShownClass, threshold: float) -> Counted:
    """Called in a thread: thousands of objects take a while."""
    diagnosis = shown.diagnosis
    return Counted(shown, threshold, diagnosis.missed(threshold), diagnosis.recalls(threshold))


def kinds_of(one: Missed) -> tuple[str, str, str]:
    """The groups of `recalls` that an object is in."""
    return (
        one.size,
        "truncated" if one.truncated else "whole",
        "crowded" if one.crowded else "alone",
    )
