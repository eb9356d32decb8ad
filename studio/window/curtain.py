"""What covers the window while a project is opened: its name, until all is in its place."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.wrapped_label import WrappedLabel


class Curtain(QWidget):
    """Lies over a window, hidden at first. It is drawn at once, since the window is busy from then on."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("curtain")
        self.setAutoFillBackground(True)
        self._words = WrappedLabel()
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setProperty("role", "title")
        QVBoxLayout(self).addWidget(self._words)
        window.installEventFilter(self)
        self.hide()

    def draw(self, name: str) -> None:
        """Cover the window while a project is opened."""
        self._words.setText(f"Opening {name}…")
        self._cover()
        self.show()
        self.raise_()
        self.repaint()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._cover()
        return False

    def _cover(self) -> None:
        window = self.parentWidget()
        assert window is not None
        self.setGeometry(window.rect())
