"""What kept the window from answering: how long, and in which line of the program, into the log.

A timer of the window's thread beats; whenever a beat is late, a thread beside it asks the window's thread to
say where it is, which that does as if a signal had come: at its next line of Python. (Python 3.11 crashes now
and then where one thread looks at the calls of another.) Both wake up ten times a second, .1 % of a core.
"""

import _thread
import logging
import signal
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from PySide6.QtCore import QObject, QTimer

from core.version import ROOT

log = logging.getLogger("studio.stalls")

BEAT = 100
"""Milliseconds between two beats."""

STALL = 0.1
"""Seconds that a beat is late from which on it is noted."""

LOGGED = 200
"""Stalls that are written to the log of one session."""

KEPT = 20
"""The last stalls, for a report."""

_SAMPLE = 0.04
"""Seconds between two looks while a beat is late."""

_SIGNAL = getattr(signal, "SIGPROF", signal.SIGABRT)  # Windows has few; none is sent, the name alone is used

_LINES = 6
"""Calls that are named, the innermost first."""

_OVERSLEPT = 1.0
"""Seconds after which a thread that only waits was stopped with the whole machine: nothing to be told of."""


@dataclass(frozen=True)
class Stall:
    """The window did not answer.

    Attributes:
        seconds: for how long.
        where: the calls that it was in for most of it, the innermost first; empty where it was too short to
            be looked at.
    """

    seconds: float
    where: str

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s{f' in {self.where}' if self.where else ''}"


class StallMeter(QObject):
    """Watches the main thread, in which it is made, until it is closed.

    Attributes:
        last: the last stalls; count: how many there were; longest: the longest one.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.last: deque[Stall] = deque(maxlen=KEPT)
        self.count, self.longest = 0, Stall(0.0, "")
        self._seen: Counter[tuple[str, ...]] = Counter()  # milliseconds
        self._beaten = self._said = time.perf_counter()
        self._ended = threading.Event()
        self._handler_before = signal.signal(_SIGNAL, self._say_where)
        self._timer = QTimer(self, interval=BEAT)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        self._thread = threading.Thread(target=self._watch, name="stalls", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Watch no longer."""
        self._timer.stop()
        self._ended.set()
        self._thread.join()
        signal.signal(_SIGNAL, self._handler_before)

    def __str__(self) -> str:
        if not self.count:
            return f"The window always answered within {STALL:g} s"
        times = f"{self.count:,} time{'s' if self.count != 1 else ''}"
        told = f"The window did not answer within {STALL:g} s {times}; longest {self.longest}"
        return "\n  ".join([told, *map(str, self.last)])

    def _beat(self) -> None:
        now = time.perf_counter()
        late = now - self._beaten - BEAT / 1000
        self._beaten = self._said = now
        seen, self._seen = self._seen, Counter()
        if late >= STALL:
            self._note(Stall(late, " < ".join(seen.most_common(1)[0][0]) if seen else ""))

    def _note(self, stall: Stall) -> None:
        self.count += 1
        self.last.append(stall)
        self.longest = max(self.longest, stall, key=lambda one: one.seconds)
        if self.count <= LOGGED:
            log.warning("the window did not answer for %s", stall)

    def _say_where(self, signum: int, frame: FrameType | None) -> None:
        """Note what the window's thread was in since it was last asked; a call into Qt ends first."""
        now = time.perf_counter()
        if frame is not None and frame.f_code.co_filename != __file__:
            self._seen[_calls(frame)] += round(1000 * (now - self._said))
        self._said = now

    def _watch(self) -> None:
        pause, looked = BEAT / 1000, time.perf_counter()
        while not self._ended.wait(pause):
            now = time.perf_counter()
            overslept = now - looked > _OVERSLEPT
            looked, late = now, now - self._beaten - BEAT / 1000
            if overslept:
                self._beaten = now
            elif late >= STALL / 2:
                _thread.interrupt_main(_SIGNAL)
            pause = _SAMPLE if late >= STALL / 2 else BEAT / 1000


def _calls(frame: FrameType) -> tuple[str, ...]:
    """The innermost call, and those of this program that led to it."""
    found: list[str] = []
    here: FrameType | None = frame
    while here is not None and len(found) < _LINES:
        path = Path(here.f_code.co_filename)
        ours = path.is_relative_to(ROOT) and ".venv" not in path.parts
        if ours or not found:
            name = path.relative_to(ROOT).as_posix() if ours else path.name
            found.append(f"{name}:{here.f_lineno} {here.f_code.co_name}")
        here = here.f_back
    return tuple(found)
