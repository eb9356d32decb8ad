"""What to call the state that the project is in now."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from core.project.versions import LONGEST
from studio import theme

WIDTH = 420
"""Pixels."""


class SaveDialog(QDialog):
    """A name, which is proposed, and a note; Enter saves."""

    def __init__(self, name: str, since: str, parent: QWidget) -> None:
        """
        Args:
            name: the name that is proposed.
            since: what was edited since the last version, as a sentence.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        self.setWindowTitle("Save version")
        self.setMinimumWidth(WIDTH)
        self._name, self._note = QLineEdit(name, maxLength=LONGEST), QLineEdit()
        self._name.setAccessibleName("Name of the version")
        self._note.setAccessibleName("Note")
        self._note.setPlaceholderText("Optional")
        self._name.selectAll()
        words = QLabel(since, wordWrap=True)
        words.setProperty("quiet", True)
        form = QFormLayout()
        form.addRow("&Name", self._name)
        form.addRow("N&ote", self._note)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        self.save_button = buttons.button(QDialogButtonBox.StandardButton.Save)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._name.textChanged.connect(lambda text: self.save_button.setEnabled(bool(text.strip())))
        box = QVBoxLayout(self)
        box.setSpacing(theme.SPACE)
        box.addLayout(form)
        box.addWidget(words)
        box.addWidget(buttons)

    @property
    def name(self) -> str:
        """What was typed."""
        return self._name.text()

    @property
    def note(self) -> str:
        """What was typed."""
        return self._note.text()
