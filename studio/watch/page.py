"""What a monitor shows or, in its place, a sentence about what will be there and when."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget

from studio import theme


class Page(QWidget):
    """Either its content or a sentence."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = QLabel()
        self._sentence.setProperty("quiet", True)
        self._sentence.setWordWrap(True)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setMargin(4 * theme.SPACE)
        self._layout = QStackedLayout(self)
        self._layout.addWidget(self._sentence)
        self._layout.addWidget(content)

    @property
    def sentence(self) -> str:
        """What is said; empty while the content is shown."""
        return self._sentence.text() if self._layout.currentIndex() == 0 else ""

    def show_content(self) -> None:
        """Show the content."""
        self._layout.setCurrentIndex(1)

    def say(self, sentence: str) -> None:
        """Show a sentence in its place."""
        self._sentence.setText(sentence)
        self._layout.setCurrentIndex(0)
