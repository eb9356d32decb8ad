"""Fields of a bar that stand behind a button while the bar has no room for them."""

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QToolButton, QWidget

from studio import icons, theme


class Fold(QToolButton):
    """The button, which opens the fields below it; Escape or a click elsewhere closes them.

    Signals:
        closed(): the fields were closed.
    """

    closed = Signal()

    def __init__(self, fields: QWidget, row: QHBoxLayout, name: str, tip: str) -> None:
        """At the end of `row`, behind `fields`."""
        super().__init__()
        self._fields, self._row, self._place = fields, row, row.count()
        row.addWidget(fields)
        row.addWidget(self)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        icons.set_icon(self, "settings")
        self.setIconSize(QSize(theme.ICON, theme.ICON))
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.opened = QFrame(self, Qt.WindowType.Popup)
        self.opened.setFrameShape(QFrame.Shape.StyledPanel)
        self.opened.setAccessibleName(name)
        self.opened.installEventFilter(self)
        inside = QHBoxLayout(self.opened)
        inside.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)  # whichever fields are shown
        self.clicked.connect(self._open)
        self.set_folded(False)

    @property
    def is_open(self) -> bool:
        """Whether the fields are seen below the button."""
        return self.opened.isVisible()

    def set_folded(self, folded: bool) -> None:
        """Whether the fields stand behind the button, or in the bar in its place; not while they are open."""
        self._fields.setVisible(not folded)
        self.setVisible(folded)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Hide and not event.spontaneous():
            self._fields.hide()
            self._row.insertWidget(self._place, self._fields)
            self.closed.emit()
        return False

    def _open(self) -> None:
        inside = self.opened.layout()
        assert inside is not None
        inside.addWidget(self._fields)
        self._fields.show()
        self.opened.adjustSize()
        room = self.screen().availableGeometry()
        corner = self.mapToGlobal(QPoint(self.width() - self.opened.sizeHint().width(), self.height()))
        self.opened.move(max(corner.x(), room.left()), corner.y())
        self.opened.show()
        for field in self._fields.findChildren(QWidget):
            if field.isVisible() and field.isEnabled() and field.focusPolicy() & Qt.FocusPolicy.TabFocus:
                field.setFocus()
                break
