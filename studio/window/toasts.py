"""Short messages beside what is worked on, some with a button; they disappear by themselves.

The mouse goes through a message to what lies beneath; only its buttons take it.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QObject,
    QPoint,
    QPropertyAnimation,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QCursor, QEnterEvent
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
from shiboken6 import isValid

from studio import icons, theme
from studio.wrapped_label import WrappedLabel

SHOWN = 3_000
"""Milliseconds a message stays; warnings twice, errors four times as long, progress until it is dismissed."""

OFFERED = 8_000
"""Milliseconds at least that a message with something to do stays: it has to be read, and decided on."""

MOST = 4
"""Messages shown at once; the oldest goes."""

NARROWEST, WIDEST = 300, 460
"""Pixels of width."""

_LONGER = {"warning": 2, "error": 4}


class Toast(QFrame):
    """One message; its buttons lie beside it in the same parent, and while the mouse is over them it stays.

    Signals:
        gone(): it has faded.
    """

    gone = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAutoFillBackground(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.SPACE * 3 // 2, theme.SPACE, theme.SPACE // 2, theme.SPACE)
        self._sign, self.label = QLabel(), WrappedLabel()
        self.label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._row.addWidget(self._sign)
        self._row.addWidget(self.label, 1)
        self.buttons = _Buttons(parent)
        self._act: Callable[[], object] | None = None
        self._fading: QPropertyAnimation | None = None
        self._button = QPushButton(flat=True)
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.clicked.connect(self._do)
        self.buttons.row.addWidget(self._button)
        close = QToolButton(autoRaise=True)
        close.setAccessibleName("Dismiss")
        icons.set_icon(close, "close")
        close.clicked.connect(self.fade)
        self.buttons.row.addWidget(close)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._go)
        self.buttons.entered.connect(self._timer.stop)
        self.buttons.exited.connect(self._wait)

    def say(self, text: str, kind: str, button: str, act: Callable[[], object] | None) -> None:
        """Say something, with the one thing to do about it, after which the message goes."""
        self.kind, self._act = kind, act if button else None
        self.setAccessibleName(text)
        self.label.setText(text)
        c = theme.colours()
        picture = {"error": ("warning", c.bad), "warning": ("warning", c.warning)}.get(kind)
        if picture:
            self._sign.setPixmap(icons.icon(*picture).pixmap(theme.ICON, theme.ICON))
        self._sign.setVisible(picture is not None)
        self._button.setText(button)
        self._button.setVisible(self._act is not None)
        self._wait()

    @property
    def button(self) -> QPushButton | None:
        """The button beside it, if there is something to do."""
        return None if self._act is None else self._button

    def _wait(self) -> None:
        if self.kind != "progress":
            stays = SHOWN * _LONGER.get(self.kind, 1)
            self._timer.start(stays if self._act is None else max(stays, OFFERED))

    def _go(self) -> None:
        over = self.rect().contains(self.mapFromGlobal(QCursor.pos()))  # the mouse goes through: no event
        if over and self._act is not None:
            self._wait()
        else:
            self.fade()

    def _do(self) -> None:
        act = self._act
        self.fade()  # at first: what is done may let it say something else
        if act is not None:
            act()

    def height_for(self, width: int) -> int:
        """Pixels of height that it takes with the buttons at the right."""
        room = self.buttons.sizeHint()
        margins = self._row.contentsMargins()
        self._row.setContentsMargins(margins.left(), margins.top(), room.width(), margins.bottom())
        self.setFixedWidth(width)
        return max(self.heightForWidth(width), room.height() + theme.SPACE)

    def place(self, where: QRect) -> None:
        """Lie there, as high as `height_for` says."""
        room = self.buttons.sizeHint()
        self.setGeometry(where)
        above = where.top() + (where.height() - room.height()) // 2
        self.buttons.setGeometry(where.right() + 1 - room.width(), above, room.width(), room.height())
        for widget in (self, self.buttons):
            widget.show()
            widget.raise_()

    def tuck_away(self) -> None:
        """Wait, unseen, until there is room again."""
        self.buttons.hide()
        self.hide()

    def remove(self) -> None:
        """Go at once; it can say something else later."""
        self._timer.stop()
        if self._fading is not None:
            self._fading.stop()
            self._fading.deleteLater()
            self._fading = None
            self.setGraphicsEffect(None)  # type: ignore[arg-type]
        self.tuck_away()

    def fade(self) -> None:
        """Go, softly."""
        self._timer.stop()
        self.buttons.hide()
        if self._fading is not None:
            return
        effect = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(effect)
        animation = QPropertyAnimation(effect, b"opacity", self)
        animation.setDuration(180)
        animation.setStartValue(1.0)
        animation.setEndValue(0.0)
        animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        animation.finished.connect(self.gone)
        animation.start()
        self._fading = animation


class _Buttons(QWidget):
    entered = Signal()
    exited = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, theme.SPACE // 2, 0)
        self.row.setSpacing(0)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.entered.emit()

    def leaveEvent(self, event: QEvent) -> None:
        self.exited.emit()


class Toasts(QObject):
    """The messages, newest below: over the frames at their upper right, else at the foot of the page.

    There, in the middle, are neither forms, nor the buttons of runs, nor the timeline.
    """

    def __init__(self, over: QWidget, page: QWidget | None = None) -> None:
        """`over`: the window; `page`: the part of it that lies between the panels."""
        super().__init__(over)
        self._over, self._page = over, page or over
        self._frames: QWidget | None = None
        self._shown: list[Toast] = []
        self._spare: list[Toast] = []  # building one takes longer than the edit that it tells of
        self._page.installEventFilter(self)

    def set_frames(self, view: QWidget | None) -> None:
        """The view over which messages lie while it is seen."""
        if self._frames is not None and isValid(self._frames):
            self._frames.removeEventFilter(self)
        self._frames = view
        if view is not None:
            view.installEventFilter(self)
        self._place()

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
            self._put_aside(old)
        toast = self._spare.pop() if self._spare else self._new()
        toast.say(text, kind, button, act)
        self._shown.append(toast)
        self._place()
        return toast

    def _new(self) -> Toast:
        toast = Toast(self._over)
        toast.gone.connect(partial(self._remove, toast))
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
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide):
            self._place()
        return False

    def _remove(self, toast: Toast) -> None:
        if toast in self._shown:
            self._put_aside(toast)
            self._place()

    def _put_aside(self, toast: Toast) -> None:
        if toast in self._shown:
            self._shown.remove(toast)
            toast.remove()
            self._spare.append(toast)

    def _place(self) -> None:
        """Lay out those for which there is room, from the newest on; the others wait for it."""
        frames = self._frames if self._frames is not None and isValid(self._frames) else None
        part = frames if frames is not None and frames.isVisible() else self._page
        place = QRect(part.mapTo(self._over, QPoint(0, 0)), part.size()).adjusted(
            theme.SPACE, theme.SPACE, -theme.SPACE, -theme.SPACE
        )
        width = max(min(WIDEST, max(NARROWEST, part.width() // 3), place.width()), 1)
        left = place.right() + 1 - width if part is frames else place.left() + (place.width() - width) // 2
        heights = [toast.height_for(width) for toast in self._shown]
        fit = len(heights)
        while fit > 1 and sum(heights[-fit:]) + (fit - 1) * theme.SPACE > place.height():
            fit -= 1
        for toast in self._shown[: len(heights) - fit]:
            toast.tuck_away()
        high = sum(heights[len(heights) - fit :]) + (fit - 1) * theme.SPACE
        top = place.top() if part is frames else place.bottom() + 1 - high
        for toast, height in list(zip(self._shown, heights, strict=True))[len(heights) - fit :]:
            toast.place(QRect(left, top, width, height))
            top += height + theme.SPACE
