"""Writes what runs measured for other programs, in a thread."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.events import OnProgress
from core.runs.metrics_export import export_metrics
from studio.background import Background


class RunExports(QObject):
    """One export at a time.

    Signals:
        message(str): what was written where.
        failed(str): why nothing was; one sentence.
    """

    message = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = Background(self)
        self._work.done.connect(self._tell)
        self._work.failed.connect(self.failed)

    def start(self, runs: list[Path], form: str, out: Path) -> None:
        """Export the runs in some folders, as `core.runs.metrics_export.export_metrics` does."""

        def export(report: OnProgress) -> list[Path]:
            return [path for run in runs for path in export_metrics(run, form, out)]

        self._work.start(export)

    def close(self) -> None:
        """Wait for what is being written."""
        self._work.close()

    def _tell(self, files: list[Path]) -> None:
        what = f"{files[0].name} was" if len(files) == 1 else f"{len(files)} files were"
        self.message.emit(f"{what} written to {files[0].parent}.")
