"""What is offered below the tracks of a clip in which there is no object yet."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from studio import theme


class NoObjects(QWidget):
    """A sentence, and a button for the action that finds objects; hidden until there is one to offer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action: QAction | None = None
        self._wanted = False
        text = QLabel("No object here yet.")
        text.setProperty("quiet", True)
        self.button = QPushButton()
        self.button.clicked.connect(self._do)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        row.addWidget(text)
        row.addStretch()
        row.addWidget(self.button)
        self.hide()

    def offer(self, action: QAction) -> None:
        """What the button does."""
        self._action = action
        self.button.setText(action.text().replace("&", ""))
        self.button.setToolTip(action.toolTip())
        action.changed.connect(self._follow)
        self._follow()
        self.show_for(self._wanted)

    def show_for(self, without_objects: bool) -> None:
        """Be there where a clip has no object."""
        self._wanted = without_objects
        self.setVisible(without_objects and self._action is not None)

    def _do(self) -> None:
        if self._action is not None:
            self._action.trigger()

    def _follow(self) -> None:
        if self._action is not None:
            self.button.setEnabled(self._action.isEnabled())
