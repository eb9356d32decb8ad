"""A project that is being opened: its views are built under the curtain, which goes when they can be seen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from studio.session import Session

SETTLING = 50
"""Milliseconds without another size of a panel, once the frame is there, after which it is seen."""

LONGEST = 3_000
"""Milliseconds after which a project is shown, whatever is still being read."""

_KEYS = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress, QEvent.Type.KeyRelease)


class Building(QObject):
    """Takes the steps of a session one after the other, and lets the window answer in between; keys, which
    the curtain does not hold off, do nothing until it ends.

    Args:
        curtain: what lies over the window meanwhile.
        built: is called once all steps were taken.
        failed: is called with the error where one cannot be, and raises it again if it is a bug.
    """

    def __init__(
        self,
        session: "Session",
        curtain: QWidget,
        built: Callable[[], object],
        failed: Callable[[Exception], object],
    ) -> None:
        super().__init__(session)
        self.session, self._curtain = session, curtain
        self._built, self._failed = built, failed
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._take_step)
        self._timer.start()
        self.is_going = True
        self._handle = session.window.windowHandle()
        if self._handle is not None:
            self._handle.installEventFilter(self)
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _KEYS:
            event.accept()
            return True
        return False

    def finish(self) -> None:
        """Take all steps that are left at once."""
        while self.is_going:
            self._take_step()

    def end(self) -> None:
        """Take no more steps."""
        if self.is_going:
            self.is_going = False
            self._timer.stop()
            if self._handle is not None:
                self._handle.removeEventFilter(self)
            QApplication.restoreOverrideCursor()

    def _take_step(self) -> None:
        try:
            next(self.session.steps)
        except StopIteration:
            self.end()
            self._built()
        except Exception as error:
            self.end()
            self._failed(error)
        self._curtain.raise_()


class Opening(QObject):
    """Waits until the panels have their places, and the canvas its frame with the tracks of that."""

    def __init__(self, session: "Session", ready: Callable[[], object]) -> None:
        super().__init__(session)
        self._session, self._ready, self._waiting = session, ready, False
        self._first = QTimer(self, interval=SETTLING, singleShot=True)  # in which the panels are laid out
        self._first.timeout.connect(self._look)
        self._soon = QTimer(self, interval=SETTLING, singleShot=True)
        self._soon.timeout.connect(self._end)
        self._longest = QTimer(self, interval=LONGEST, singleShot=True)
        self._longest.timeout.connect(self._end)
        for timer in (self._first, self._longest):
            timer.start()
        for part in (session.canvas.frame_view, *session.window.panels.docks.values()):
            part.installEventFilter(self)
        session.canvas.shown.connect(self._take_frame)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and self._soon.isActive():
            self._soon.start()
        return False

    def _look(self) -> None:
        session, self._waiting = self._session, True
        if session.curate.isHidden() or not session.clips.summaries:
            self._soon.start()
        elif session.canvas.shown_frame is not None:
            self._take_frame(session.canvas.shown_frame)

    def _take_frame(self, frame: int) -> None:
        if self._waiting and frame == self._session.view.frame:
            self._soon.start()

    def _end(self) -> None:
        self._waiting = False
        for timer in (self._first, self._soon, self._longest):
            timer.stop()  # a slow machine lets several end together
        self._ready()
        self.deleteLater()
