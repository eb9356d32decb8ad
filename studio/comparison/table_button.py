"""The button that copies a table or saves it as a file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from core.atomic_file import write_atomically
from core.errors import StudioError
from studio.comparison.table_files import FORMATS, FileTable


class TableButton(QToolButton):
    """Copies as text, or saves, in every one of `FORMATS`.

    Signals:
        written(Path): a file was written.
    """

    written = Signal(Path)

    def __init__(self, table: Callable[[], FileTable], parent: QWidget | None = None) -> None:
        """`table`: gives what is to be written, when it is asked for."""
        super().__init__(parent)
        self._table = table
        self.folder = Path()
        self.setText("Export table")
        self.setObjectName("copy_table")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        for name in FORMATS:
            menu.addAction(f"Copy as {name}").triggered.connect(partial(self.copy, name))
        menu.addSeparator()
        for name in FORMATS:
            menu.addAction(f"Save as {name}…").triggered.connect(partial(self._choose_file, name))
        self.setMenu(menu)

    def copy(self, name: str) -> None:
        """Put the table on the clipboard."""
        QGuiApplication.clipboard().setText(FORMATS[name][1](self._table()))

    def _choose_file(self, name: str) -> None:
        suffix, write = FORMATS[name]
        text = write(self._table())
        folder = self.folder if self.folder.is_dir() else self.folder.parent
        dialog = QFileDialog(self.window(), f"Save the table as {name}", str(folder))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{name} (*.{suffix})")
        dialog.setDefaultSuffix(suffix)
        dialog.selectFile(f"table1.{suffix}")
        dialog.fileSelected.connect(partial(self._write, text))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _write(self, text: str, file: str) -> None:
        path = Path(file)
        try:
            write_atomically(path, text.encode())
        except OSError as error:
            raise StudioError(
                f"{path} cannot be written ({error.strerror}); choose another place."
            ) from error
        self.folder = path.parent
        self.written.emit(path)
