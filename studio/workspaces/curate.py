"""The workspace Curate: tools, layers and jobs above the canvas; without clips, what to do about it."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
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
from studio.canvas.pane import CanvasPane
from studio.flow_layout import FlowLayout
from studio.view_state import TOOLS
from studio.window.actions import Actions
from studio.window.steps import Steps

EDITS = ("keyframe", "split", "merge", "swap", "delete_here")

_STAGES = ((True, False), (False, False), (False, True))
"""How the strip gives way where it is narrow: whether jobs are named, and layers' fields folded."""


class CurateWorkspace(QWidget):
    """The canvas with its tool bar; the panels around it are docks of the window.

    Signals:
        import_asked(): clips are wanted in an empty project.
        seen_changed(bool): it came into view, or another workspace took its place.
    """

    import_asked = Signal()
    seen_changed = Signal(bool)

    def __init__(self, commands: Actions, canvas: CanvasPane, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curate_workspace")
        self.steps = Steps()  # the window shows them in its first line
        self.job_buttons: dict[str, QToolButton] = {}
        self.strip = QWidget()
        flow = self._flow = FlowLayout(self.strip, last_at_end=True)
        flow.setContentsMargins(theme.SPACE, 2, theme.SPACE, 2)
        flow.setSpacing(theme.SPACE)
        for title, names in (("Tools", [f"tool_{tool}" for tool in TOOLS]), ("Edits", EDITS)):
            flow.addWidget(_group(title, [_button(commands[name]) for name in names]))
        for job in jobs_on_clips():
            commands[job.name].setIconText(f"{job.title.split()[0]}…")
            self.job_buttons[job.name] = _button(commands[job.name], with_text=True)
        self._jobs = _group("Jobs", list(self.job_buttons.values()))
        flow.addWidget(self._jobs)
        flow.addWidget(canvas.layer_bar)
        canvas.layer_bar.widened.connect(self._fit)
        canvas.layer_bar.fold.closed.connect(self._fit)
        self._pages = QStackedWidget()
        self._canvas, self._empty = canvas, self._empty_page()
        self._pages.addWidget(canvas)
        self._pages.addWidget(self._empty)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.strip)
        box.addWidget(self._pages, 1)
        self.setFocusProxy(canvas)

    def set_empty(self, empty: bool) -> None:
        """Show the canvas, or what to do in a project without clips."""
        self._pages.setCurrentWidget(self._empty if empty else self._canvas)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Keep the strip as low as it can be: the names of jobs give way first, then the fields of layers."""
        if self._canvas.layer_bar.fold.is_open:
            return  # once it is closed
        heights = []
        for stage in _STAGES:
            heights.append(self._height_at(stage))
            if heights[-1] <= self._flow.heightForWidth(10_000):
                break
        else:
            self._height_at(_STAGES[heights.index(min(heights))])
        layout = self.layout()
        assert layout is not None
        layout.activate()  # or the canvas would move once more a moment later

    def _height_at(self, stage: tuple[bool, bool]) -> int:
        """Of the strip, which is at that stage from now on."""
        named, folded = stage
        self._name_jobs(named)
        self._canvas.layer_bar.fold.set_folded(folded)
        self._canvas.layer_bar.updateGeometry()  # or the strip would reckon with what it was
        return self._flow.heightForWidth(self.width())

    def _name_jobs(self, named: bool) -> None:
        """Whether the names of jobs stand beside their icons."""
        style = Qt.ToolButtonStyle
        for button in self.job_buttons.values():
            button.setToolButtonStyle(style.ToolButtonTextBesideIcon if named else style.ToolButtonIconOnly)
            button.setAutoRaise(not named)  # as narrow as the tools, which the style has to see
            button.style().unpolish(button)
            button.style().polish(button)
        inside = self._jobs.layout()
        if inside is not None:
            inside.setSpacing(theme.SPACE // 2 if named else 0)
            inside.invalidate()
        self._jobs.updateGeometry()

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


def _group(title: str, buttons: Sequence[QToolButton]) -> QWidget:
    """Buttons that belong together, one line and never apart."""
    group = QWidget()
    group.setAccessibleName(title)
    row = QHBoxLayout(group)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0 if title != "Jobs" else theme.SPACE // 2)
    for button in buttons:
        row.addWidget(button)
    return group


def _button(action: QAction, with_text: bool = False) -> QToolButton:
    button = QToolButton()
    button.setAutoRaise(not with_text)
    button.setDefaultAction(action)
    button.setIconSize(QSize(theme.ICON, theme.ICON))
    button.setAccessibleName(action.text().replace("&", "").removesuffix("…"))
    if with_text:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button
