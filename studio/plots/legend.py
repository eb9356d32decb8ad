"""A line below a plot's title: its legend, or what is under the mouse."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

GAP = "&nbsp;&nbsp; "

MOST_LINES = 3
"""Lines that a legend takes from its plot; a tip tells one that is longer."""


class Legend(QLabel):
    """Wraps its entries; a readout takes their place without moving what lies below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries = ""
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.show_entries([])

    def show_entries(self, entries: list[str]) -> None:
        """Show rich texts, one a series."""
        self._entries = GAP.join(entries)
        self.setText(self._entries)
        self._fit()

    def show_readout(self, parts: list[str]) -> None:
        """Show rich texts about the place under the mouse."""
        self.setText(GAP.join(parts))

    def leave(self) -> None:
        """Show the entries again."""
        self.setText(self._entries)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit()

    def _fit(self) -> None:
        shown = self.text()
        self.setText(self._entries)
        self.setMinimumHeight(0)  # else it is never found to need less than now
        high = self.heightForWidth(max(self.width(), 1)) if self._entries else 0
        line, most = self.fontMetrics().height() + 2, MOST_LINES * self.fontMetrics().lineSpacing()
        self.setFixedHeight(max(min(high, most), line))
        self.setToolTip(self._entries if high > most else "")
        self.setText(shown)
