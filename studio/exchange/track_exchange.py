"""Tracks come into the open project from other programs' formats."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from core.datasets.clip import Clip
from core.datasets.image import SUFFIXES
from core.datasets.tiff_stack import is_stack
from core.events import OnProgress
from core.trajectories.bulk_edits import AddTrajectories
from core.trajectories.exchange import READ, import_tracks
from core.trajectories.exchange.assembling import Tracks
from core.trajectories.exchange.column_mapping import is_ours
from core.trajectories.exchange.guessing import guess_format
from core.trajectories.exchange.tables import TABLES
from studio.background import Background
from studio.document import Document
from studio.exchange import irregular
from studio.exchange.column_dialog import ColumnDialog, UnknownTable
from studio.view_state import ViewState

BY_FRAME = ("labelme",)
"""Formats with a file a frame: one that is chosen stands for its folder, which the dialog cannot choose."""


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
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self.failed)
        self.columns: ColumnDialog | None = None

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        return {"import_tracks": self._choose_source}

    def close(self) -> None:
        """Give up what is under way."""
        self._close_columns()
        self._reading.close()

    def _choose_source(self) -> None:
        clip = self._view.clip
        if clip is None:
            return
        suffixes = [*filter(None, (format.suffix for format in READ.values())), ".tsv", *SUFFIXES]
        kinds = f"Tracks ({' '.join(f'*{suffix}' for suffix in suffixes)});;All files (*)"
        title = f"Import tracks into {clip.name}"
        chosen, _ = QFileDialog.getOpenFileName(self._window, title, str(self._source_folder), kinds)
        if chosen:
            path = Path(chosen)
            self._source_folder = path.parent
            self._read(path, clip)

    def _read(self, chosen: Path, clip: Clip) -> None:
        def read(report: OnProgress) -> tuple[Path, Clip, Tracks] | UnknownTable:
            is_mask = chosen.suffix.lower() in SUFFIXES and not is_stack(chosen)
            path = chosen.parent if is_mask else chosen
            format = guess_format(path)
            if format in TABLES:
                head = TABLES[format].head(path)
                if not is_ours(head):
                    return UnknownTable(path, format, head, clip)
            source = path.parent if format in BY_FRAME and path.is_file() else path
            return source, clip, import_tracks(format, source, clip)

        self.offered.emit(f"Reading {chosen.name}…", "progress", "", None)
        self._reading.start(read)

    def _take(self, found: tuple[Path, Clip, Tracks] | UnknownTable) -> None:
        if isinstance(found, UnknownTable):
            self._ask_for_columns(found)
        else:
            path, clip, tracks = found
            self._add(tracks, path, clip)

    def _ask_for_columns(self, table: UnknownTable) -> None:
        self._close_columns()
        self.columns = ColumnDialog(table, self._window)
        self.columns.chosen.connect(self._add)
        self.columns.finished.connect(self._forget_columns)
        self.columns.show()

    def _close_columns(self) -> None:
        if self.columns is not None:
            self.columns.close()

    def _forget_columns(self) -> None:
        self.columns = None

    def _add(self, tracks: Tracks, path: Path, clip: Clip) -> None:
        points, objects, warnings = tracks
        self._document.perform_later(AddTrajectories(clip.id, points, objects, path.name))
        if warnings:
            self.offered.emit(*irregular.message(warnings, self._window))
