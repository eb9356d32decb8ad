"""Tracks come into the open project from other programs' formats."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from core.datasets.clip import Clip
from core.events import OnProgress
from core.trajectories.bulk_edits import AddTrajectories
from core.trajectories.exchange import READ, import_tracks
from core.trajectories.exchange.guessing import guess_format
from studio.background import Background
from studio.document import Document
from studio.view_state import ViewState

PICTURE = ".png"
"""Chosen for a folder of masks, which the dialog for files cannot choose."""


class TrackExchange(QObject):
    """Asks for a file, reads it in a thread, and tells how it went.

    Signals:
        offered(str, str, str, Callable): a sentence with one thing to do, as `Toasts.show` takes it.
        failed(str): a file was refused; one sentence.
        ended(): what was offered as `progress` is over.
    """

    offered = Signal(str, str, str, object)
    failed = Signal(str)
    ended = Signal()

    def __init__(self, document: Document, view: ViewState, window: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._view, self._window = document, view, window
        self._source_folder = Path.home()
        self._reading = Background(self)
        for end in (self._reading.done, self._reading.failed):
            end.connect(self.ended)
        self._reading.done.connect(self._add)
        self._reading.failed.connect(self.failed)

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        return {"import_tracks": self._choose_source}

    def close(self) -> None:
        """Give up what is under way."""
        self._reading.close()

    def _choose_source(self) -> None:
        clip = self._view.clip
        if clip is None:
            return
        suffixes = [format.suffix or PICTURE for format in READ.values()]
        kinds = f"Tracks ({' '.join(f'*{suffix}' for suffix in suffixes)});;All files (*)"
        title = f"Import tracks into {clip.name}"
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, str(self._source_folder), kinds)
        if chosen:
            path = Path(chosen)
            self._source_folder = path.parent
            self._read(path.parent if path.suffix.lower() == PICTURE else path, clip)

    def _read(self, path: Path, clip: Clip) -> None:
        def read(report: OnProgress) -> tuple[AddTrajectories, list[str]]:
            points, objects, warnings = import_tracks(guess_format(path), path, clip)
            return AddTrajectories(clip.id, points, objects, path.name), warnings

        self.offered.emit(f"Reading {path.name}…", "progress", "", None)
        self._reading.start(read)

    def _add(self, found: tuple[AddTrajectories, list[str]]) -> None:
        edit, warnings = found
        self._document.perform_later(edit)
        if warnings:
            more = f" And {len(warnings) - 1} more like it." if len(warnings) > 1 else ""
            self.offered.emit(warnings[0] + more, "warning", "", None)
