"""Workspaces that are built before they are first shown, while nobody does anything."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from studio.document import Document
from studio.view_state import ViewState

QUIET = 1_500
"""Milliseconds without a step, a selection or an edit after which one is built, and then the next."""


class BuildingAhead(QObject):
    """Builds one after the other; each holds the window for a moment, so it waits until nobody is at work."""

    def __init__(
        self, build: Sequence[Callable[[], object]], document: Document, view: ViewState, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._build = list(build)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._take_next)
        for active in (view.clip_changed, view.frame_changed, view.selection_changed, document.changed):
            active.connect(self._wait)
        self._wait()

    def close(self) -> None:
        """Build no more."""
        self._build.clear()
        self._timer.stop()

    def _wait(self) -> None:
        if self._build:
            self._timer.start(QUIET)

    def _take_next(self) -> None:
        if QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self._build.pop(0)()
        self._wait()
