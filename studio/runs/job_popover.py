"""A small form that starts a job on clips: settings, which clips, Start."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.datasets.clip import Clip
from core.errors import StudioError
from core.runs.job import Job
from studio import theme
from studio.forms.setting_editors import Editor
from studio.forms.settings_form import SettingsForm

WIDTH = 360  # pixels


class JobPopover(QFrame):
    """Opens over the window, as high as its form, which scrolls where the screen is too low for it.

    Escape or a click elsewhere closes it.

    Signals:
        start_asked(settings, bool): start with these settings, on all clips or only on the one shown.
        scope_changed(bool): it opened, or other clips were chosen: all of them, or only the one shown.
    """

    start_asked = Signal(object, bool)
    scope_changed = Signal(bool)

    def __init__(self, job: Job, parent: QWidget, editors: Mapping[str, Editor] | None = None) -> None:
        """`editors`: as `SettingsForm` takes them."""
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(job.title)
        heading, text = QLabel(job.title), QLabel(job.sentence, wordWrap=True)
        heading.setProperty("role", "heading")
        text.setProperty("quiet", True)
        self.form: SettingsForm[Any] = SettingsForm(job.settings, editors)
        self.form.installEventFilter(self)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self.form)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(job.title)
        self._corner = QPoint()
        self.clips = QComboBox()
        self.clips.setAccessibleName("Which clips")
        which = QFormLayout()
        which.addRow("On", self.clips)
        self.clips.activated.connect(lambda: self.scope_changed.emit(bool(self.clips.currentData())))
        self.note = QLabel(wordWrap=True)
        self.note.hide()
        self.start_button = QPushButton("Start")
        self.start_button.setProperty("role", "primary")
        self.start_button.setDefault(True)
        self.start_button.clicked.connect(self._start)
        box = QVBoxLayout(self)
        box.setContentsMargins(*[2 * theme.SPACE] * 4)
        box.addWidget(heading)
        box.addWidget(text)
        box.addLayout(which)
        box.addWidget(self._scroll)
        box.addWidget(self.note)
        box.addWidget(self.start_button)
        self.form.changed.connect(lambda: self.start_button.setEnabled(not self.form.problem()))

    def popup(self, corner: QPoint, clip: Clip | None, count: int) -> None:
        """Open below a point of the screen, for `count` clips of which one is shown."""
        self.clips.clear()
        self.clips.addItem(f"all {count} clips" if count != 1 else "the one clip", True)
        if clip is not None and count > 1:
            self.clips.addItem(f"only {clip.name}", False)
        self._corner = corner
        self.start_button.setEnabled(not self.form.problem())
        self.set_note("")
        self.show()
        self.start_button.setFocus()
        self.scope_changed.emit(bool(self.clips.currentData()))

    def set_note(self, text: str) -> None:
        """Say what starting comes to; empty for nothing."""
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()  # the advanced settings were folded or unfolded, or a problem is said
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        room, box, form = self.screen().availableGeometry(), self.layout(), self.form.layout()
        assert box is not None
        assert form is not None
        margins = box.contentsMargins()
        inside = WIDTH - margins.left() - margins.right() - 2 * self.frameWidth()
        high = form.totalHeightForWidth(inside) if form.hasHeightForWidth() else form.totalSizeHint().height()
        self._scroll.setFixedHeight(high)
        over = max(0, box.totalHeightForWidth(WIDTH) - room.height())
        self._scroll.setFixedHeight(max(high - over, 1))
        self.setFixedSize(WIDTH, box.totalHeightForWidth(WIDTH))
        left = min(self._corner.x(), room.right() + 1 - self.width())
        top = min(self._corner.y(), room.bottom() + 1 - self.height())
        self.move(max(left, room.left()), max(top, room.top()))

    def _start(self) -> None:
        try:
            settings = self.form.value()
        except StudioError:
            return  # the form shows the sentence
        self.hide()
        self.start_asked.emit(settings, bool(self.clips.currentData()))
