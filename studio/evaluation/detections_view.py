"""The detections of a class, ranked, each with its crop and its verdict."""

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from core.evaluation.verdicts import COLOURS, MEANINGS, VERDICTS, Verdict
from studio.evaluation.crop_grid import Cell, CropGrid
from studio.evaluation.crops import crop_around
from studio.evaluation.remark import Remark
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold
from studio.flow_layout import FlowLayout
from studio.watch.page import Page

ORDERS = ("surest first", "least sure first", "largest overlap first")


class DetectionsView(QWidget):
    """Chips that show and hide verdicts above a grid of crops; those below the threshold are faint.

    Signals:
        opened(int): the picture of a detection is wanted, by its place in the ranking.
    """

    opened = Signal(int)

    def __init__(self, threshold: Threshold, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._threshold = threshold
        self._shown: ShownClass | None = None
        self.rows = np.zeros(0, np.int64)
        self.chips: dict[Verdict, QToolButton] = {}
        self.order = QComboBox()
        self.order.addItems(ORDERS)
        self.order.setAccessibleName("Order of the detections")
        self.grid = CropGrid("Detections")
        self._remark = Remark()
        chips = QWidget()
        flow = FlowLayout(chips)
        for verdict in VERDICTS:
            chip = QToolButton()
            chip.setCheckable(True)
            chip.setChecked(True)
            chip.setObjectName(f"verdict_{verdict.name.lower()}")
            chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            chip.setIcon(swatch(COLOURS[verdict]))
            chip.setIconSize(QSize(12, 12))
            chip.setAccessibleName(f"Show detections judged: {verdict}")
            chip.setToolTip(f"{verdict.capitalize()}: {MEANINGS[verdict]}. Double-click to see these alone.")
            chip.toggled.connect(self._filter)
            chip.installEventFilter(self)
            self.chips[verdict] = chip
            flow.addWidget(chip)
        flow.addWidget(self.order)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(chips)
        column.addWidget(self.grid, 1)
        column.addWidget(self._remark)
        self.page = Page(content)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)
        self.order.currentIndexChanged.connect(self._filter)
        self.grid.opened.connect(lambda place: self.opened.emit(int(self.rows[place])))
        self.grid.failed.connect(self._remark.say)
        threshold.changed.connect(self._fade)

    def show_class(self, shown: ShownClass | None, sentence: str = "") -> None:
        """Show the detections of a class or, where there is none, a sentence in their place."""
        other = self._shown is None or shown is None or self._shown.detections is not shown.detections
        self._shown = shown
        if shown is None or not len(shown.detections.scores):
            self.rows = np.zeros(0, np.int64)
            self.page.say(sentence if shown is None else f"The detector reports no {shown.name}.")
            return
        if other:
            counts = shown.detections.counts()
            for verdict, chip in self.chips.items():
                chip.setText(f"{verdict} {counts[verdict]:,}")
                chip.setVisible(counts[verdict] > 0)
            self._remark.say("")
            self._filter()
        self.page.show_content()

    def see_alone(self, verdict: Verdict) -> None:
        """Show the detections of one verdict alone; all of them where they are alone already."""
        alone = all(chip.isChecked() == (one is verdict) for one, chip in self.chips.items())
        for one, chip in self.chips.items():
            chip.setChecked(alone or one is verdict)

    def close_reader(self) -> None:
        """Wait for the thread."""
        self.grid.close_reader()

    def _filter(self) -> None:
        """Show what the chips let through, in the order chosen."""
        if self._shown is None:
            return
        judged = self._shown.detections
        wanted = np.array([self.chips[verdict].isChecked() for verdict in VERDICTS])
        rows = np.flatnonzero(wanted[judged.verdicts])
        if self.order.currentIndex() == 1:
            rows = rows[::-1]
        elif self.order.currentIndex() == 2:
            rows = rows[np.argsort(-judged.overlaps[rows], kind="stable")]
        self.rows = rows
        self.grid.show_cells(len(rows), self._cell)

    def _fade(self) -> None:
        self.grid.viewport().update()

    def _cell(self, place: int) -> Cell:
        shown, row = self._shown, int(self.rows[place])
        assert shown is not None
        judged = shown.detections
        image, verdict = shown.images[str(judged.images[row])], VERDICTS[judged.verdicts[row]]
        nearest = int(judged.nearest[row])
        other = image.objects[nearest] if nearest >= 0 else None
        score, overlap = float(judged.scores[row]), float(judged.overlaps[row])
        on = f", IoU {overlap:.2f} with {other.name} {nearest + 1}" if other is not None else ""
        return Cell(
            crop=crop_around(image, [judged.boxes[row]]),
            box=judged.boxes[row],
            colour=COLOURS[verdict],
            lines=(str(verdict), f"#{row + 1:,} · {score:.3f}"),
            about=f"Detection {row + 1:,} of {len(judged.scores):,}, score {score:.4g}, picture {image.id}\n"
            f"{verdict.capitalize()}: {MEANINGS[verdict]}{on}\nClick to see the whole picture",
            other=other.box if other is not None else None,
            faint=score < self._threshold.value,
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick:
            verdict = next((one for one, chip in self.chips.items() if chip is watched), None)
            if verdict is not None:
                self.see_alone(verdict)
                return True
        return False


def swatch(colour: str) -> QIcon:
    """A filled square in a colour."""
    picture = QPixmap(24, 24)
    picture.fill(QColor(colour))
    return QIcon(picture)
