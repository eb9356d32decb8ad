"""What covers the window while a project is opened: its name, until all is in its place."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from studio import theme
from studio.wrapped_label import WrappedLabel

_BAR = 240  # pixels across


class Curtain(QWidget):
    """Lies over a window, hidden at first. It is drawn at once, since the window is busy from then on; what
    is built under it, it lies over after each step, and moves."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("curtain")
        self.setAutoFillBackground(True)
        self._words = WrappedLabel()
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setProperty("role", "title")
        self._bar = QProgressBar(minimum=0, maximum=0, textVisible=False)
        self._bar.setFixedWidth(_BAR)
        column = QVBoxLayout(self)
        column.setSpacing(2 * theme.SPACE)
        column.addStretch()
        column.addWidget(self._words)
        column.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch()
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
