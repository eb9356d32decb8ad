"""The threshold as a slider and a number, and what it comes to for the class that is shown."""

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from core.evaluation.verdicts import Verdict
from core.percent import percent
from studio import theme
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold

STEPS = 1000
"""Of the slider, from the lowest score of a class to the highest."""


class ThresholdBar(QWidget):
    """Drag the slider, type a score, or take the one of the best F1; the counts follow."""

    def __init__(self, threshold: Threshold, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._threshold = threshold
        self._shown: ShownClass | None = None
        self._low, self._high = 0.0, 1.0
        label = QLabel("Score ≥")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(STEPS // 20)
        self.slider.setAccessibleName("Score from which a detection counts")
        self.spin = QDoubleSpinBox(decimals=3, singleStep=0.01)
        self.spin.setAccessibleName("Score from which a detection counts")
        self.spin.setKeyboardTracking(False)
        label.setBuddy(self.spin)
        self.best_button = QPushButton("Best F1")
        self.best_button.setObjectName("best_f1_button")
        self.best_button.setToolTip("Follow the score at which precision and recall go together best (F1)")
        self.words = QLabel()
        self.words.setObjectName("threshold_words")
        self.words.setWordWrap(True)
        row = QHBoxLayout()
        for widget in (label, self.spin, self.slider, self.best_button):
            row.addWidget(widget, int(widget is self.slider))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, 0)
        layout.setSpacing(theme.SPACE // 2)
        layout.addLayout(row)
        layout.addWidget(self.words)
        self.slider.valueChanged.connect(lambda step: threshold.choose(self._score(step)))
        self.spin.valueChanged.connect(threshold.choose)
        self.best_button.clicked.connect(self._follow_best)
        threshold.changed.connect(self._show)

    def show_class(self, shown: ShownClass | None) -> None:
        """Show what the threshold comes to for a class; nothing where it is None."""
        self._shown = shown
        scores = shown.detections.scores if shown is not None else np.zeros(0)
        there = len(scores) > 0
        self.setVisible(shown is not None)
        for widget in (self.slider, self.spin, self.best_button):
            widget.setEnabled(there)
        if shown is not None and there:
            self._low, self._high = float(scores[-1]), float(scores[0])
            if self._low >= 0 and self._high <= 1:  # probabilities: the same scale for every class
                self._low, self._high = 0.0, 1.0
            self._threshold.suggest(shown.best_threshold)
        self._show()

    def _follow_best(self) -> None:
        if self._shown is not None:
            self._threshold.follow()
            self._threshold.suggest(self._shown.best_threshold)

    def _score(self, step: int) -> float:
        return self._low + (self._high - self._low) * step / STEPS

    def _show(self) -> None:
        value, span = self._threshold.value, self._high - self._low
        if math.isfinite(value):
            for widget in (self.slider, self.spin):
                widget.blockSignals(True)
            self.spin.setRange(min(self._low, value), max(self._high, value))
            self.spin.setValue(value)
            self.slider.setValue(round(STEPS * (value - self._low) / span) if span > 0 else STEPS)
            for widget in (self.slider, self.spin):
                widget.blockSignals(False)
        self.words.setText(count_words(self._shown, value) if self._shown is not None else "")


def count_words(shown: ShownClass, threshold: float) -> str:
    """What a class comes to at a threshold: what was found and missed, precision and recall."""
    diagnosis, judged = shown.diagnosis, shown.detections
    found = judged.counts(threshold)[Verdict.TRUE]
    kept = judged.count_at(threshold)
    if not diagnosis.objects:
        return f"{kept:,} detections; the set has no {shown.name} to find"
    if not len(judged.scores):
        return f"No detection; all {diagnosis.objects:,} objects are missed"
    precision = percent(judged.precision[kept - 1], 1) if kept else "–"
    recall = percent(found / diagnosis.objects, 1)
    missed = diagnosis.objects - found
    return f"{found:,} found, {missed:,} missed · precision {precision} · recall {recall}"
