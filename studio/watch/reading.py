"""Files of a run read in a thread, again and again while it goes on."""

from collections.abc import Callable, Hashable
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.background import Background


class Reading(QObject):
    """Reads what is wanted; while it reads, of several further wishes only the newest is kept.

    Unlike `Background`, a new wish does not give up what is being read: a run that reports faster than its
    files can be read would never be seen.

    Signals:
        done(object): what was read.
        failed(str): why it cannot be read; one sentence.
    """

    done = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key: Hashable = None
        self._next: tuple[Hashable, Callable[[], Any]] | None = None
        self._work = Background(self)
        self._work.done.connect(self._take)
        self._work.failed.connect(self._fail)

    def want(self, key: Hashable, read: Callable[[], Any]) -> None:
        """Read, in the thread, unless the same was read last; equal keys say that it is the same."""
        if self._work.is_running:
            self._next = None if key == self._key else (key, read)
        elif key != self._key:
            self._start(key, read)

    def forget(self) -> None:
        """Give up what is being read, and read anew whatever is wanted next."""
        self._key, self._next = None, None
        self._work.start(lambda report: None) if self._work.is_running else None

    def close(self) -> None:
        """Wait for the thread."""
        self._work.close()

    def _start(self, key: Hashable, read: Callable[[], Any]) -> None:
        self._key, self._next = key, None
        self._work.start(lambda report: read())

    def _take(self, found: Any) -> None:
        waiting = self._next
        self.done.emit(found)
        self._go_on(waiting)

    def _fail(self, sentence: str) -> None:
        waiting = self._next
        self.failed.emit(sentence)
        self._go_on(waiting)

    def _go_on(self, waiting: tuple[Hashable, Callable[[], Any]] | None) -> None:
        if waiting is not None and waiting is self._next:
            self._start(*waiting)
