"""The lines a run wrote for people."""

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from studio import theme
from studio.runs.run import Run

LINES_KEPT = 5000


class LogView(QWidget):
    """Follows the log of one run at a time, at its end unless one scrolled up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None
        self._shown = 0
        heading = QLabel("Log")
        heading.setProperty("role", "heading")
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setAccessibleName("Log")
        self._text.setMaximumBlockCount(LINES_KEPT)
        self._text.setPlaceholderText("The log of a run appears here.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.setSpacing(theme.SPACE // 2)
        layout.addWidget(heading)
        layout.addWidget(self._text, 1)

    def show_run(self, run: Run | None) -> None:
        """Show the log of a run, and what was added to it since the last call."""
        lines = run.log if run is not None else []
        dropped = run.log_dropped if run is not None else 0
        if run is not self._run or dropped + len(lines) < self._shown:
            self._text.clear()
            self._run, self._shown = run, 0
        bar = self._text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        warning = QTextCharFormat()
        warning.setForeground(QColor(theme.colours(self).warning))
        for line in lines[max(self._shown - dropped, len(lines) - LINES_KEPT, 0) :]:
            cursor = QTextCursor(self._text.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            if not self._text.document().isEmpty():
                cursor.insertBlock()
            cursor.insertText(line.text, warning if line.level == "warning" else QTextCharFormat())
        self._shown = dropped + len(lines)
        if at_end:
            bar.setValue(bar.maximum())
