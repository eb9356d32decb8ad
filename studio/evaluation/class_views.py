"""The tabs of Evaluate: the loss of a run, then, for a class, why its AP is what it is."""

import math
from collections.abc import Iterator, Sequence

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from core.evaluation.verdicts import Verdict
from studio import theme
from studio.evaluation.curve_view import CurveView
from studio.evaluation.detections_view import DetectionsView
from studio.evaluation.diagnoses import JUDGING, UNREAD, Diagnoses
from studio.evaluation.errors_view import ErrorsView
from studio.evaluation.missed_view import MissedView
from studio.evaluation.picture_view import PictureView
from studio.evaluation.results_button import ResultsButton
from studio.evaluation.shown_class import ShownClass
from studio.evaluation.threshold import Threshold
from studio.evaluation.threshold_bar import ThresholdBar
from studio.runs.run import Run

TABS = (
    ("Loss", "How the detector learned, step by step"),
    ("Curve", "Precision over recall of the class; drag the point to move the threshold"),
    ("Detections", "What was detected as this class, ranked, each with its verdict"),
    ("Missed", "The objects of the class that were not found at the threshold"),
    ("Errors", "What kinds of errors there are, and what each costs"),
    ("Picture", "A whole picture with its objects, detections and proposals"),
)
LOSS, CURVE, DETECTIONS, MISSED, ERRORS, PICTURE = range(len(TABS))

NO_CLASS = "Click a class in the bars or in the table."


class ClassViews(QWidget):
    """A tab bar, the threshold, and a view for each tab; only the one in view works."""

    def __init__(self, loss: QWidget, diagnoses: Diagnoses, parent: QWidget | None = None) -> None:
        """`loss`: what the first tab shows."""
        super().__init__(parent)
        self._diagnoses = diagnoses
        self._runs: list[tuple[Run, str]] = []
        self._name = ""
        self._back = DETECTIONS
        self.steps = self._build(loss)

    def _build(self, loss: QWidget) -> Iterator[None]:
        diagnoses = self._diagnoses
        self.threshold = Threshold(self)
        self.bar = ThresholdBar(self.threshold)
        self.curve = CurveView(self.threshold)
        yield
        self.detections = DetectionsView(self.threshold)
        self.missed = MissedView(self.threshold)
        yield
        self.errors = ErrorsView(self.threshold)
        yield
        self.picture = PictureView(self.threshold)
        self.save_button = ResultsButton(self.threshold)
        self.tabs, self._stack = QTabBar(), QStackedWidget()
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setDrawBase(False)
        self.tabs.setAccessibleName("Views of the evaluation")
        for place, (title, tip) in enumerate(TABS):
            self.tabs.addTab(title)
            self.tabs.setTabToolTip(place, tip)
        for view in (loss, self.curve, self.detections, self.missed, self.errors, self.picture):
            self._stack.addWidget(view)
        self.heading = QLabel()
        self.heading.setObjectName("class_heading")
        self.heading.setProperty("role", "heading")
        self.heading.setWordWrap(True)
        self._busy = QProgressBar(minimum=0, maximum=0, textVisible=False)
        self._busy.setFixedSize(64, 6)
        self._busy.setAccessibleName("Reading")
        self._busy.hide()
        self._head = QWidget()
        self._arrange()
        self.tabs.currentChanged.connect(self._turn_to)
        diagnoses.changed.connect(self._refresh)
        diagnoses.busy_changed.connect(self._show_busy)
        self.detections.opened.connect(self._open_detection)
        self.missed.opened.connect(self._open_missed)
        self.errors.verdict_chosen.connect(self._see_verdict)
        self.picture.left.connect(lambda: self.tabs.setCurrentIndex(self._back))
        self._turn_to(LOSS)

    @property
    def shown(self) -> ShownClass | None:
        """The class that is looked at, once it is worked out."""
        return self._diagnoses.want(self._run).shown(self._name)

    def show_runs(self, runs: Sequence[tuple[Run, str]], name: str) -> None:
        """Show a class of runs with their labels: the first in all tabs, the others where curves overlay."""
        first = runs[0][0] if runs else None
        other = first is not self._run
        self._runs, self._name = list(runs), name
        if other:
            self.threshold.follow()
            if first is not None and not first.class_aps:
                self.tabs.setCurrentIndex(LOSS)
            else:
                self.leave_loss()
        self._refresh()

    def leave_loss(self) -> None:
        """Turn from the loss to the curve; stay where another tab is looked at."""
        if self.tabs.currentIndex() == LOSS:
            self.tabs.setCurrentIndex(CURVE)

    def close_readers(self) -> None:
        """Wait for the threads."""
        for view in (self.curve, self.detections, self.missed, self.picture):
            view.close_reader()
        self.save_button.close_writer()

    @property
    def _run(self) -> Run | None:
        return self._runs[0][0] if self._runs else None

    def _turn_to(self, tab: int) -> None:
        self._stack.setCurrentIndex(tab)
        self._head.setVisible(tab != LOSS)
        if tab in (DETECTIONS, MISSED):
            self._back = tab
        self._refresh()

    def _refresh(self) -> None:
        """Let the tab in view show the class."""
        if not self.isVisible():
            return
        known = self._diagnoses.want(self._run)
        waiting = UNREAD if known.run is None else JUDGING
        shown, sentence = known.shown(self._name), known.problem or (waiting if self._name else NO_CLASS)
        self.save_button.show_run(self._run, known)
        self.heading.setText(heading_words(self._name, shown))
        self.bar.show_class(shown)
        tab = self.tabs.currentIndex()
        if tab == CURVE:
            self.curve.show_runs(self._runs, self._name)
            self.curve.show_class(shown)
        for place, view in (
            (DETECTIONS, self.detections),
            (MISSED, self.missed),
            (ERRORS, self.errors),
            (PICTURE, self.picture),
        ):
            if place == tab:
                view.show_class(shown, sentence)

    def _open_detection(self, row: int) -> None:
        self.tabs.setCurrentIndex(PICTURE)
        self.picture.open_detection(row)
        self.picture.canvas.setFocus()

    def _open_missed(self, image: str) -> None:
        self.tabs.setCurrentIndex(PICTURE)
        self.picture.open_picture(image)
        self.picture.canvas.setFocus()

    def _see_verdict(self, verdict: Verdict) -> None:
        self.tabs.setCurrentIndex(DETECTIONS)
        self.detections.see_alone(verdict)

    def _show_busy(self, text: str) -> None:
        self._busy.setVisible(bool(text))
        self._busy.setToolTip(text)

    def _arrange(self) -> None:
        first = QHBoxLayout()
        first.setContentsMargins(0, 0, theme.SPACE, 0)
        first.addWidget(self.tabs, 1)
        first.addWidget(self._busy)
        first.addWidget(self.save_button)
        head = QVBoxLayout(self._head)
        head.setContentsMargins(0, theme.SPACE // 2, 0, theme.SPACE // 2)
        head.setSpacing(0)
        self.heading.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        head.addWidget(self.heading)
        head.addWidget(self.bar)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(first)
        layout.addWidget(self._head)
        layout.addWidget(self._stack, 1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()


def heading_words(name: str, shown: ShownClass | None) -> str:
    """A class and its AP with its interval; the class alone before they are known."""
    if shown is None:
        return name
    diagnosis = shown.diagnosis
    if math.isnan(diagnosis.ap):
        return f"{name} · the set has no object of it, so it has no AP"
    low, high = 100 * diagnosis.interval.low, 100 * diagnosis.interval.high
    return f"{name} · AP {100 * diagnosis.ap:.1f} % [{low:.1f}, {high:.1f}] · {diagnosis.objects:,} objects"
