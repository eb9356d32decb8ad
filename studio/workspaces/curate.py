"""The workspace Curate: tools and jobs above the canvas; without clips, what to do about it."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.jobs import jobs_on_clips
from studio import theme
from studio.view_state import TOOLS
from studio.window.actions import Actions
from studio.window.steps import Steps

EDITS = ("keyframe", "split", "merge", "swap", "delete_here")


class CurateWorkspace(QWidget):
    """The canvas with its tool bar; the panels around it are docks of the window.

    Signals:
        import_asked(): clips are wanted in an empty project.
        seen_changed(bool): it came into view, or another workspace took its place.
    """

    import_asked = Signal()
    seen_changed = Signal(bool)

    def __init__(self, commands: Actions, canvas: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curate_workspace")
        self.steps = Steps()
        self.job_buttons: dict[str, QToolButton] = {}
        bar = QHBoxLayout()
        bar.setContentsMargins(theme.SPACE, theme.SPACE // 2, theme.SPACE, theme.SPACE // 2)
        bar.setSpacing(theme.SPACE // 2)
        for names in ([f"tool_{tool}" for tool in TOOLS], EDITS):
            for name in names:
                bar.addWidget(_button(commands[name]))
            bar.addSpacing(2 * theme.SPACE)
        bar.addStretch()
        for job in jobs_on_clips():
            button = _button(commands[job.name], with_text=True)
            self.job_buttons[job.name] = button
            bar.addWidget(button)
        self._pages = QStackedWidget()
        self._canvas, self._empty = canvas, self._empty_page()
        self._pages.addWidget(canvas)
        self._pages.addWidget(self._empty)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.steps)
        box.addLayout(bar)
        box.addWidget(self._pages, 1)
        self.setFocusProxy(canvas)

    def set_empty(self, empty: bool) -> None:
        """Show the canvas, or what to do in a project without clips."""
        self._pages.setCurrentWidget(self._empty if empty else self._canvas)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.seen_changed.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.seen_changed.emit(False)

    def _empty_page(self) -> QWidget:
        page = QWidget()
        title = QLabel("No clips yet")
        text = QLabel("Drop a folder of frames, a data set or a video here, or")
        title.setProperty("role", "heading")
        text.setProperty("quiet", True)
        button = QPushButton("Import clips…")
        button.setProperty("role", "primary")
        button.clicked.connect(self.import_asked)
        box = QVBoxLayout(page)
        box.setSpacing(2 * theme.SPACE)
        box.addStretch()
        for widget in (title, text, button):
            box.addWidget(widget, alignment=Qt.AlignmentFlag.AlignHCenter)
        box.addStretch()
        return page


def _button(action: QAction, with_text: bool = False) -> QToolButton:
    button = QToolButton()
    button.setAutoRaise(not with_text)
    button.setDefaultAction(action)
    button.setIconSize(QSize(theme.ICON, theme.ICON))
    button.setAccessibleName(action.text().replace("&", "").removesuffix("…"))
    if with_text:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button
