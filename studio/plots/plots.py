"""What all plots of a window share: how curves are smoothed, and the folder that figures go to."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from studio.plots.curve_plot import CurvePlot
from studio.plots.figure_button import FigureButton
from studio.plots.smoothing import SMOOTHINGS, USUAL
from studio.window.settings import WindowSettings


class Plots(QObject):
    """A choice made in one plot holds in all that were joined, and the next time the window opens.

    Signals:
        message(str): a figure was written; one sentence.
    """

    message = Signal(str)

    def __init__(self, settings: WindowSettings, folder: Path, parent: QObject | None = None) -> None:
        """Plots of a project.

        Args:
            settings: remembers the smoothing.
            folder: where figures are offered to go first.
        """
        super().__init__(parent)
        self._settings, self._folder = settings, folder
        self._curves: list[CurvePlot] = []
        self._buttons: list[FigureButton] = []

    def join(self, root: QWidget) -> None:
        """Join every plot at or below a widget."""
        kept = self._settings.smoothing
        curves = [*root.findChildren(CurvePlot), *([root] if isinstance(root, CurvePlot) else [])]
        for plot in curves:
            plot.set_smoothing(kept if kept in SMOOTHINGS else USUAL)
            plot.smoothing_chosen.connect(self._smooth)
        buttons = root.findChildren(FigureButton)
        for button in buttons:
            button.folder = self._folder
            button.written.connect(self._take_written)
        self._curves += curves
        self._buttons += buttons

    def _smooth(self, name: str) -> None:
        self._settings.smoothing = name
        for plot in self._curves:
            plot.set_smoothing(name)

    def _take_written(self, path: Path) -> None:
        self._folder = path.parent
        for button in self._buttons:
            button.folder = path.parent
        self.message.emit(f"{path.name} was written to {path.parent}.")
