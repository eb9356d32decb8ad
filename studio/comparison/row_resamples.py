"""The APs of all compared runs in all resamples of the pictures, worked out run by run in a thread."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import StudioError
from core.evaluation.paired_bootstrap import ResampledAps
from core.runs.measured_run import MeasuredRun
from studio.comparison.measured_rows import Key, result_key
from studio.runs.run import Run
from studio.watch.reading import Reading


class RowResamples(QObject):
    """Runs are wanted by `want`; each is worked out once while its result is unchanged.

    Signals:
        changed(): one more is there, or a sentence that says why it is not.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[Key, ResampledAps | str] = {}
        self._wanted: tuple[Key, ...] = ()
        self._reading = Reading(self)
        self._reading.done.connect(self._take)

    def want(self, runs: Sequence[Run]) -> None:
        """Work these out, in this order, and no others."""
        self._wanted = tuple(key for run in runs if (key := result_key(run)) is not None)
        self._next()

    def of(self, run: Run) -> ResampledAps | str | None:
        """The APs of a run, or a sentence that says why there are none; None while they are not there."""
        key = result_key(run)
        return self._known.get(key) if key is not None else None

    @property
    def missing(self) -> int:
        """How many of the runs that are wanted are not there yet."""
        return sum(key not in self._known for key in self._wanted)

    def close(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    def _next(self) -> None:
        key = next((key for key in self._wanted if key not in self._known), None)
        if key is not None:
            self._reading.want(key, lambda: (key, _read(key[0])))

    def _take(self, found: tuple[Key, ResampledAps | str]) -> None:
        self._known[found[0]] = found[1]
        self._next()
        self.changed.emit()


def _read(run: Path) -> ResampledAps | str:
    """Called in the thread."""
    try:
        return ResampledAps.of(MeasuredRun.open(run).diagnosis())
    except StudioError as error:
        return str(error)
