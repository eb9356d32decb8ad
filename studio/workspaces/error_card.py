"""What went wrong with a run: the sentence, the last lines of its log, and all of it for a report."""

import json

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from core.runs.run_folder import State
from studio import theme
from studio.runs.run import Run

SHOWN_LINES, COPIED_LINES = 8, 200


class ErrorCard(QFrame):
    """Shown for a run that failed or was interrupted; hidden for others."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None
        self._shown: tuple[Run, State, str] | None = None
        self.setObjectName("error_card")
        self.setProperty("role", "card")
        self._title, self._sentence = QLabel(), QLabel()
        self._title.setProperty("role", "heading")
        self._sentence.setWordWrap(True)
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
        head.addWidget(copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.addLayout(head)
        layout.addWidget(self._sentence)
        layout.addWidget(self._log)
        self.hide()

    def show_run(self, run: Run | None) -> None:
        """Show what went wrong with a run, if anything did."""
        wrong = run is not None and run.state in (State.FAILED, State.INTERRUPTED)
        self.setVisible(wrong)
        if run is None or not wrong or self._shown == (run, run.state, run.status.error):
            return
        self._run, self._shown = run, (run, run.state, run.status.error)
        self._title.setText("The run failed" if run.state is State.FAILED else "The run was interrupted")
        self._sentence.setText(run.status.error)
        lines = run.log_tail(SHOWN_LINES)
        self._log.setPlainText("\n".join(lines))
        self._log.setVisible(bool(lines))
        bar = self._log.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _copy(self) -> None:
        if self._run is not None:
            QGuiApplication.clipboard().setText(diagnostics(self._run))


def diagnostics(run: Run) -> str:
    """All that a report about a run needs, as text."""
    parts = [
        f"run {run.name} ({run.job}): {run.state}",
        run.status.error,
        f"step {run.status.step} of {run.status.total} {run.status.what}".rstrip(),
        "settings: " + json.dumps(run.settings, indent=1),
    ]
    if run.path is not None:
        try:
            parts.append("environment: " + (run.path / "environment.json").read_text(encoding="utf-8"))
        except OSError:
            parts.append("environment: none was recorded")
    parts.append("worker.log:\n" + "\n".join(run.log_tail(COPIED_LINES)))
    return "\n\n".join(filter(None, parts)) + "\n"
