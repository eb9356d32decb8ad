"""What kinds of errors a class has, what each costs, and which sizes are found."""

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from core.evaluation.repairs import REPAIRS
from core.evaluation.verdicts import COLOURS, VERDICTS
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold
from studio.plots.bar_chart import Bar, BarChart
from studio.watch.page import Page

_COLOURS: dict[str, str] = {str(verdict): colour for verdict, colour in COLOURS.items()}


class ErrorsView(QWidget):
    """Three charts: verdicts above the threshold, AP gained without each kind of error, AP by size.

    Signals:
        verdict_chosen(Verdict): a person wants to see the detections of a verdict.
    """

    verdict_chosen = Signal(object)

    def __init__(self, threshold: Threshold, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._threshold = threshold
        self._shown: ShownClass | None = None
        self.shares = BarChart("Verdicts", "Of the detections (%)")
        self.gains = BarChart("AP gain", "Gain (points)")
        self.sizes = BarChart("AP by size", "AP (%)")
        self.gains.setToolTip(
            "How many points AP would gain if one kind of error were repaired:\n"
            + "\n".join(f"{kind}: {how}" for kind, how in REPAIRS.items())
        )
        content = QSplitter(Qt.Orientation.Horizontal)
        for chart in (self.shares, self.gains, self.sizes):
            chart.setMinimumWidth(120)
            content.addWidget(chart)
            content.setCollapsible(content.indexOf(chart), False)
        content.setSizes([300, 300, 220])
        self.page = Page(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self.shares.bar_clicked.connect(lambda place: self.verdict_chosen.emit(VERDICTS[place]))
        threshold.changed.connect(self._count)

    def show_class(self, shown: ShownClass | None, sentence: str = "") -> None:
        """Show the errors of a class or, where there is none, a sentence in their place."""
        self._shown = shown
        if shown is None:
            self.page.say(sentence)
            return
        diagnosis = shown.diagnosis
        gains = [
            Bar(str(kind), 100 * gain, _number(gain, "+.1f"), _COLOURS.get(kind, ""))
            for kind, gain in ((kind, diagnosis.without[kind]) for kind in REPAIRS)
        ]
        self.gains.show_bars(gains, f"AP gain · {shown.name}")
        sizes = [
            Bar(f"{size} ({one.objects:,})", 100 * one.ap, _number(one.ap, ".1f"))
            for size, one in diagnosis.by_size.items()
        ]
        self.sizes.show_bars(sizes, f"AP by size · {shown.name}")
        self._count()
        self.page.show_content()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._count()

    def _count(self) -> None:
        if self._shown is None or not self.isVisible():
            return
        judged = self._shown.detections
        counts = judged.counts(self._threshold.value)
        total = sum(counts.values())
        bars = [
            Bar(str(verdict), 100 * count / max(total, 1), f"{count:,}", COLOURS[verdict])
            for verdict, count in counts.items()
        ]
        self.shares.show_bars(bars, f"Verdicts · {self._shown.name}")


def _number(value: float, form: str) -> str:
    """A part of 1 in percent."""
    return "n/a" if np.isnan(value) else format(100 * value, form)
