"""The line of runs that wait: their order, and which of them start next."""

from collections.abc import Iterable
from time import time

from studio.runs.run import Run


class Queue:
    """Runs that wait, by their place; each run knows its turn from it.

    Attributes:
        at_once: how many run at the same time.
    """

    def __init__(self, at_once: int = 1) -> None:
        self.at_once = at_once
        self._places: dict[Run, float] = {}

    def __contains__(self, run: Run) -> bool:
        return run in self._places

    @property
    def runs(self) -> list[Run]:
        """Those that wait, the next first."""
        return sorted(self._places, key=self._places.__getitem__)

    def last_place(self) -> float:
        """A place behind all."""
        return max([time(), *(place + 1 for place in self._places.values())])

    def join(self, run: Run, place: float) -> list[Run]:
        """Let a run wait at a place; gives those whose turn changed."""
        self._places[run] = place
        return self._number([run])

    def leave(self, run: Run) -> list[Run]:
        """Let a run wait no longer; gives those whose turn changed."""
        self._places.pop(run, None)
        return self._number([run])

    def move(self, run: Run, by: int) -> dict[Run, float]:
        """Let a run change its place with the one before it (-1) or behind it (1); gives their new places."""
        order = self.runs
        there = order.index(run) + by
        if not 0 <= there < len(order):
            return {}
        other = order[there]
        self._places[run], self._places[other] = self._places[other], self._places[run]
        self._number([])
        return {one: self._places[one] for one in (run, other)}

    def next(self, running: Iterable[Run]) -> list[Run]:
        """Those that can start beside the ones that run."""
        return self.runs[: max(self.at_once - len(list(running)), 0)]

    def _number(self, also: Iterable[Run]) -> list[Run]:
        turns = dict.fromkeys(also, None) | {run: turn for turn, run in enumerate(self.runs, start=1)}
        changed = [run for run, turn in turns.items() if run.turn != turn]
        for run, turn in turns.items():
            run.turn = turn
        return changed
