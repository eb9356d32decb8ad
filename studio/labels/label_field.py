"""A field for a label that completes what is typed from the labels there are."""

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget


class LabelField(QLineEdit):
    """Escape leaves it at once, with its list or without: the list passes keys on to the field first.

    Signals:
        escaped(): Escape was pressed; whoever hears it puts back what stood there.
    """

    escaped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(12)
        self.setCompleter(completer)
        self.textChanged.connect(self.setToolTip)

    def set_names(self, names: Sequence[str]) -> None:
        """The labels it offers, in this order."""
        self._names.setStringList(list(names))

    def show_text(self, text: str) -> None:
        """Show a label from its beginning; the pointer over it says all of a long one."""
        self.setText(text)
        self.setCursorPosition(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            offered = self.completer().popup()
            if offered is not None:
                offered.hide()
            self.escaped.emit()
        else:
            super().keyPressEvent(event)
