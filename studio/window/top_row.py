"""The row at the top of the window: menus, workspaces, steps, the project's name, the palette."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenuBar, QSizePolicy, QToolButton, QWidget

from studio import theme
from studio.window.steps import Steps

NARROWEST = 480
"""Pixels to which the row can shrink; menus that do not fit then stand behind the mark at its end."""

LONGEST_NAME = 240
"""Pixels of a clip's name."""


class TopRow(QWidget):
    """One line for what a window has in two or three; where it is narrow, the words go first.

    Attributes:
        menus: the menu bar, which macOS shows at the top of the screen.
        project_label, clip_label: what is open, and what of it is looked at.
        steps: those of the project; None without one.
    """

    def __init__(
        self, workspaces: Sequence[QAction], palette: QAction, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("top_row")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.menus = QMenuBar()
        self.menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._segments = QWidget()
        self._buttons = [_segment(action) for action in workspaces]
        row = QHBoxLayout(self._segments)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for button, place in zip(self._buttons, _places(len(workspaces)), strict=True):
            button.setProperty("place", place)
            row.addWidget(button)
        for action in workspaces:
            action.toggled.connect(self._fit)
        self.steps: Steps | None = None
        self._over = 0.0  # pixels that were missing before the last words were left out
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.SPACE // 2, 2, theme.SPACE // 2, 2)
        self._row.setSpacing(theme.SPACE)
        self.project_label, self.clip_label = QLabel(), QLabel()
        self.project_label.setProperty("role", "heading")
        self.clip_label.setProperty("quiet", True)
        self._find = QToolButton(autoRaise=True)
        self._find.setDefaultAction(palette)
        self._find.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it has its key, and is not the first thing to do
        self._find.setAccessibleName(palette.text().replace("&", ""))
        for widget in (self.menus, self._segments):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        for widget in (self.project_label, self.clip_label):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        self._row.addWidget(self._find)
        self.show_project(None)

    def show_project(self, steps: Steps | None) -> None:
        """The steps of the project that is open; None where none is."""
        if self.steps is not None:
            self.steps.setParent(None)
            self.steps.deleteLater()
        self.steps = steps
        if steps is not None:
            self._row.insertWidget(3, steps)
            steps.setVisible(steps.is_wanted)
            steps.changed.connect(self._fit)
        self._segments.setVisible(steps is not None)
        self._fit()

    def show_clip(self, name: str, about: str = "") -> None:
        """Name the clip that is looked at."""
        room = self.clip_label.fontMetrics()
        text = room.elidedText(name, Qt.TextElideMode.ElideMiddle, LONGEST_NAME)
        before = self.clip_label.sizeHint().width()
        self.clip_label.setText(f"› {text}" if name else "")
        self.clip_label.setToolTip(about)
        self._over += self.clip_label.sizeHint().width() - before
        if self.clip_label.isHidden() or self._over <= 0 or self._needed() > self.width():
            self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(NARROWEST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave words out until what is left fits: the palette's, steps, names, workspaces."""
        beside, only = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        self._over = math.inf
        for left_out in range(6):
            self._find.setToolButtonStyle(only if left_out > 0 else beside)
            self.clip_label.setVisible(left_out < 3)
            if self.steps is not None:
                self.steps.show_following_only(left_out > 1)
            self.project_label.setVisible(left_out < 4)
            for button in self._buttons:
                button.setToolButtonStyle(only if left_out > 4 and not button.isChecked() else beside)
            over = self._needed() - self.width()
            if over <= 0:
                break
            self._over = over
        self._lay_out()

    def _lay_out(self) -> None:
        """At once, what is inside first: the row would be seen squeezed until there is time for it."""
        for part in (self._segments, self.steps):
            inside = part.layout() if part is not None else None
            if inside is not None:
                inside.activate()
        self._row.invalidate()
        self._row.activate()

    def _needed(self) -> int:
        """Pixels that what is shown takes now; the layout itself would remember what it took before."""
        items = (self._row.itemAt(place) for place in range(self._row.count()))
        shown = [one.widget() for one in items if one is not None]
        widths = [one.sizeHint().width() for one in shown if one is not None and not one.isHidden()]
        margins = self._row.contentsMargins()
        return sum(widths) + (len(widths) + 1) * self._row.spacing() + margins.left() + margins.right()


def _places(count: int) -> list[str]:
    return ["first", *[""] * (count - 2), "last"]


def _segment(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "segment")
    button.setDefaultAction(action)
    button.setAccessibleName(action.text().replace("&", ""))
    return button
