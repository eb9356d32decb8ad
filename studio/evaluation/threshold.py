"""The score from which a detection counts: one value for every view of a run."""

import math

from PySide6.QtCore import QObject, Signal


class Threshold(QObject):
    """A score that all views show and any of them changes.

    Until a person chooses one it follows what is suggested for the class that is looked at.

    Signals:
        changed(float): it is another one.
    """

    changed = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.value, self.is_chosen = math.inf, False

    def choose(self, value: float) -> None:
        """Take a person's choice."""
        self.is_chosen = True
        self._set(value)

    def suggest(self, value: float) -> None:
        """Take a value, unless a person chose one."""
        if not self.is_chosen:
            self._set(value)

    def follow(self) -> None:
        """Forget a person's choice; the next suggestion is taken."""
        self.is_chosen = False

    def _set(self, value: float) -> None:
        if value != self.value:
            self.value = value
            self.changed.emit(value)
