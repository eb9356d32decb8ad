"""The line at the bottom left: what the tool in use expects, and why a key just did nothing."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

SAID = 5_000
"""Milliseconds that a reason stays."""


class HintLine(QLabel):
    """Shows what the tool expects, in Curate alone; a reason stands out from it for a while, everywhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._expects, self._curating = "", False
        self._said = QTimer(self, interval=SAID, singleShot=True)
        self._said.timeout.connect(self._rest)
        self._rest()

    def set_expected(self, text: str) -> None:
        """What the tool expects from now on."""
        if text != self._expects:
            self._expects = text
            self._rest()

    def set_curating(self, curating: bool) -> None:
        """Whether what the tool expects is of use."""
        self._curating = curating
        self._rest()

    def say(self, reason: str) -> None:
        """Say in a sentence why nothing happened; an empty one takes back what was said."""
        if not reason:
            self._rest()
            return
        self._show(reason, stands_out=True)
        self._said.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        """What there is no room for ends in dots; the pointer over it says all."""
        inside = self.contentsRect()
        line = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, inside.width())
        with QPainter(self) as painter:
            painter.setPen(self.palette().color(self.foregroundRole()))
            painter.drawText(inside, int(self.alignment()), line)

    def _rest(self) -> None:
        self._said.stop()
        self._show(self._expects if self._curating else "", stands_out=False)

    def _show(self, text: str, stands_out: bool) -> None:
        self.setText(text)
        self.setToolTip(text)
        if self.property("quiet") is not (not stands_out):
            self.setProperty("quiet", not stands_out)
            self.setProperty("strong", stands_out)
            self.style().unpolish(self)
            self.style().polish(self)
