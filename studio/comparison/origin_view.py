"""Where a figure of the table comes from: the run that measured it, its pretraining, the trajectories."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.runs.provenance import NOT_RECORDED, facts
from studio import theme
from studio.document import Document
from studio.elided_combo import ElidedCombo
from studio.runs.run import Run, job_title
from studio.runs.since import Since
from studio.runs.words import trained_words
from studio.watch.reading import Reading
from studio.workspaces.clips_popover import ClipsPopover

COMMAND = "Command"
"""The fact of `core.runs.provenance` that is shown in a box of its own."""

LINES = 4
"""Of a command that are shown at once."""


@dataclass(frozen=True)
class Origin:
    """What is to be explained.

    Attributes:
        figure: in words, such as "cat 50.0 % · AssociationNet-tr"; empty while nothing is chosen.
        names: of the runs.
        runs: one, or the seeds of a row.
        starts: the pretraining run of each; None where it has none.
        why_none: why the paper's row has no runs, for one that is quoted; else empty.
    """

    figure: str = ""
    names: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()
    starts: tuple[Run | None, ...] = ()
    why_none: str = ""


class OriginView(QWidget):
    """Three cards, from the figure back: measured by, starts from, learned from.

    Signals:
        run_asked(Run): show it in its workspace.
        clip_asked(str): show a clip of this name in Curate.
    """

    run_asked = Signal(object)
    clip_asked = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("origin_view")
        self._origin = Origin()
        self._facts: dict[Run | None, dict[str, str]] = {}  # of the runs that were read last
        self._reading = Reading(self)
        self._since = Since(document, self)
        self._clips = ClipsPopover(self)
        self.figure = QLabel()
        self.figure.setProperty("role", "heading")
        self.seed = ElidedCombo()
        self.seed.setObjectName("origin_seed")
        self.seed.setAccessibleName("Which run of the row")
        self.seed.setToolTip("Which of the row's runs is explained")
        self.measured = MakingCard("Measured by", "Open in Evaluate", "origin_evaluate")
        self.start = MakingCard("Starts from", "Open in Train", "origin_train")
        self.data = DataCard()
        self._arrows = (QLabel("←"), QLabel("←"))
        self._arrange()
        self.seed.activated.connect(self._show_run)
        self.measured.run_asked.connect(self.run_asked)
        self.start.run_asked.connect(self.run_asked)
        self.data.clips_button.clicked.connect(self._open_clips)
        self._clips.chosen.connect(self.clip_asked)
        self._since.changed.connect(self._show_data)
        self._reading.done.connect(self._take_facts)
        self.explain(Origin())

    def explain(self, origin: Origin) -> None:
        """Explain a figure."""
        if origin == self._origin and self.figure.text():
            return
        kept = self.seed.currentText()
        self._origin = origin
        self.figure.setText(origin.figure or "Choose a cell of the table to see where its figure comes from.")
        self.seed.blockSignals(True)
        self.seed.clear()
        self.seed.addItems(origin.names)
        self.seed.setCurrentIndex(max(self.seed.findText(kept), 0))
        self.seed.blockSignals(False)
        self.seed.setVisible(len(origin.runs) > 1)
        self._show_run()

    def refresh(self, run: Run) -> None:
        """Show what became known of a run."""
        if self.isVisible() and run in (self._run, self._learner):
            self._show_run()

    def close_reader(self) -> None:
        """Wait for the threads."""
        self._reading.close()
        self._since.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_run()

    @property
    def _run(self) -> Run | None:
        return self._origin.runs[self.seed.currentIndex()] if self._origin.runs else None

    @property
    def _learner(self) -> Run | None:
        """The run that learned from trajectories."""
        if self._run is None:
            return None
        start = self._origin.starts[self.seed.currentIndex()]
        return self._run if self._run.job == "pretrain" else start

    def _show_run(self) -> None:
        run, learner = self._run, self._learner
        for card in (self.measured, self.start, self.data, *self._arrows):
            card.setVisible(run is not None or bool(self._origin.why_none))
        if run is None:
            for making in (self.measured, self.start):
                making.say(self._origin.why_none)
            self.data.say(self._origin.why_none)
            return
        if run.job == "pretrain":
            self.measured.say("A pretraining run: nothing was measured on VOC.")
        else:
            self.measured.show_run(run)
        if learner is not None:
            self.start.show_run(learner)
        else:
            self.start.say(_why_no_start(run))
        self._show_facts()
        self._show_data()
        if self.isVisible():
            folders = {one: one.folder for one in (run, learner) if one is not None}
            key = tuple((one, one.state) for one in folders)  # it may be resumed
            self._reading.want(key, lambda: {one: facts(at) if at else {} for one, at in folders.items()})

    def _take_facts(self, found: dict[Run | None, dict[str, str]]) -> None:
        self._facts = found
        self._show_facts()

    def _show_facts(self) -> None:
        """Nothing of runs that are not read yet."""
        self.measured.show_facts(self._facts.get(self._run, {}))
        self.start.show_facts(self._facts.get(self._learner, {}))

    def _show_data(self) -> None:
        if self._run is None:
            return
        learner = self._learner
        if learner is None:
            self.data.say("No trajectories: the trunk does not come from a pretraining run of this project.")
        else:
            self.data.show_run(learner, self._since.words(learner) if self.isVisible() else "")

    def _open_clips(self) -> None:
        learner, button = self._learner, self.data.clips_button
        if learner is not None and learner.material is not None:
            self._clips.popup(button.mapToGlobal(button.rect().bottomRight()), learner.material)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.figure)
        head.addWidget(self.seed)
        head.addStretch(1)
        chain = QHBoxLayout()
        for place, card in enumerate((self.measured, self.start, self.data)):
            if place:
                chain.addWidget(self._arrows[place - 1])
            chain.addWidget(card, 1)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.addLayout(head)
        column.addLayout(chain)
        column.addStretch(1)
        area = QScrollArea()
        area.setAccessibleName("Where the figure comes from")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)


class MakingCard(QFrame):
    """A run: what it is, what to type to make it again, where it ran.

    Signals:
        run_asked(Run): show it in its workspace.
    """

    run_asked = Signal(object)

    def __init__(self, title: str, open_words: str, name: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._run: Run | None = None
        heading = QLabel(title)
        heading.setProperty("role", "heading")
        self.words, self._facts = _text(), _text()
        self._facts.setProperty("quiet", True)
        self.command = QPlainTextEdit()
        self.command.setReadOnly(True)
        self.command.setAccessibleName(f"{title}: the command that makes it again")
        self.command.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.command.setTabChangesFocus(True)
        self.command.setFixedHeight((LINES + 1) * self.command.fontMetrics().lineSpacing())
        self.open_button, self.copy_button = QPushButton(open_words), QPushButton("Copy command")
        self.open_button.setObjectName(name)
        self.copy_button.setObjectName(f"{name}_copy")
        self.open_button.clicked.connect(self._open)
        self.copy_button.clicked.connect(self._copy)
        buttons = QHBoxLayout()
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.copy_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        for widget in (heading, self.words, self.command):
            column.addWidget(widget)
        column.addLayout(buttons)
        column.addWidget(self._facts)
        column.addStretch(1)

    def show_run(self, run: Run) -> None:
        """Name a run; `show_facts` follows when they are read."""
        self._run = run
        self.words.setText(f"{job_title(run.job)} · {run.label}\n{run.name}")
        self._show(True)

    def show_facts(self, facts: dict[str, str]) -> None:
        """What is recorded of the run's making, in words by title."""
        self.command.setPlainText(facts.get(COMMAND, ""))
        self.copy_button.setEnabled(facts.get(COMMAND, NOT_RECORDED) != NOT_RECORDED)
        self._facts.setText(
            "\n".join(f"{title}: {text}" for title, text in facts.items() if title != COMMAND)
        )

    def say(self, sentence: str) -> None:
        """In place of a run, why there is none."""
        self._run = None
        self.words.setText(sentence)
        self._show(False)

    def _show(self, there: bool) -> None:
        for widget in (self.command, self.open_button, self.copy_button, self._facts):
            widget.setVisible(there)

    def _open(self) -> None:
        if self._run is not None:
            self.run_asked.emit(self._run)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command.toPlainText())


class DataCard(QFrame):
    """The trajectories that a run learned from, and what was edited since."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        heading = QLabel("Learned from")
        heading.setProperty("role", "heading")
        self.words = _text()
        self.clips_button = QPushButton("Clips ▾")
        self.clips_button.setObjectName("origin_clips")
        self.clips_button.setToolTip("The clips it trains on, which are held out; open one in Curate")
        buttons = QHBoxLayout()
        buttons.addWidget(self.clips_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.addWidget(heading)
        column.addWidget(self.words)
        column.addLayout(buttons)
        column.addStretch(1)

    def show_run(self, run: Run, since: str) -> None:
        """Say what a run learned from; `since` is what was edited since, where that is known."""
        revision = f"Revision {run.revision:,} of the project" if run.revision is not None else ""
        self.words.setText("\n".join(filter(None, (trained_words(run), revision, since))))
        self.clips_button.setVisible(run.material is not None and run.material.split is not None)

    def say(self, sentence: str) -> None:
        """In place of them, why there are none."""
        self.words.setText(sentence)
        self.clips_button.hide()


def _text() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _why_no_start(run: Run) -> str:
    if run.weights in ("", "random"):
        return "Random weights: nothing was learned before."
    return f"{run.weights}: weights that no run of this project made."
