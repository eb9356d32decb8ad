"""What went wrong with a run: the sentence, the last lines of its log, and all of it for a report."""

import json
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from core.errors import StudioError
from core.jobs import JOBS
from core.runs.memory_report import MemoryReport, read_memory_report
from core.runs.run_folder import State
from core.text_file import read_text
from studio import theme
from studio.runs.run import Run
from studio.runs.runs import Runs
from studio.runs.words import count_words

SHOWN_LINES, COPIED_LINES = 8, 200


class ErrorCard(QFrame):
    """Shown for a run that failed or was interrupted; hidden for others.

    Where a run ran out of memory and knows which batch fits, it offers to start again with that.

    Signals:
        started(Run): another run was started in its place.
    """

    started = Signal(object)

    def __init__(self, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._run: Run | None = None
        self._shown: tuple[Run, State, str, str] | None = None
        self._report: MemoryReport | None = None
        self.setObjectName("error_card")
        self.setProperty("role", "card")
        self._title, self._sentence = QLabel(), QLabel()
        self._title.setProperty("role", "heading")
        self._sentence.setWordWrap(True)
        self._sentence.setMinimumWidth(1)  # a long path may be cut off, but never widens the window
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._log = QPlainTextEdit()
        self._log.setReadOnly(True)
        self._log.setAccessibleName("The end of the run's log")
        self._log.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._log.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._log.setFixedHeight(self._log.fontMetrics().lineSpacing() * SHOWN_LINES)
        copy = QPushButton("Copy diagnostics")
        copy.setObjectName("copy_diagnostics")
        copy.setToolTip("Copy the settings, the versions and the end of the log, for a report")
        copy.clicked.connect(self._copy)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        self.again_button = QPushButton("Start again")
        self.again_button.setObjectName("again_button")
        self.again_button.setProperty("role", "primary")
        self.again_button.clicked.connect(self._start_again)
        head.addWidget(self.again_button)
        head.addWidget(copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.addLayout(head)
        layout.addWidget(self._sentence)
        layout.addWidget(self._log)
        self.hide()

    def show_run(self, run: Run | None) -> None:
        """Show what went wrong with a run, if anything did."""
        wrong = run is not None and (run.state in (State.FAILED, State.INTERRUPTED) or _is_flawed(run))
        self.setVisible(wrong)
        if run is None or not wrong or self._shown == (run, run.state, run.status.error, run.flaw):
            return
        self._run, self._shown = run, (run, run.state, run.status.error, run.flaw)
        failed = "The run failed" if run.state is State.FAILED else "The run was interrupted"
        self._title.setText("The run is damaged" if run.is_damaged else failed)
        self._sentence.setText(" ".join(dict.fromkeys(filter(None, (run.status.error, run.flaw)))))
        self._report = _usable_report(run)
        self.again_button.setVisible(self._report is not None)
        if self._report is not None:
            self.again_button.setText(f"Start again with batch {self._report.fits}")
            self.again_button.setToolTip(
                f"A batch of {self._report.batch} did not fit ({self._report.stage}); the other settings stay"
            )
        lines = run.log_tail(SHOWN_LINES)
        self._log.setPlainText("\n".join(lines))
        self._log.setVisible(bool(lines))
        bar = self._log.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _start_again(self) -> None:
        run, report = self._run, self._report
        if run is not None and run.folder is not None and report is not None:
            settings = run.folder.settings(JOBS[run.job].settings)
            self.started.emit(self._runs.start(run.job, replace(settings, batch=report.fits)))

    def _copy(self) -> None:
        if self._run is not None:
            QGuiApplication.clipboard().setText(diagnostics(self._run))


def _is_flawed(run: Run) -> bool:
    return bool(run.flaw) and not run.is_active


def _usable_report(run: Run) -> MemoryReport | None:
    """The report of a run that can start again with another batch.

    A run forecasts what it takes, so one that failed for another reason may have a report too; one that was
    interrupted may well have been ended by the system for its memory.
    """
    of_memory = run.state is State.INTERRUPTED or "memory" in run.status.error
    report = read_memory_report(run.path) if run.path is not None and of_memory else None
    usable = report is not None and 2 <= report.fits < report.batch and run.job == "pretrain"
    return report if usable else None


def diagnostics(run: Run) -> str:
    """All that a report about a run needs, as text."""
    parts = [
        f"run {run.name} ({run.job}): {run.state}",
        run.status.error,
        " ".join(filter(None, (count_words(run.status), run.status.what))),
        "settings: " + json.dumps(run.settings, indent=1),
    ]
    if run.path is not None:
        try:
            parts.append("environment: " + read_text(run.path / "environment.json"))
        except StudioError:
            parts.append("environment: none was recorded")
    parts.append("worker.log:\n" + "\n".join(run.log_tail(COPIED_LINES)))
    return "\n\n".join(filter(None, parts)) + "\n"
