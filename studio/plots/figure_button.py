"""The button of a plot that writes it to a file, and the same as a context menu."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from studio import icons
from studio.plots.figure import Figure
from studio.plots.figure_files import FORMATS, picture, write_figure


class FigureButton(QToolButton):
    """Opens a menu: a file of each format, or a picture on the clipboard.

    Attributes:
        folder: where a file is offered to go.
        choices: the menu.

    Signals:
        written(Path): a figure was written there.
    """

    written = Signal(object)

    def __init__(
        self, figure: Callable[[], Figure], why_not: Callable[[], str], parent: QWidget | None = None
    ) -> None:
        """A button for a plot.

        Args:
            figure: gives what is to be written.
            why_not: says why there is nothing to write; empty where there is.
        """
        super().__init__(parent)
        self.folder = Path.home()
        self._figure, self._why_not = figure, why_not
        self.setObjectName("export_figure")
        self.setAccessibleName("Save the figure")
        self.setToolTip("Save the figure as PNG, SVG, PDF or CSV")
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        icons.set_icon(self, "export")
        self.choices = QMenu(self)
        self.choices.setToolTipsVisible(True)
        for suffix, form in FORMATS.items():
            action = self.choices.addAction(f"Save as {form.words}…")
            action.triggered.connect(partial(self._choose_file, suffix))
        self.choices.addSeparator()
        self.choices.addAction("Copy picture").triggered.connect(self._copy)
        self.choices.aboutToShow.connect(self._allow)
        self.clicked.connect(lambda: self.open_menu(self.mapToGlobal(self.rect().bottomLeft())))

    def open_menu(self, place: QPoint) -> None:
        """Open the menu at a point of the screen."""
        self.choices.popup(place)

    def _allow(self) -> None:
        reason = self._why_not()
        for action in self.choices.actions():
            action.setEnabled(not reason)
            action.setToolTip(reason or action.text())

    def _choose_file(self, suffix: str) -> None:
        figure = self._figure()
        dialog = QFileDialog(self.window(), f"Save “{figure.title}”", str(self._existing_folder()))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"{suffix.upper()} (*.{suffix})")
        dialog.setDefaultSuffix(suffix)
        dialog.selectFile(f"{file_name(figure.title)}.{suffix}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(partial(self._write, figure))
        dialog.open()

    def _write(self, figure: Figure, file: str) -> None:
        path = Path(file)
        write_figure(figure, path)  # a refusal becomes a message of the window
        self.folder = path.parent
        self.written.emit(path)

    def _existing_folder(self) -> Path:
        return next((one for one in (self.folder, *self.folder.parents) if one.is_dir()), Path.home())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setImage(picture(self._figure()))


def file_name(title: str) -> str:
    """A title as the name of a file on every platform, without its suffix."""
    kept = "".join(letter if letter.isalnum() or letter in " -_." else " " for letter in title)
    return "_".join(kept.split())[:80] or "figure"
