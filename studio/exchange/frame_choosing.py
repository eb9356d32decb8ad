"""Which frames of the clips that were found are to be imported: every n-th, from one moment to another."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSpinBox, QWidget

from core.datasets.frame_choice import FrameChoice, moment
from studio.forms.setting_editors import calm

_MOMENT = "A frame of the source, counted from 0, or for videos a time such as 12.5s or 0:12"


class FrameChoosing(QWidget):
    """A row of a dialog.

    Signals:
        changed(): another choice was made; it may be none that can be.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.every = QSpinBox(minimum=1, maximum=99_999)
        self.every.setAccessibleName("Take one frame in every so many")
        calm(self.every)
        self.first, self.last = QLineEdit(placeholderText="the first"), QLineEdit(placeholderText="the last")
        self.first.setAccessibleName("First frame or time to take")
        self.last.setAccessibleName("Last frame or time to take")
        self.count = QLabel()
        self.count.setProperty("quiet", True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for words, field in (("One frame in every", self.every), ("from", self.first), ("to", self.last)):
            row.addWidget(QLabel(words))
            row.addWidget(field)
        for edit in (self.first, self.last):
            edit.setToolTip(_MOMENT)
            edit.setMaximumWidth(110)
            edit.textChanged.connect(self.changed)
        self.every.valueChanged.connect(self.changed)
        row.addStretch()
        row.addWidget(self.count)

    def choice(self) -> FrameChoice:
        """What is chosen.

        Raises:
            StudioError: a field holds neither a frame nor a time.
        """
        return FrameChoice(
            every=self.every.value(), first=moment(self.first.text()), last=moment(self.last.text())
        )
