"""Workspaces that are built before they are first shown, while nobody does anything."""

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from studio.document import Document
from studio.view_state import ViewState

QUIET = 5_000
"""Milliseconds without a key, a press, a step, a selection or an edit after which one is built."""

PAUSE = 20
"""Milliseconds between two steps of one, in which the window answers."""

_AT_WORK = (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)


class BuildingAhead(QObject):
    """Builds one after the other, in steps that hold the window for a moment, while nobody is at work.

    Attributes:
        timer: runs while something is still to be built; anything that a person does starts it again.
    """

    def __init__(
        self,
        build: Sequence[Callable[[], Iterator[None]]],
        document: Document,
        view: ViewState,
        window: QWidget,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._build = list(build)
        self._begun: Iterator[None] | None = None
        self.timer = QTimer(self, singleShot=True)
        self.timer.timeout.connect(self._take_next)
        for active in (view.clip_changed, view.frame_changed, view.selection_changed, document.changed):
            active.connect(self._wait)
        window.create()  # that it has a handle, through which every key and press goes
        window.windowHandle().installEventFilter(self)
        self._wait()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _AT_WORK:
            self._wait()
        return False

    def close(self) -> None:
        """Build no more."""
        self._build.clear()
        self._begun = None
        self.timer.stop()

    def _wait(self) -> None:
        if self._build or self._begun is not None:
            self.timer.start(QUIET)

    def _take_next(self) -> None:
        pressed = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if (
            pressed or QApplication.activePopupWidget() is not None
        ):  # whose keys and presses are not seen here
            self._wait()
            return
        if self._begun is None:
            self._begun = self._build.pop(0)()
        try:
            next(self._begun)
        except StopIteration:
            self._begun = None
            self._wait()
        else:
            self.timer.start(PAUSE)
