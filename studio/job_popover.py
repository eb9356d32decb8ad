"""A small form that starts a job on clips: settings, which clips, Start."""

from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from core.datasets.clip import Clip
from core.errors import StudioError
from studio import theme
from studio.forms import SettingsForm


class JobPopover(QFrame):
    """Opens over the window; Escape or a click elsewhere closes it.

    Signals:
        start_asked(settings, bool): start with these settings, on all clips or only on the one shown.
    """

    start_asked = Signal(object, bool)

    def __init__(self, title: str, explanation: str, settings: type[Any], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(title)
        heading, text = QLabel(title), QLabel(explanation, wordWrap=True)
        heading.setProperty("role", "heading")
        text.setProperty("quiet", True)
        self.form: SettingsForm[Any] = SettingsForm(settings)
        self.clips = QComboBox()
        self.clips.setAccessibleName("Which clips")
        which = QFormLayout()
        which.addRow("On", self.clips)
        self.start_button = QPushButton("Start")
        self.start_button.setProperty("role", "primary")
        self.start_button.setDefault(True)
        self.start_button.clicked.connect(self._start)
        box = QVBoxLayout(self)
        box.setContentsMargins(*[2 * theme.SPACE] * 4)
        box.addWidget(heading)
        box.addWidget(text)
        box.addLayout(which)
        box.addWidget(self.form)
        box.addWidget(self.start_button)
        self.form.changed.connect(lambda: self.start_button.setEnabled(not self.form.problem()))

    def popup(self, corner: QPoint, clip: Clip | None, count: int) -> None:
        """Open below a point of the screen, for `count` clips of which one is shown."""
        self.clips.clear()
        self.clips.addItem(f"all {count} clips" if count != 1 else "the one clip", True)
        if clip is not None and count > 1:
            self.clips.addItem(f"only {clip.name}", False)
        self.setFixedWidth(360)
        self.adjustSize()
        self.move(corner)
        self.show()
        self.start_button.setFocus()

    def _start(self) -> None:
        try:
            settings = self.form.value()
        except StudioError:
            return  # the form shows the sentence
        self.hide()
        self.start_asked.emit(settings, bool(self.clips.currentData()))
