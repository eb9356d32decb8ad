"""The title of a panel: its name, and buttons large enough to be hit."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QDockWidget, QToolButton, QWidget

from studio import icons, theme

SIDE = 28
"""Pixels of a button's side, and so of the title's height; of its width where it stands upright."""


class DockTitle(QWidget):
    """Along the top of a panel, or upright at its left, where height is dear."""

    def __init__(self, dock: QDockWidget, upright: bool = False) -> None:
        super().__init__(dock)
        self._dock, self._upright = dock, upright
        down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        box = QBoxLayout(down if upright else across, self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        self.float_button = self._button("float", "Take the panel out of the window")
        self.close_button = self._button("close", "Close the panel; View ▸ Panels brings it back")
        if upright:
            box.addWidget(self.close_button)
            box.addWidget(self.float_button)
            box.addStretch(1)
        else:
            box.addStretch(1)
            box.addWidget(self.float_button)
            box.addWidget(self.close_button)
        self.float_button.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.close_button.clicked.connect(dock.close)
        dock.topLevelChanged.connect(self._show_floating)

    def minimumSizeHint(self) -> QSize:
        return QSize(SIDE, 2 * SIDE) if self._upright else QSize(3 * SIDE, SIDE)

    def sizeHint(self) -> QSize:
        return self.minimumSizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setPen(QColor(theme.colours(self).text))
            text, rect = self._dock.windowTitle(), self.rect()
            middle = Qt.AlignmentFlag.AlignVCenter
            if self._upright:
                if self.fontMetrics().horizontalAdvance(text) > self.height() - 2 * SIDE - theme.SPACE:
                    return  # there is no room for the name
                painter.translate(0, self.height())
                painter.rotate(-90)
                rect = rect.transposed()
            room = rect.adjusted(theme.SPACE, 0, -2 * SIDE, 0)
            elided = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, elided)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            icons.retint(self)

    def _button(self, icon: str, tip: str) -> QToolButton:
        button = QToolButton(autoRaise=True)
        icons.set_icon(button, icon)
        button.setIconSize(QSize(14, 14))
        button.setFixedSize(SIDE, SIDE)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(tip)
        button.setAccessibleName(f"{tip.split(';')[0].replace('the panel', self._dock.windowTitle())}")
        return button

    def _show_floating(self, floating: bool) -> None:
        tip = "Put the panel back into the window" if floating else "Take the panel out of the window"
        self.float_button.setToolTip(tip)
