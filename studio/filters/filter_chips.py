"""The conditions of a filter as small buttons, each of which takes its condition away."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from core.trajectories.filter_text import conditions, parse
from core.trajectories.track_filter import TrackFilter
from studio.filters.filter_words import condition_words
from studio.flow_layout import FlowLayout

LONGEST = 34
"""Letters of a condition that are shown."""


class FilterChips(QWidget):
    """Gone while there is no condition.

    Signals:
        changed(TrackFilter): a condition was taken away.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: list[QPushButton] = []
        self._flow = FlowLayout(self)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self.hide()

    def show_filter(self, wanted: TrackFilter) -> None:
        """Show the conditions of another filter."""
        for button in self.buttons:
            self._flow.removeWidget(button)
            button.hide()
            button.deleteLater()
        said = conditions(wanted)
        self.buttons = [self._chip(said, place) for place in range(len(said))]
        self.setVisible(bool(said))
        self.updateGeometry()

    def _chip(self, said: list[str], place: int) -> QPushButton:
        words = condition_words(said[place])
        shown = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
        button = QPushButton(f"{shown}  ✕", self)
        button.setProperty("role", "condition")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(f"Take away: {words}")
        button.setToolTip(f"{words}: click to take this condition away")
        rest = parse(" ".join(said[:place] + said[place + 1 :]))
        button.clicked.connect(partial(self.changed.emit, rest))
        self._flow.addWidget(button)
        button.show()
        return button
