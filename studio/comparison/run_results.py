"""What is worked out of the detections of compared runs, run by run in a thread."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Signal

from core.datasets.voc import KeptSet
from core.errors import StudioError
from core.runs.measured_run import MeasuredRun
from studio.evaluation.diagnoses import why_unmeasured
from studio.runs.result_key import Key, key_in, result_key
from studio.runs.run import Run
from studio.watch.reading import Reading

Found = TypeVar("Found")


class RunResults(QObject, Generic[Found]):
    """Runs are wanted by `want`; each is worked out once while its result is unchanged.

    Signals:
        changed(): one more is there, or a sentence that says why it is not.
    """

    changed = Signal()

    def __init__(
        self, work_out: Callable[[MeasuredRun], Found], kept: int | None = None, parent: QObject | None = None
    ) -> None:
        """
        Args:
            work_out: called in the thread; what it raises as a `StudioError` is kept as its sentence.
            kept: of how many runs the results are kept, more than are ever wanted at once; of all if None.
        """
        super().__init__(parent)
        self._work_out, self._kept = work_out, kept
        self._known: OrderedDict[Key, Found | str] = OrderedDict()
        self._wanted: tuple[Key, ...] = ()
        self._sets = KeptSet()  # most are measured on the same, which takes longest to read
        self._reading = Reading(self)
        self._reading.done.connect(self._take)

    def want(self, runs: Sequence[Run]) -> None:
        """Work these out, in this order, and no others."""
        self._wanted = tuple(key for run in runs if (key := result_key(run)) is not None)
        self._next()

    def of(self, run: Run) -> Found | str | None:
        """The result of a run, or a sentence that says why there is none; None while it is not there."""
        key = result_key(run)
        return self._known.get(key) if key is not None else why_unmeasured(run)

    @property
    def missing(self) -> int:
        """How many of the runs that are wanted are not there yet."""
        return sum(key not in self._known for key in self._wanted)

    def close(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    def _next(self) -> None:
        self._let_go()
        key = next((key for key in self._wanted if key not in self._known), None)
        if key is not None:
            self._reading.want(key, lambda: (key, self._read(key[0])))
        else:
            self._sets.forget()

    def _let_go(self) -> None:
        """Forget what was wanted longest ago."""
        for key in self._wanted:
            if key in self._known:
                self._known.move_to_end(key)
        while self._kept is not None and len(self._known) > self._kept:
            self._known.popitem(last=False)

    def _read(self, run: Path) -> Found | str:
        """Called in the thread."""
        try:
            return self._work_out(MeasuredRun.open(run, sets=self._sets))
        except StudioError as error:
            return str(error)

    def _take(self, found: tuple[Key, Found | str]) -> None:
        key, result = found
        if key_in(key[0]) == key:
            self._known[key] = result
        else:  # the run was deleted or measured again meanwhile: it may have been read in part
            self._wanted = tuple(one for one in self._wanted if one != key)
            self._reading.forget()
        self._next()
        self.changed.emit()
