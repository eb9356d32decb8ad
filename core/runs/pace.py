"""How long a job still takes, by how fast it was of late."""

from collections import deque

from core.events import Progress

SPAN = 60.0
"""Seconds that the pace is of: it may change by a thousand within a job, as from cached boxes to training."""

_APART = 1.0
"""Seconds between two marks at least."""


class Pace:
    """How far a job was and when, in the last minute; longer where no two units were done in it."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()
        self._total = 0

    def seconds_left(self, clock: float, now: Progress) -> float | None:
        """By the units done in the last minute since the total changed; None while none was.

        Args:
            clock: seconds, of any clock that never goes back.
        """
        marks = self._marks
        if not marks or now.total != self._total or now.step < marks[-1][1]:
            marks.clear()
            marks.append((clock, now.step))
            self._total = now.total
        if now.step > marks[-1][1] and clock - marks[-1][0] >= _APART:
            marks.append((clock, now.step))
        while len(marks) > 1 and clock - marks[1][0] >= SPAN and marks[1][1] < now.step:
            marks.popleft()
        began, first = marks[0]
        done = now.step - first
        return (clock - began) / done * max(now.total - now.step, 0) if done else None
