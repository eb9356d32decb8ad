"""The run that is looked at: what it is, how far, and what can be done with it."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import StudioError
from core.runs.run_folder import State
from studio import theme
from studio.elided_label import ElidedLabel
from studio.runs.run import Run
from studio.runs.runs import KILL_AFTER, Runs
from studio.runs.words import state_words
from studio.workspaces.clips_popover import ClipsPopover
from studio.workspaces.making_line import MakingLine
from studio.workspaces.run_menu import edit_notes
from studio.wrapped_label import WrappedLabel

STARS = {False: "☆", True: "★"}

TITLE = 240
"""Pixels that the title keeps beside the buttons."""

NOTE_LINES = 3
"""Lines of a run's note that are shown; all of it is in the dialog."""


class RunHeader(QWidget):
    """Title, state and progress of a run, with Stop, Resume, Kill and Delete; each says why it cannot.

    Signals:
        clip_chosen(str): a person wants to look at a clip of the run.
    """

    clip_chosen = Signal(str)

    def __init__(
        self,
        runs: Runs,
        name_of: Callable[[Run], str] = lambda run: run.label,
        parent: QWidget | None = None,
    ) -> None:
        """`name_of`: tells a run from those of the same settings, as the list beside it does."""
        super().__init__(parent)
        self._runs, self._name_of = runs, name_of
        self._run: Run | None = None
        self._title, self._words, self._notes = ElidedLabel(), QLabel(), MakingLine()
        self._note = WrappedLabel()
        self._note.setObjectName("run_note")
        self._note.setMaximumHeight(NOTE_LINES * self._note.fontMetrics().lineSpacing())
        self._title.setProperty("role", "heading")
        for label in (self._words, self._notes):
            label.setProperty("quiet", True)
        for label in (self._title, self._words, self._notes):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        self._progress.setRange(0, 1000)
        self._buttons = QHBoxLayout()
        self.star_button = self._tool(STARS[False], "star_button", self._toggle_star)
        self.notes_button = self._tool("Name…", "notes_button", self._edit_notes)
        self._clips = ClipsPopover(self)
        self._clips.chosen.connect(self.clip_chosen)
        self.clips_button = QPushButton("Clips…")
        self.clips_button.setObjectName("clips_button")
        self.clips_button.setProperty("role", "link")
        self.clips_button.clicked.connect(self._show_clips)
        self.stop_button = self._button("Stop", "stop_button", runs.stop)
        self.resume_button = self._button("Resume", "resume_button", self._resume)
        self.kill_button = self._button("Kill", "kill_button", runs.kill)
        self.folder_button = self._button("Open folder", "folder_button", _open_folder)
        self.delete_button = self._button("Delete", "delete_button", self._delete)
        words = QVBoxLayout()
        words.setSpacing(2)
        first = QHBoxLayout()
        first.addWidget(self.star_button)
        first.addWidget(self._title, 1)
        first.addWidget(self.notes_button)
        words.addLayout(first)
        words.addWidget(self._words)
        top = self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        top.addLayout(words, 1)
        top.addLayout(self._buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, 0)
        layout.setSpacing(theme.SPACE // 2)
        layout.addLayout(top)
        layout.addWidget(self._progress)
        about = QHBoxLayout()
        about.addWidget(self._notes, 1)
        about.addWidget(self.clips_button)
        layout.addLayout(about)
        layout.addWidget(self._note)
        runs.changed.connect(self._refresh)
        self.show_run(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The buttons go below the title where they would leave it no room."""
        super().resizeEvent(event)
        has_room = self.width() - self._buttons.sizeHint().width() >= TITLE
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._top.setDirection(beside if has_room else below)

    def show_run(self, run: Run | None, notes: str = "") -> None:
        """Show a run, with a line of notes about it."""
        self._run = run
        self._notes.show_line(notes, run.folder if run is not None else None)
        self._notes.setVisible(bool(notes))
        self.setVisible(run is not None)
        if run is not None:
            self._refresh(run)

    def _refresh(self, run: Run) -> None:
        if run is not self._run:
            return
        title = f"{run.title.removesuffix(run.label)}{self._name_of(run)}"
        self._title.show_text(title)
        self._title.setToolTip("\n".join(dict.fromkeys((title, run.choices, run.name))))
        self._note.setText(run.notes.note)
        self._note.setVisible(bool(run.notes.note))
        self.star_button.setText(STARS[run.notes.starred])
        for button in (self.star_button, self.notes_button):
            button.setEnabled(run.path is not None)
        self.clips_button.setVisible(run.material is not None and run.material.split is not None)
        self._words.setText(state_words(run))
        self._progress.setVisible(run.is_active)
        self._progress.setRange(0, 0 if run.fraction is None else 1000)
        self._progress.setValue(round(1000 * (run.fraction or 0.0)))
        stop = "" if run.is_active and not run.is_stopping else "The run has ended."
        if run.is_stopping:
            stop = f"Stopping; it can be killed after {KILL_AFTER:.0f} s."
        _allow(self.stop_button, stop, "Save a checkpoint and end after this step")
        self.stop_button.setText("Stopping…" if run.is_stopping else "Stop")
        resume = ""
        if run.is_active:
            resume = "The run has not ended."
        elif run.folder is None:
            resume = "The run has no folder; start a new one."
        elif run.damage:
            resume = "The run is damaged; start a new one."
        elif run.state is State.DONE and not _can_go_further(run):
            resume = "The run is done; start a new one."
        further = run.state is State.DONE and not resume
        self.resume_button.setText("Train further…" if further else "Resume")
        tip = "Go on from the last checkpoint" + (" to more steps" if further else "")
        _allow(self.resume_button, resume, tip)
        self.star_button.setToolTip("Take the star away" if run.notes.starred else "Star: first in the list")
        self.notes_button.setToolTip("Name the run and note what it was for (F2 in the list)")
        self.clips_button.setToolTip("The clips it trains on, which are held out; open one in Curate")
        self.kill_button.setVisible(self._runs.can_kill(run))
        self.kill_button.setToolTip("End the process now; what it did since its last checkpoint is lost")
        _allow(
            self.delete_button,
            "Stop the run before deleting it." if run.is_active else "",
            "Move the run to the project's trash",
        )
        _allow(
            self.folder_button,
            "The run has no folder." if run.folder is None else "",
            str(run.path or ""),
        )

    def _button(self, text: str, name: str, act: Callable[[Run], None]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: act(self._run) if self._run is not None else None)
        self._buttons.addWidget(button)
        return button

    def _tool(self, text: str, name: str, act: Callable[[Run], None]) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setObjectName(name)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: act(self._run) if self._run is not None else None)
        return button

    def _toggle_star(self, run: Run) -> None:
        self._runs.annotate(run, replace(run.notes, starred=not run.notes.starred))

    def _edit_notes(self, run: Run) -> None:
        edit_notes(run, self._runs, self)

    def _show_clips(self) -> None:
        run, button = self._run, self.clips_button
        assert run is not None  # else the button is hidden
        assert run.material is not None
        self._clips.popup(button.mapToGlobal(button.rect().bottomRight()), run.material)

    def _resume(self, run: Run) -> None:
        if run.state is not State.DONE:
            self._runs.resume(run)
            return
        done = int(run.settings["steps"])
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Train further")
        dialog.setLabelText(
            f"Steps in all, after the {done:,} it has done.\n"
            "From here on the learning rate is that of the new length."
        )
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(done + 1, 10**9)
        dialog.setIntStep(max(1, done // 10))
        dialog.setIntValue(2 * done)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.intValueSelected.connect(lambda steps: self._runs.resume(run, steps=steps))
        dialog.open()

    def _delete(self, run: Run) -> None:
        try:
            self._runs.delete(run)
        except StudioError as error:
            self._words.setText(str(error))


def _can_go_further(run: Run) -> bool:
    """Whether a run that is done can go on to more steps: its last checkpoint is all it needs."""
    return run.job == "pretrain" and "steps" in run.settings


def _allow(button: QPushButton, reason_against: str, tip: str) -> None:
    button.setEnabled(not reason_against)
    button.setToolTip(reason_against or tip)


def _open_folder(run: Run) -> None:
    if run.path is not None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.path)))
