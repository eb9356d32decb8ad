"""The guide and the glossary, in a window of their own beside the program."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QUrl, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QTextDocument
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from studio import theme
from studio.window.help_page import WIDTH, HelpPage

FOLDER = Path(__file__).parents[2] / "resources" / "help"

PAGES = {
    "guide": "Guide",
    "suggestions": "Suggestions",
    "segmentation": "Segmentation",
    "formats": "Formats",
    "table1": "Table 1",
    "glossary": "Glossary",
}
"""Page, a Markdown file of `resources/help`, and its title."""


class HelpWindow(QDialog):
    """Not modal: it is read while the program is used.

    Signals:
        keys_asked(): the key sheet is wanted.
    """

    keys_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Help")
        self.resize(WIDTH + 80, 760)
        self.page = HelpPage()
        self.field = QLineEdit()
        self.field.setPlaceholderText("Find in this page")
        self.field.setClearButtonEnabled(True)
        self.field.setMinimumWidth(self.field.fontMetrics().averageCharWidth() * 24)
        self.field.setAccessibleName("Find in this page")
        self.found = QLabel()
        self.found.setProperty("quiet", True)
        self.back_button = _button("Back", self.page.backward)
        self.back_button.setEnabled(False)
        self.page_buttons = {
            name: _button(title, partial(self.show_page, name)) for name, title in PAGES.items()
        }
        self.keys_button = _button("Keys", self.keys_asked.emit)
        bar = QHBoxLayout()
        for button in (self.back_button, *self.page_buttons.values(), self.keys_button):
            bar.addWidget(button)
        bar.addStretch()
        bar.addWidget(self.found)
        bar.addWidget(self.field)
        box = QVBoxLayout(self)
        box.setSpacing(theme.SPACE)
        box.addLayout(bar)
        box.addWidget(self.page)
        self.page.backwardAvailable.connect(self.back_button.setEnabled)
        self.page.sourceChanged.connect(self._show_source)
        self.field.textChanged.connect(self._find_first)
        self.field.returnPressed.connect(self._find_next)
        QShortcut(QKeySequence.StandardKey.Find, self, self.field.setFocus)
        QShortcut(QKeySequence("Shift+Return"), self.field, partial(self._find_next, back=True))

    def show_page(self, name: str) -> None:
        """Show one of `PAGES`."""
        self.page.setSource(
            QUrl.fromLocalFile(str(FOLDER / f"{name}.md")), QTextDocument.ResourceType.MarkdownResource
        )
        self.show()
        self.raise_()
        self.activateWindow()
        self.page.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.page.source().isValid():
            self.page.reload()  # the colour of links is part of the text

    def _show_source(self, source: QUrl) -> None:
        title = PAGES.get(Path(source.path()).stem, "")
        self.setWindowTitle(f"{title} – Help" if title else "Help")
        self._find_first(self.field.text())

    def _find_first(self, text: str) -> None:
        count = self.page.find_first(text)
        self.found.setText("" if not text else f"{count} found" if count else "Not found")

    def _find_next(self, back: bool = False) -> None:
        self.page.find_next(self.field.text(), back)


def _button(text: str, act: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)  # Return in the field finds the next place
    button.clicked.connect(lambda: act())
    return button
