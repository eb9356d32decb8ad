"""The five steps of the main job as a strip that ticks itself."""

from collections.abc import Set

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from studio import icons, theme

STEPS = {
    "import": "Import clips",
    "track": "Track and densify",
    "review": "Review 10 tracks",
    "pretrain": "Pretrain",
    "evaluate": "Evaluate on VOC",
}
"""Step → what the strip calls it, in order."""


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
        for place, (step, text) in enumerate(STEPS.items(), start=1):
            if place > 1:
                arrow = QLabel("→")
                arrow.setProperty("quiet", True)
                row.addWidget(arrow)
            button = QToolButton(autoRaise=True)
            button.setText(f"{place}  {text}")
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
            font = button.font()
            font.setBold(step == following)
            button.setFont(font)
            button.setAccessibleName(f"{STEPS[step]}{', done' if step in done else ''}")
