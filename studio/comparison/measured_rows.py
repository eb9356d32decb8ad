"""What runs measured, as rows of Table 1: read in a thread, and kept while their results are unchanged."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import StudioError
from core.evaluation.table1 import TableRow, row_of_run
from core.runs.run_folder import State
from studio.runs.result_key import Key, result_key
from studio.runs.run import Run
from studio.watch.reading import Reading


class MeasuredRows(QObject):
    """Rows are asked for by `of`; those that are not known yet follow.

    Signals:
        changed(): what was asked for is there.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[Key, TableRow | None] = {}
        self._reading = Reading(self)
        self._reading.done.connect(self._take)

    def of(self, runs: Sequence[Run]) -> list[tuple[Run, TableRow]] | None:
        """The runs of these that have measured; None while some are being read, `changed` follows."""
        done = (run for run in runs if run.state is State.DONE)
        keys = {run: key for run in done if (key := result_key(run)) is not None}
        missing = tuple(key for key in keys.values() if key not in self._known)
        if missing:
            self._reading.want(missing, lambda: [(key, _row(key[0])) for key in missing])
            return None
        rows = ((run, self._known.get(key)) for run, key in keys.items())
        return [(run, row) for run, row in rows if row is not None]

    def close(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    def _take(self, found: list[tuple[Key, TableRow | None]]) -> None:
        self._known.update(found)
        self.changed.emit()


def _row(path: Path) -> TableRow | None:
    with contextlib.suppress(StudioError):  # it did not evaluate, or its result is damaged
        return row_of_run(path)
    return None
