"""Tracks, pictures and overlays go out of the open project."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from core.overlay.files import VIDEO
from core.trajectories.exchange.file_names import file_name
from studio.document import Document
from studio.exchange.exporting import ExportDialog
from studio.exchange.overlays import Overlays
from studio.filters.track_filters import TrackFilters
from studio.view_state import ViewState
from studio.window.main_window import MainWindow


class TrackExports(QObject):
    """Opens the dialog, one at a time, and tells how it went.

    Signals:
        offered(str, str, str, Callable): a sentence with one thing to do, as `Toasts.show` takes it.
        failed(str): nothing was written; one sentence.
    """

    offered = Signal(str, str, str, object)
    failed = Signal(str)

    def __init__(
        self,
        document: Document,
        view: ViewState,
        filters: TrackFilters,
        window: MainWindow,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._document, self._view, self._window = document, view, window
        self._filters = filters
        self._folder = self._pictures = document.project.exports
        self.overlays = Overlays(document, self)
        self.overlays.saved.connect(self._tell)
        self.overlays.failed.connect(self.failed)
        self.dialog: ExportDialog | None = None

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        return {
            "export_tracks": self._export,
            "save_overlay": partial(self._export, VIDEO),
            "save_frame": self._save_frame,
        }

    def close(self) -> None:
        """Give up what is under way."""
        self._close_dialog()
        self.overlays.close()

    def _close_dialog(self) -> None:
        if self.dialog is not None:
            self.dialog.close()

    def _export(self, format: str = "") -> None:
        self._close_dialog()
        remembered = self._window.settings.last_export
        if format:
            remembered = remembered | {"format": format}
        self.dialog = ExportDialog(
            self._document, self._view, self._filters, self._folder, remembered, self._window
        )
        self.dialog.written.connect(self._tell_written)
        self.dialog.overlays_asked.connect(self.overlays.start)
        self.dialog.accepted.connect(self._remember)
        self.dialog.finished.connect(self._forget_dialog)
        self.dialog.show()

    def _save_frame(self) -> None:
        clip, view = self._view.clip, self._view
        if clip is None:
            return
        frame = view.frame
        (number,) = clip.source_frames(np.array([frame]))
        suggested = self._pictures / f"{file_name(clip.name)}_{number:05d}.png"
        title = f"Save frame {frame} as a picture"
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, str(suggested), "PNG pictures (*.png)")
        if not chosen:
            return
        path = Path(chosen)
        path = path if path.suffix.lower() == ".png" else path.with_name(f"{path.name}.png")
        self._pictures = path.parent
        points, objects = self._document.points(clip.id), list(self._document.objects(clip.id).values())
        if view.shown is not None:
            seen = view.shown | view.selection
            points = points.take(np.isin(points.ids, np.fromiter(seen, np.int64, len(seen))))
            objects = [one for one in objects if one.id in seen]
        self.overlays.save_picture(path, clip, frame, points, objects, view.layers)

    def _remember(self) -> None:
        if self.dialog is not None:
            self._window.settings.last_export = self.dialog.remembered()
            self._folder = self.dialog.place

    def _tell_written(self, count: int, folder: Path) -> None:
        clips = "1 clip" if count == 1 else f"{count:,} clips"
        self._tell(f"Exported {clips} to {folder}.", folder)

    def _tell(self, sentence: str, folder: Path) -> None:
        self.offered.emit(sentence, "info", "Open folder", partial(_open, folder))

    def _forget_dialog(self) -> None:
        self.dialog = None


def _open(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
