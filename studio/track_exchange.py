"""Tracks go out of the open project into other programs' formats, and come in from them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from studio.document import Document
from studio.exporting import ExportDialog
from studio.view_state import ViewState


class TrackExchange(QObject):
    """Opens the dialogs, one at a time, and tells how it went.

    Signals:
        offered(str, str, str, Callable): a sentence with one thing to do, as `Toasts.show` takes it.
    """

    offered = Signal(str, str, str, object)

    def __init__(self, document: Document, view: ViewState, window: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._view, self._window = document, view, window
        self._folder = document.project.path / "exports"
        self.dialog: ExportDialog | None = None

    def slots(self) -> dict[str, Callable[[], object]]:
        """Action → what it calls."""
        return {"export_tracks": self._export}

    def close(self) -> None:
        """Give up what is under way."""
        if self.dialog is not None:
            self.dialog.close()

    def _export(self) -> None:
        self.close()
        self.dialog = ExportDialog(self._document, self._view.clip, self._folder, self._window)
        self.dialog.written.connect(self._tell_written)
        self.dialog.finished.connect(self._forget_dialog)
        self.dialog.show()

    def _tell_written(self, count: int, folder: Path) -> None:
        self._folder = folder
        clips = "1 clip" if count == 1 else f"{count} clips"
        self.offered.emit(f"Exported {clips} to {folder}.", "info", "Open folder", partial(_open, folder))

    def _forget_dialog(self) -> None:
        self.dialog = None


def _open(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
