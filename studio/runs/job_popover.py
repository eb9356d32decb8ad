"""A small form that starts a job on clips: settings, which clips, Start."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
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
from studio.elided_combo import ElidedCombo
from studio.forms.setting_editors import Editor
from studio.forms.settings_form import SettingsForm
from studio.runs.scope import Choice, Scope
from studio.wrapped_label import WrappedLabel

WIDTH = 360  # pixels

NOTE_LINES = 2
"""Lines that what starting replaces takes, as a rule."""

LONGEST = 30
"""Letters of a clip's name on the button."""


class JobPopover(QFrame):
    """Opens over the window, as high as its form, which scrolls where the screen is too low for it.

    Escape or a click elsewhere closes it.

    Signals:
        start_asked(settings, Choice): start with these settings, on these clips.
        scope_changed(Choice): it opened, or other clips were chosen.
    """

    start_asked = Signal(object, object)
    scope_changed = Signal(object)

    def __init__(
        self,
        job: Job,
        parent: QWidget,
        editors: Mapping[str, Editor] | None = None,
        is_noted: bool = False,
    ) -> None:
        """
        Args:
            editors: as `SettingsForm` takes them.
            is_noted: there will be something to say with `set_note`, for which room is kept: *Start* stays
                where it is when that is known.
        """
        super().__init__(parent, Qt.WindowType.Popup)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAccessibleName(job.title)
        heading, text = QLabel(job.title), QLabel(job.sentence, wordWrap=True)
        heading.setProperty("role", "heading")
        text.setProperty("quiet", True)
        self.form: SettingsForm[Any] = SettingsForm(job.settings, editors)
        self.form.installEventFilter(self)
        self._scroll = QScrollArea()
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it has it
        self._scroll.setWidget(self.form)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(job.title)
        self._corner = QPoint()
        self._about: Callable[[Sequence[Clip], Any], tuple[str, str]] = lambda clips, settings: ("", "")
        self.clips = ElidedCombo()
        self.clips.setAccessibleName("Which clips")
        which = QFormLayout()
        which.addRow("On", self.clips)
        self._comes_to = WrappedLabel()
        self._comes_to.setProperty("quiet", True)
        which.addRow("", self._comes_to)
        self.clips.activated.connect(lambda: self.scope_changed.emit(self.clips.currentData()))
        self.note = WrappedLabel()
        self.note.hide()
        self._noted = NOTE_LINES * self.note.fontMetrics().lineSpacing() if is_noted else 0
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
        self.form.changed.connect(self._weigh)
        self.clips.currentIndexChanged.connect(self._weigh)

    def popup(
        self,
        corner: QPoint,
        choices: Sequence[Choice],
        first: Scope,
        about: Callable[[Sequence[Clip], Any], tuple[str, str]],
    ) -> None:
        """Open below a point of the screen.

        Args:
            choices: of clips.
            first: the one to begin with; the first where there is none of that kind.
            about: says of clips and settings what the job comes to, and why it cannot be done; the latter is
                empty where it can.
        """
        self._about = about
        with QSignalBlocker(self.clips):
            self.clips.clear()
            for choice in choices:
                self.clips.addItem(choice.text, choice)
            kinds = [choice.scope for choice in choices]
            self.clips.setCurrentIndex(kinds.index(first) if first in kinds else 0)
        self._corner = corner
        self._weigh()
        self.note.setMinimumHeight(self._noted)
        self.set_note("")
        self.show()
        self._fit()  # what was folded or unfolded last is known to the layout only now
        self.start_button.setFocus()
        self.scope_changed.emit(self.clips.currentData())

    def set_note(self, text: str) -> None:
        """Say what starting replaces; empty for nothing."""
        self.note.setText(text)
        self.note.setMinimumHeight(max(self.note.minimumHeight(), self.note.heightForWidth(self._inside)))
        self.note.setVisible(bool(text or self._noted))
        self._fit()

    @property
    def _inside(self) -> int:
        """Pixels of width between its margins."""
        return WIDTH - 2 * (2 * theme.SPACE + self.frameWidth())

    def _weigh(self) -> None:
        """Say what is chosen comes to, and let it be started where it can."""
        choice, problem = self.clips.currentData(), self.form.problem()
        if choice is None:
            return
        words, refusal = self._about(choice.clips, None if problem else self.form.value())
        self._comes_to.setText(refusal or words)
        count = len(choice.clips)
        self.start_button.setText(f"Start on {count:,} clips" if count > 1 else f"Start on {_short(choice)}")
        self.start_button.setEnabled(not problem and not refusal)
        self.start_button.setToolTip(problem or refusal)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()  # the advanced settings were folded or unfolded, or a problem is said
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        room, box, form = self.screen().availableGeometry(), self.layout(), self.form.layout()
        assert box is not None
        assert form is not None
        by_width = form.hasHeightForWidth()
        high = form.totalHeightForWidth(self._inside) if by_width else form.totalSizeHint().height()
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
        self.start_asked.emit(settings, self.clips.currentData())


def _short(choice: Choice) -> str:
    name = choice.clips[0].name
    return (name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…").replace("&", "&&")
