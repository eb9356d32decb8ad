"""Being asked to end by the system: Ctrl+C, SIGTERM, a terminal or a console that is closed.

One rule for all of them. The first one asks: a job then saves, anything else is interrupted and clears up.
A second one ends at once.
"""

import _thread
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from types import FrameType

NUMBERS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
)
"""What asks for an end, where the system knows it."""

INTERRUPTED = "Interrupted before it was done; start the command again."
"""What a command says that has nothing to save."""

TOGETHER = 0.5
"""Seconds in which another counts as the first: closed terminals and `timeout` send two. A second Ctrl+C
is meant."""

_CONSOLE_ENDS = (2, 5, 6)
"""CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT and CTRL_SHUTDOWN_EVENT of Windows."""

_LONGEST = 60.0
"""Seconds that a closing console waits for this process; Windows ends it after 5."""


class StopSignals:
    """Takes these signals within a `with` block, in the main thread; elsewhere it hears of none.

    `nohup` has a closed terminal passed over, and so it stays.

    Attributes:
        came: whether an end was asked for.
    """

    def __init__(self) -> None:
        self.came = False
        self._first = 0.0
        self._is_deferring = False

    def __enter__(self) -> "StopSignals":
        self._before = {}
        if threading.current_thread() is threading.main_thread():
            for number in NUMBERS:
                if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self)
            self._heed_console(True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before:
            self._heed_console(False)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """What the system calls.

        Raises:
            KeyboardInterrupt: at the first signal, unless it is deferred; and at a later one.
        """
        now = time.monotonic()
        if not self.came:
            self.came, self._first = True, now
            if not self._is_deferring:
                raise KeyboardInterrupt
        elif number == signal.SIGINT or now - self._first >= TOGETHER:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def deferring(self) -> Iterator[None]:
        """A block that looks at `came` by itself: the first signal raises nothing in it."""
        before, self._is_deferring = self._is_deferring, True
        try:
            yield
        finally:
            self._is_deferring = before

    def take_console_event(self, event: int) -> bool:
        """What Windows calls, in a thread of its own; it ends the process when this returns.

        Args:
            event: what happens to the console; Ctrl+C and Ctrl+Break come as signals.
        """
        if event not in _CONSOLE_ENDS:
            return False
        _thread.interrupt_main(NUMBERS[-1])
        time.sleep(_LONGEST)
        return True

    def _heed_console(self, on: bool) -> None:
        if sys.platform == "win32":
            import ctypes
            from ctypes import wintypes

            if on:
                kind = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)
                self._console = kind(self.take_console_event)  # kept: Windows calls it
            ctypes.windll.kernel32.SetConsoleCtrlHandler(self._console, on)


@contextlib.contextmanager
def deferred() -> Iterator[StopSignals]:
    """A block that looks at `came` and saves; the command around it, if there is one, hears of it too."""
    standing = signal.getsignal(signal.SIGTERM)
    if isinstance(standing, StopSignals):
        with standing.deferring():
            yield standing
    else:
        with StopSignals() as signals, signals.deferring():
            yield signals


def pass_over(numbers: Sequence[int] = NUMBERS) -> None:
    """Hear of none of them, in a process that another one ends or that is ending: they come twice."""
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)
