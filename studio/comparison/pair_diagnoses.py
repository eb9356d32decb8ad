"""The diagnoses of the two runs whose pictures are compared, worked out one by one in a thread."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from studio.evaluation.diagnoses import Diagnosed, Diagnoses
from studio.runs.run import Run


class PairDiagnoses(QObject):
    """Runs are wanted by `want`; those that were looked at lately are kept.

    Signals:
        changed(): one more is there, or a sentence that says why it is not.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._diagnoses = Diagnoses(self)
        self._wanted: tuple[Run, ...] = ()
        self._current: Run | None = None
        self._diagnoses.changed.connect(self._go_on)

    def want(self, runs: Sequence[Run]) -> None:
        """Work these two out."""
        self._wanted = tuple(runs)
        if self._current is None:
            self._next()

    def of(self, run: Run) -> Diagnosed | None:
        """The diagnosis of a run, or a sentence that says why there is none; None while it is not there."""
        known = self._diagnoses.known(run)
        return known if known is not None and _is_there(known) else None

    def close(self) -> None:
        """Wait for the thread."""
        self._diagnoses.close()

    def _next(self) -> None:
        self._current = next((run for run in self._wanted if self.of(run) is None), None)
        if self._current is not None and _is_there(self._diagnoses.want(self._current)):
            self._current = None  # a run that has not ended: nothing is worked out

    def _go_on(self) -> None:
        if self._current is not None and self.of(self._current) is not None:
            self._next()
            self.changed.emit()


def _is_there(known: Diagnosed) -> bool:
    return known.whole is not None or bool(known.problem)
