"""The sampler X-ray: the very next pairs or triplets of a run, or those of a step, the worst first."""

from collections.abc import Callable
from functools import partial

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.pairs.sampling import PairBatch
from core.pretraining.config import PretrainConfig
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import SetReview
from studio import lookups, theme
from studio.document import Document
from studio.runs.run import Run
from studio.watch.cards import Cards
from studio.watch.histogram import Histogram, counted
from studio.watch.page import Page
from studio.watch.pair_cards import pair_cards
from studio.watch.pair_reader import PairReader, ShownPairs, Which, of_new_run
from studio.watch.patch_cutter import Patch
from studio.watch.reading import Reading

INCOMPLETE = "The settings at the right are not complete; the first pairs of such a run will appear here."
OF_IMAGES = "Labelled images come from no trajectory; pairs are shown of the other methods."


class PairsView(QWidget):
    """Cards of pairs beside histograms of their frame gaps and overlaps.

    Signals:
        opened(Patch): its frame is wanted in Curate.
        edit_asked(Edit): a trajectory is to be rejected, or opened again.
        pin_asked(int): the nearest neighbours of a trajectory are wanted.
        step_chosen(int): a person went to a step.
    """

    opened = Signal(object)
    edit_asked = Signal(object)
    pin_asked = Signal(int)
    step_chosen = Signal(int)

    def __init__(
        self, document: Document, new_run: Callable[[], PretrainConfig | None], parent: QWidget | None = None
    ) -> None:
        """`new_run`: gives the settings of the form; None while they are not complete."""
        super().__init__(parent)
        self._document, self._new_run = document, new_run
        self._run: Run | None = None
        self._span: tuple[int, int] | None = None  # of steps, ends included; None for the newest
        self._shown: ShownPairs | None = None
        self._asked = 0  # how often a person asked; a run that goes on does not change what is looked at
        self._reader = PairReader()  # of the thread alone
        self.choices = QButtonGroup(self)
        self.step = QSpinBox(minimum=0, maximum=10**9)
        self.step.setKeyboardTracking(False)
        self.step.setAccessibleName("Training step whose pairs are shown")
        self._words = QLabel()
        self._words.setProperty("quiet", True)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.cards = Cards("Pairs")
        self.gaps = Histogram("Frames apart", "Frames", "Pairs", "How far apart in time the pairs are.")
        self.overlaps = Histogram(
            "Overlap", "Overlap with the trajectory (%)", "Pairs", "How far the pairs overlap."
        )
        self.page = Page(self._content())
        self._reading = Reading(self)
        self._arrange()
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self.page.say)
        self.cards.opened.connect(self.opened)
        self.cards.failed.connect(self.page.say)
        self.cards.menu_asked.connect(self._show_menu)
        self.cards.reject_asked.connect(partial(self._review, review=Review.REJECTED))
        self.choices.idClicked.connect(self._read_anew)
        self.step.valueChanged.connect(self._go_to)
        document.changed.connect(self._show_again)

    def show_run(self, run: Run | None) -> None:
        """Show the pairs of a run; of the form's settings where there is none."""
        if run is not self._run:
            self._span, self._shown = None, None
            self.page.say("The pairs are being read…")
            wanted = Which.NEW_RUN if run is None else Which.NEXT
            self.choices.button(wanted).setChecked(True)
        self._run = run
        for choice in (Which.NEXT, Which.AT_STEP):
            self.choices.button(choice).setEnabled(run is not None)
        self._read()

    def set_span(self, span: tuple[int, int] | None) -> None:
        """Where the pairs of a step are chosen, show the worst batch of some steps, ends included.

        A point of the loss curve is the mean of such a span. None for the newest step.
        """
        self._span = span
        self._read()

    def choose(self, which: Which) -> None:
        """Choose which pairs are shown."""
        self.choices.button(which).setChecked(True)
        self._read()

    def close_reader(self) -> None:
        """Wait for the threads."""
        self._reading.close()
        self.cards.close_reader()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._asked += 1

    # --- reading ------------------------------------------------------------------------------

    def _read_anew(self) -> None:
        self._asked += 1
        self._read()

    def _read(self) -> None:
        """Read what is chosen, in the thread."""
        which, run = Which(self.choices.checkedId()), self._run
        if self._shown is not None and which is not self._shown.which:
            self._words.setText("The pairs are being read…")
        self.step.setVisible(which is Which.AT_STEP)
        if which is Which.NEW_RUN:
            settings = self._new_run()
            if settings is None:
                self.page.say(
                    "The settings at the right are not complete; the first pairs of such a run appear here."
                )
            elif settings.method == "caltech101":
                self.page.say(OF_IMAGES)
            else:
                project, revision = self._document.project, self._document.revision()
                self._reading.want((which, revision, settings), partial(of_new_run, project, settings))
        elif run is None or run.path is None:
            self.page.say("The pairs appear here when the run's snapshot is taken.")
        elif run.settings.get("method") == "caltech101":
            self.page.say(OF_IMAGES)
        else:
            span, now = self._span, (self._asked, run.is_active, len(run.curve("loss")) > 0)
            if which is Which.NEXT:
                self._reading.want((run.path, which, now), partial(self._reader.next, run.path))
            else:
                self._reading.want((run.path, which, span or now), partial(self._reader.at, run.path, span))

    # --- showing ------------------------------------------------------------------------------

    def _take(self, shown: ShownPairs) -> None:
        if shown.which != self.choices.checkedId():
            return
        self._shown = shown
        if len(shown.steps):
            self.step.blockSignals(True)
            self.step.setRange(int(shown.steps[0]), int(shown.steps[-1]))
            if shown.which is Which.AT_STEP:
                self.step.setValue(shown.sampled.step)
            self.step.blockSignals(False)
        self._words.setText(self._summary(shown))
        self._words.setToolTip(self._words.text())
        self._show_cards(from_top=True)
        facts, drawn = shown.sampled.facts, shown.sampled.drawn
        same = getattr(drawn, "same", None)
        self.gaps.show_counts([counted(facts.gap.astype(float), 12, whole=True)])
        overlaps = 100 * facts.overlap
        if same is None:
            self.overlaps.show_counts([counted(overlaps, 20, "negatives", 1, span=(0.0, 100.0))])
        else:
            parts = (("same", same, 0), ("different", ~same, 1))
            self.overlaps.show_counts(
                [
                    counted(overlaps[which], 20, name, colour, span=(0.0, 100.0))
                    for name, which, colour in parts
                ]
            )
        self.page.show_content()

    def _summary(self, shown: ShownPairs) -> str:
        step, losses, span = shown.sampled.step, shown.losses, self._span
        noun = "pairs" if isinstance(shown.sampled.drawn, PairBatch) else "triplets"
        what = f"{len(shown.sampled.drawn.clip)} {noun}"
        if losses is None:
            if shown.which is Which.NEW_RUN:
                return f"The first {what} of a run with these settings"
            newer = " · press Next for newer ones" if self._run is not None and self._run.is_active else ""
            return f"The {what} of step {step:,}{newer}"
        words = f"{what} · mean loss {losses.mean():.3g}"
        if span is not None and span[0] < span[1] and span[0] <= step <= span[1]:
            words += f" · worst of steps {span[0]:,}–{span[1]:,}"
        return words

    def _show_again(self) -> None:
        if self._shown is not None and self.isVisible():
            self._show_cards(from_top=False)

    def _show_cards(self, from_top: bool) -> None:
        shown = self._shown
        assert shown is not None
        ids = np.unique(shown.sampled.drawn.trajectory).tolist()
        rejected = lookups.rejected(self._document.project, ids)
        self.cards.show_cards(pair_cards(shown.sampled, shown.source.clips, shown.losses, rejected), from_top)

    def _go_to(self, step: int) -> None:
        steps = self._shown.steps if self._shown is not None else np.zeros(0, np.int32)
        if len(steps):
            step = int(steps[np.abs(steps - step).argmin()])
        self._span = (step, step)
        self._read()
        self.step_chosen.emit(step)

    # --- acting -------------------------------------------------------------------------------

    def _review(self, patch: Patch, review: Review) -> None:
        self.edit_asked.emit(SetReview(patch.clip.id, (patch.trajectory,), review))

    def _show_menu(self, patch: Patch, place: QPoint) -> None:
        menu = self.menu_of(patch)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def menu_of(self, patch: Patch) -> QMenu:
        """What can be done with a patch."""
        menu = QMenu(self)
        menu.addAction("&Open in Curate").triggered.connect(lambda: self.opened.emit(patch))
        menu.addSeparator()
        rejected = bool(lookups.rejected(self._document.project, [patch.trajectory]))
        text = "Re&open this trajectory" if rejected else "&Reject this trajectory"
        review = Review.OPEN if rejected else Review.REJECTED
        menu.addAction(text).triggered.connect(lambda: self._review(patch, review))
        pin = menu.addAction("&Pin for nearest neighbours")
        pin.triggered.connect(lambda: self.pin_asked.emit(patch.trajectory))
        return menu

    # --- building -----------------------------------------------------------------------------

    def _content(self) -> QWidget:
        beside = QSplitter(Qt.Orientation.Vertical)
        for plot in (self.gaps, self.overlaps):
            plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
            beside.addWidget(plot)
        beside.setSizes([100, 100])
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.cards)
        splitter.addWidget(beside)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([600, 240])
        return splitter

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        bar.setSpacing(0)
        for place, (text, tip) in enumerate(
            (
                ("Next", "The very next pairs of the run, drawn from a copy of its random state"),
                ("At a step", "The pairs of a step that was trained on, the worst first"),
                ("New run", "The first pairs of a run with the settings at the right"),
            )
        ):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setProperty("role", "segment")
            button.setProperty("place", ("first", "", "last")[place])
            self.choices.addButton(button, place)
            bar.addWidget(button)
        bar.addSpacing(theme.SPACE)
        bar.addWidget(self.step)
        bar.addSpacing(theme.SPACE)
        bar.addWidget(self._words, 1)
        self.choices.button(Which.NEXT).setChecked(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.page, 1)
