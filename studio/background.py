"""Short work in a thread: reading folders, cutting crops, making the sample; anything longer is a job."""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from core.errors import StudioError
from core.events import OnProgress


class _NotWantedError(Exception):
    """Raised inside the work at its next report after `cancel`."""


class Background(QObject):
    """Runs one piece of work at a time in a thread of its own; of several, the newest.

    The work is called with an `OnProgress`, which it calls often. A bug in it is raised in the window's
    thread, where the crash dialog shows it.

    Signals:
        progressed(int, int, str): done, of how many, and what it works on.
        done(object): it ended, with its result.
        failed(str): it ended with a sentence for the user.
        cancelled(): it ended because of `cancel`.
    """

    progressed = Signal(int, int, str)
    done = Signal(object)
    failed = Signal(str)
    cancelled = Signal()
    _reported = Signal(int, int, int, str)
    _ended = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, "background")
        self._number, self._wanted = 0, 0
        self._running = self._closed = False
        # Queued, since work that ended at once reports its end from the thread that started it.
        self._reported.connect(self._pass_on, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._finish, Qt.ConnectionType.QueuedConnection)

    @property
    def is_running(self) -> bool:
        return self._running

    def start(self, work: Callable[[OnProgress], Any]) -> None:
        """Start a piece of work; what runs already is given up, and nothing more is heard of it.

        Once closed it starts nothing: a view may still ask in the turn of events in which it goes.
        """
        if self._closed:
            return
        self._number += 1
        self._wanted, self._running, number = self._number, True, self._number

        def report(done: int, total: int, what: str) -> None:
            if self._wanted != number:
                raise _NotWantedError
            self._reported.emit(number, done, total, what)

        future = self._pool.submit(self._run, number, work, report)
        future.add_done_callback(lambda ended: self._ended.emit(number, ended))

    def cancel(self) -> None:
        """Ask the work to end at its next report."""
        self._wanted = 0

    def close(self) -> None:
        """Give up what runs, and wait for the thread."""
        self._closed = True
        self._number += 1
        self.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, number: int, work: Callable[[OnProgress], Any], report: OnProgress) -> Any:
        if self._wanted != number:
            raise _NotWantedError
        return work(report)

    def _pass_on(self, number: int, done: int, total: int, what: str) -> None:
        if number == self._wanted:
            self.progressed.emit(done, total, what)

    def _finish(self, number: int, future: "Future[Any]") -> None:
        if number != self._number:
            return
        self._running = False
        try:
            result = future.result()
        except (_NotWantedError, CancelledError):
            self.cancelled.emit()
        except StudioError as error:
            self.failed.emit(str(error))
        else:
            self.done.emit(result)
