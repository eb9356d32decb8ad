"""The conv1 filters of a run as one picture, with a strip through the steps at which they were saved."""

import contextlib
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSlider, QVBoxLayout, QWidget

from core.errors import StudioError
from core.events import Filters
from core.filters import read_filters
from studio import theme
from studio.elided_label import ElidedLabel
from studio.plots.figure import Figure
from studio.plots.figure_button import FigureButton
from studio.plots.filter_figure import best_grid, filter_figure, filter_image

USUAL = "The first layer's filters appear here\nas a run saves them."


class FilterPicture(QWidget):
    """The filters at one of the saved steps: the newest, until a person moves the slider back.

    Signals:
        step_chosen(int): a person went to a step.
    """

    step_chosen = Signal(int)

    def __init__(self, title: str = "conv1 filters", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._saved: list[Filters] = []
        self._folder = Path()
        self._heading, self._where = ElidedLabel(title), QLabel()
        self._heading.setProperty("role", "heading")
        self._where.setProperty("quiet", True)
        self._where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._picture = _Picture()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName("Training step of the filters")
        self._slider.setToolTip("Go through the steps at which the filters were saved")
        self._slider.valueChanged.connect(self._show_chosen)
        self._slider.sliderMoved.connect(self._tell)
        self.export_button = FigureButton(self.figure, self._nothing_to_export)
        head = QHBoxLayout()
        head.addWidget(self._heading, 1)
        head.addWidget(self._where)
        head.addWidget(self.export_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        layout.setSpacing(theme.SPACE // 2)
        layout.addLayout(head)
        layout.addWidget(self._picture, 1)
        layout.addWidget(self._slider)
        self._slider.hide()

    @property
    def step(self) -> int | None:
        """The step whose filters are shown; None without any."""
        return self._saved[self._slider.value()].step if self._saved else None

    @property
    def filters(self) -> np.ndarray | None:
        """(F, 3, k, k) float32: what is shown."""
        return self._picture.filters

    def show_filters(self, folder: Path | None, saved: list[Filters]) -> None:
        """Show the filters of a run.

        Args:
            folder: the run's folder, which the paths of the events are relative to.
            saved: the run's events, in order.
        """
        if saved == self._saved and (folder or Path()) == self._folder:
            return
        follows = not self._saved or folder != self._folder or self._slider.value() >= len(self._saved) - 1
        self._folder, self._saved = folder or Path(), list(saved)
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(len(saved) - 1, 0))
        if follows:
            self._slider.setValue(len(saved) - 1)
        self._slider.blockSignals(False)
        self._slider.setVisible(len(saved) > 1)
        self._show_chosen()

    def set_title(self, title: str) -> None:
        """Name what is shown."""
        self._heading.show_text(title)
        self._heading.setToolTip(title)

    def say_why_none(self, sentence: str) -> None:
        """What is said where there are no filters; empty for the usual words."""
        self._picture.sentence = sentence or USUAL
        self._picture.update()

    def go_to(self, step: int) -> None:
        """Show the filters saved last at or before a step."""
        places = [place for place, one in enumerate(self._saved) if one.step <= step]
        self._slider.setValue(places[-1] if places else 0)

    def figure(self) -> Figure:
        """The filters shown, to be written to a file."""
        filters = self._picture.filters
        assert filters is not None  # else nothing is offered
        return filter_figure(filters, " · ".join(filter(None, (self._heading.whole, self._where.text()))))

    def _nothing_to_export(self) -> str:
        return "" if self._picture.filters is not None else "There are no filters to save yet."

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.export_button.open_menu(event.globalPos())

    def _show_chosen(self) -> None:
        chosen = self._saved[self._slider.value()] if self._saved else None
        filters = None
        if chosen is not None:
            with contextlib.suppress(StudioError):
                filters = read_filters(self._folder / chosen.path)
        self._picture.show_filters(filters)
        if chosen is None:
            self._where.setText("")
        elif filters is None:
            self._where.setText(f"step {chosen.step:,}: the file is missing or damaged")
        else:
            side = filters.shape[-1]
            self._where.setText(f"{len(filters)} of {side} × {side} px · step {chosen.step:,}")

    def _tell(self) -> None:
        if self.step is not None:
            self.step_chosen.emit(self.step)


class _Picture(QWidget):
    """Filters enlarged without smoothing, as large as a whole number of screen pixels allows."""

    def __init__(self) -> None:
        super().__init__()
        self.filters: np.ndarray | None = None
        self.sentence = USUAL
        self._image: QImage | None = None
        self._columns = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("conv1 filters")

    def sizeHint(self) -> QSize:
        return QSize(280, 180)

    def show_filters(self, filters: np.ndarray | None) -> None:
        self.filters, self._image = filters, None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            if self.filters is None:
                painter.setPen(theme.colours(self).muted)
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(
                    self.rect().adjusted(24, 0, -24, 0),
                    flags,
                    self.sentence,
                )
                return
            ratio = self.devicePixelRatioF()
            width, height = int(self.width() * ratio), int(self.height() * ratio)
            columns, zoom = best_grid(len(self.filters), self.filters.shape[-1], width, height)
            if self._image is None or columns != self._columns:
                self._image = filter_image(self.filters, columns)
                self._columns = columns
            shown = QSize(self._image.width() * zoom, self._image.height() * zoom)
            painter.scale(1 / ratio, 1 / ratio)
            corner_x, corner_y = (width - shown.width()) // 2, (height - shown.height()) // 2
            painter.drawImage(QRect(corner_x, corner_y, shown.width(), shown.height()), self._image)
