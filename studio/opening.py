"""When a project that was opened is ready to be seen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from studio.session import Session

SETTLING = 50
"""Milliseconds after the frame is there in which the panels take their places."""

LONGEST = 3_000
"""Milliseconds after which a project is shown, whatever is still being read."""


class Opening(QObject):
    """Waits until the panels have their places, and the canvas its frame with the tracks of that."""

    def __init__(self, session: "Session", ready: Callable[[], object]) -> None:
        super().__init__(session)
        self._session, self._ready, self._waiting = session, ready, True
        self._soon = QTimer(self, interval=SETTLING, singleShot=True)
        self._soon.timeout.connect(self._end)
        self._longest = QTimer(self, interval=LONGEST, singleShot=True)
        self._longest.timeout.connect(self._end)
        self._longest.start()
        session.canvas.shown.connect(self._take_frame)
        if session.curate.isHidden() or not session.clips.summaries:
            self._soon.start()

    def _take_frame(self, frame: int) -> None:
        if self._waiting and frame == self._session.view.frame:
            self._soon.start()

    def _end(self) -> None:
        self._waiting = False
        for timer in (self._soon, self._longest):
            timer.stop()  # a slow machine lets both end together
        self._ready()
        self.deleteLater()
