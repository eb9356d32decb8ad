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
    """The strip. The first step that is not done stands out.

    Signals:
        chosen(str): a step was clicked.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Steps")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        row.setSpacing(theme.SPACE // 2)
        row.addStretch()
        self.buttons: dict[str, QToolButton] = {}
        for place, (step, (text, tip)) in enumerate(STEPS.items(), start=1):
            if place > 1:
                arrow = QLabel("→")
                arrow.setProperty("quiet", True)
                row.addWidget(arrow)
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
        self.set_done(frozenset())

    def set_done(self, done: Set[str]) -> None:
        """Tick the steps that are done."""
        self.done = done
        following = next((step for step in STEPS if step not in done), None)
        for step, button in self.buttons.items():
            if step in done:
                icons.set_icon(button, "accept")
            else:
                icons.clear_icon(button)
            theme.embolden(button, step == following)
            button.setAccessibleName(f"{STEPS[step][0]}{', done' if step in done else ''}")
