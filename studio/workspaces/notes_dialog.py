"""A person names a run and writes down what it was for."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from core.errors import StudioError
from core.runs.run_notes import RunNotes
from studio.runs.run import Run
from studio.runs.runs import Runs

LONGEST = 80
"""Letters of a name; it stands in lists and legends."""


class NotesDialog(QDialog):
    """Not modal for the runs: they go on. OK or Enter keeps, Esc leaves all as it was."""

    def __init__(self, run: Run, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run, self._runs = run, runs
        self.setWindowTitle("Name and note of a run")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.name = QLineEdit(run.notes.name, maxLength=LONGEST, placeholderText=run.choices)
        self.note = QPlainTextEdit(run.notes.note, placeholderText="What it was for, what came of it")
        self.note.setTabChangesFocus(True)
        self.starred = QCheckBox("Starred: stands first in the list")
        self.starred.setChecked(run.notes.starred)
        self._problem = QLabel(wordWrap=True)
        self._problem.setProperty("role", "error")
        self._problem.hide()
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self._keep)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow("&Name", self.name)
        form.addRow("N&ote", self.note)
        form.addRow("", self.starred)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self._problem)
        layout.addWidget(buttons)
        self.resize(440, 260)

    def _keep(self) -> None:
        note = self.note.toPlainText().strip()
        notes = RunNotes(" ".join(self.name.text().split()), note, self.starred.isChecked())
        try:
            self._runs.annotate(self._run, notes)
        except StudioError as error:
            self._problem.setText(str(error))
            self._problem.show()
            return
        self.accept()
