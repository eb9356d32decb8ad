"""Importing clips: folders or files are chosen, and what they hold is shown by a dialog, one at a time."""

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from core.datasets.readers import READERS
from studio.exchange.importing import ImportDialog, unused_folder
from studio.window.settings import WindowSettings

FOLDERS = "imports"
"""Of which place the settings keep the last folder."""


class ClipImports(QObject):
    """What a person does until clips are chosen.

    Attributes:
        dialog: the one that is open; None while none is.

    Signals:
        ready(edit, folder): import this, into a new project in the folder where there is one.
    """

    ready = Signal(object, object)

    def __init__(
        self,
        settings: WindowSettings,
        taken: Callable[[], Collection[str] | None],
        projects: Callable[[], Path],
        window: QWidget,
    ) -> None:
        """
        Args:
            taken: gives the names of the clips of the open project; None while none is open.
            projects: gives the folder in which a new project is made then.
        """
        super().__init__(window)
        self._settings, self._taken, self._projects, self._window = settings, taken, projects, window
        self.dialog: ImportDialog | None = None

    def choose_folder(self) -> None:
        """Ask for a folder."""
        start = str(self._settings.last_folder(FOLDERS))
        chosen = QFileDialog.getExistingDirectory(self._window, "Import folder", start)
        if chosen:
            self.look_through([Path(chosen)])

    def choose_videos(self) -> None:
        """Ask for video files."""
        start = str(self._settings.last_folder(FOLDERS))
        kinds = [
            f"{reader.title} ({' '.join(f'*{suffix}' for suffix in reader.suffixes)})"
            for reader in READERS.values()
            if reader.suffixes
        ]
        filters = ";;".join([*kinds, "All files (*)"])
        chosen, _ = QFileDialog.getOpenFileNames(self._window, "Import videos", start, filters)
        if chosen:
            self.look_through([Path(path) for path in chosen])

    def look_through(self, sources: Sequence[Path]) -> None:
        """Show what folders or files hold, and import what is chosen of it."""
        self._settings.set_last_folder(FOLDERS, sources[0].parent)
        taken = self._taken()
        new = partial(unused_folder, self._projects()) if taken is None else None
        self.close()
        self.dialog = ImportDialog(taken or (), new, self._window)
        self.dialog.ready.connect(self.ready)
        self.dialog.finished.connect(self._forget)
        self.dialog.show()
        self.dialog.look_through(sources)

    def close(self) -> None:
        """Give up what is open: what it found was for the project that is open now."""
        if self.dialog is not None:
            self.dialog.close()

    def _forget(self) -> None:
        self.dialog = None
