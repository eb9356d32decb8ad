"""Short work in a thread: reading folders, making the sample; anything longer is a job."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import StudioError


class CancelledError(Exception):
    """Raised inside the work at its next report after `cancel`."""


class Background(QObject):
    """Runs one piece of work at a time in a thread of its own.

    The work is called with `report(done, total, what)`, which it calls often. A bug in it is raised
    in the window's thread, where the crash dialog shows it.

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
    _ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, "background")
        self._running = False
        self._cancel = False
        self._ended.connect(self._finish)

    @property
    def is_running(self) -> bool:
        return self._running

    def start(self, work: Callable[[Callable[[int, int, str], None]], Any]) -> None:
        """Start a piece of work; what runs already is cancelled first."""
        self.cancel()
        self._pool.submit(lambda: None).result()  # the one thread is free again
        self._running, self._cancel = True, False
        self._pool.submit(work, self._report).add_done_callback(self._ended.emit)

    def cancel(self) -> None:
        """Ask the work to end at its next report."""
        self._cancel = True

    def close(self) -> None:
        """Cancel, and wait for the thread."""
        self.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _report(self, done: int, total: int, what: str) -> None:
        if self._cancel:
            raise CancelledError
        self.progressed.emit(done, total, what)

    def _finish(self, future: "Future[Any]") -> None:
        self._running = False
        try:
            result = future.result()
        except CancelledError:
            self.cancelled.emit()
        except StudioError as error:
            self.failed.emit(str(error))
        else:
            self.done.emit(result)
