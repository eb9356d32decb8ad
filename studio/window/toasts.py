"""Short messages at the bottom of the window, some with a button; they disappear by themselves."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPropertyAnimation, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsOpacityEffect,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from studio import icons, theme

SHOWN = 6_000
"""Milliseconds a message stays; errors stay three times as long."""

MOST = 4
"""Messages shown at once; the oldest goes."""


class Toast(QFrame):
    """One message; it stays while the mouse is over it.

    Signals:
        gone(): it has faded.
    """

    gone = Signal()

    def __init__(self, text: str, kind: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAutoFillBackground(True)
        self.setAccessibleName(text)
        self.kind = kind
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE * 3 // 2, theme.SPACE, theme.SPACE // 2, theme.SPACE)
        c = theme.colours()
        picture = {"error": ("warning", c.bad), "warning": ("warning", c.warning)}.get(kind)
        if picture:
            sign = QLabel()
            sign.setPixmap(icons.icon(*picture).pixmap(theme.ICON, theme.ICON))
            row.addWidget(sign)
        self.label = QLabel(text)
        self.label.setWordWrap(True)
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        row.addWidget(self.label, 1)
        self.button: QPushButton | None = None
        self._close = QToolButton(autoRaise=True)
        self._close.setAccessibleName("Dismiss")
        icons.set_icon(self._close, "close")
        self._close.clicked.connect(self.fade)
        row.addWidget(self._close)
        self._timer = QTimer(self, interval=SHOWN * (3 if kind == "error" else 1), singleShot=True)
        self._timer.timeout.connect(self.fade)
        self._timer.start()

    def add_button(self, text: str, act: Callable[[], object]) -> None:
        """The one thing to do; the message goes when it is done."""
        self.button = QPushButton(text)
        self.button.setFlat(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(lambda checked=False: act())
        self.button.clicked.connect(self.fade)
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.insertWidget(layout.count() - 1, self.button)

    def fade(self) -> None:
        """Go, softly."""
        effect = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(effect)
        animation = QPropertyAnimation(effect, b"opacity", self)
        animation.setDuration(180)
        animation.setStartValue(1.0)
        animation.setEndValue(0.0)
        animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        animation.finished.connect(self.gone)
        animation.start()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start()
        super().leaveEvent(event)


class Toasts(QObject):
    """The messages over the lower middle of a widget, newest below."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._shown: list[Toast] = []
        over.installEventFilter(self)

    @property
    def texts(self) -> list[str]:
        """What is shown now, oldest first."""
        return [toast.label.text() for toast in self._shown]

    def show(
        self, text: str, kind: str = "info", button: str = "", act: Callable[[], object] | None = None
    ) -> Toast:
        """Show a message.

        Args:
            text: one sentence.
            kind: `info`, `warning`, `error`, `progress`, or `edit`, of which only the latest is shown.
            button, act: what to do about it, if anything.
        """
        same = [toast for toast in self._shown if kind == "edit" == toast.kind or toast.label.text() == text]
        for old in [*same, *self._shown[: max(0, len(self._shown) - MOST + 1)]]:
            self._remove(old)
        toast = Toast(text, kind, self._over)
        if button and act:
            toast.add_button(button, act)
        toast.gone.connect(partial(self._remove, toast))
        self._shown.append(toast)
        self._place()
        toast.show()
        return toast

    def dismiss(self, kind: str) -> None:
        """Take away the messages of a kind."""
        for toast in [toast for toast in self._shown if toast.kind == kind]:
            self._remove(toast)

    def dismiss_offers(self) -> None:
        """Take away the messages with something to do, when it can be done no longer."""
        for toast in [toast for toast in self._shown if toast.button is not None]:
            self._remove(toast)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _remove(self, toast: Toast) -> None:
        if toast in self._shown:
            self._shown.remove(toast)
            toast.hide()
            toast.deleteLater()
            self._place()

    def _place(self) -> None:
        area = self._over.rect()
        width = min(460, max(260, area.width() // 3))
        left, bottom = (area.width() - width) // 2, area.bottom() - 5 * theme.SPACE
        for toast in reversed(self._shown):
            toast.setFixedWidth(width)
            height = max(toast.heightForWidth(width), toast.sizeHint().height())
            toast.setGeometry(left, bottom - height, width, height)
            toast.raise_()
            bottom -= height + theme.SPACE
