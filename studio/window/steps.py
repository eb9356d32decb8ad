"""The five steps of the main job as a strip that ticks itself."""

from collections.abc import Set

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from studio import icons, theme

STEPS = {
    "import": ("Import", "Bring in clips: data sets, folders of frames, videos"),
    "track": ("Track", "Follow points by optical flow, and fill in objects between keyframes"),
    "review": ("Review", "Accept or reject ten tracks, correct what is wrong"),
    "pretrain": ("Pretrain", "Learn features from the trajectories"),
    "evaluate": ("Evaluate", "Fine-tune a detector on PASCAL VOC and measure it"),
}
"""Step → what the strip calls it and what its tooltip says, in order."""


class Steps(QWidget):
    """The strip. The first step that is not done stands out; once all are done, the strip goes.

    Signals:
        chosen(str): a step was clicked.
        changed(): it takes more or less room now, or came or went.
    """

    chosen = Signal(str)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addStretch()
        self.buttons: dict[str, QToolButton] = {}
        self._arrows: list[QLabel] = []
        for place, (step, (text, tip)) in enumerate(STEPS.items(), start=1):
            if place > 1:
                self._arrows.append(QLabel("→"))
                self._arrows[-1].setProperty("quiet", True)
                row.addWidget(self._arrows[-1])
            button = QToolButton(autoRaise=True)
            button.setText(f"{place}  {text}")
            button.setToolTip(tip)
            button.setProperty("role", "step")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.clicked.connect(lambda checked=False, step=step: self.chosen.emit(step))
            self.buttons[step] = button
            row.addWidget(button)
        row.addStretch()
        self.done: Set[str] = frozenset()
        self.wanted: bool | None = None
        self.set_done(frozenset())

    def set_done(self, done: Set[str]) -> None:
        """Tick the steps that are done."""
        self.done = done
        for step, button in self.buttons.items():
            if step in done:
                icons.set_icon(button, "accept")
            else:
                icons.clear_icon(button)
            theme.embolden(button, step == self.following)
            button.setAccessibleName(f"{STEPS[step][0]}{', done' if step in done else ''}")
        self._show()

    def set_wanted(self, wanted: bool) -> None:
        """Show the strip, or not, whatever is done."""
        self.wanted = wanted
        self._show()

    @property
    def following(self) -> str | None:
        """The first step that is not done."""
        return next((step for step in STEPS if step not in self.done), None)

    @property
    def is_wanted(self) -> bool:
        """Whether the strip is shown: until all is done, or as chosen."""
        return self.following is not None if self.wanted is None else self.wanted

    def show_following_only(self, only: bool) -> None:
        """Leave out all steps but the one that follows, where there is little room."""
        for place, (step, button) in enumerate(self.buttons.items(), start=1):
            button.setVisible(not only or step == (self.following or "evaluate"))
            button.setText(f"Next: {STEPS[step][0]}" if only else f"{place}  {STEPS[step][0]}")
        for arrow in self._arrows:
            arrow.setVisible(not only)

    def _show(self) -> None:
        if self.parentWidget() is not None or not self.is_wanted:  # alone it would be a window for a moment
            self.setVisible(self.is_wanted)
        self.changed.emit()
