"""A film of the filters: each step at which they were saved as a small picture of all of them."""

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QSizePolicy, QWidget

from core.errors import StudioError
from core.events import Filters
from core.filters import read_filters, tiled
from studio import theme
from studio.watch.reading import Reading

HEIGHT = 56
"""View pixels of a picture."""


class FilterStrip(QAbstractScrollArea):
    """Pictures in a row, oldest first; click or left and right go to a step.

    Signals:
        step_chosen(int): a person went to a step.
    """

    step_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.saved: tuple[Filters, ...] = ()
        self.step: int | None = None
        self._folder = Path()
        self._pictures: dict[str, QImage | None] = {}
        self._reading = Reading(self)
        self._reading.done.connect(self._take)
        self._wanting = QTimer(self, interval=0, singleShot=True)
        self._wanting.timeout.connect(self._want)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Steps at which the filters were saved")
        self.horizontalScrollBar().setSingleStep(HEIGHT)

    def sizeHint(self) -> QSize:
        below = self.fontMetrics().height() + self.horizontalScrollBar().sizeHint().height() + 6
        return QSize(400, HEIGHT + below)

    def show_saved(self, folder: Path, saved: list[Filters]) -> None:
        """Show the filters of a run; `saved`: its events, whose paths are relative to the folder."""
        if folder != self._folder:
            self._pictures.clear()
        self._folder, self.saved = folder, tuple(saved)
        self._set_bar()

    def set_step(self, step: int | None) -> None:
        """Mark the picture of a step, and scroll to it."""
        if step != self.step:
            self.step = step
            place = next((place for place, one in enumerate(self.saved) if one.step == step), None)
            if place is not None:
                left, bar = place * self._width, self.horizontalScrollBar()
                if left < bar.value():
                    bar.setValue(left)
                elif left + self._width > bar.value() + self.viewport().width():
                    bar.setValue(left + self._width - self.viewport().width())
            self.viewport().update()

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._reading.close()

    def place(self, number: int) -> QRect:
        """Where a picture is in the viewport."""
        left = number * self._width - self.horizontalScrollBar().value()
        return QRect(left, 0, self._width - theme.SPACE // 2, HEIGHT)

    @property
    def _width(self) -> int:
        """View pixels from one picture to the next: half as wide again as high, as 96 filters are."""
        return HEIGHT * 3 // 2 + theme.SPACE // 2

    def _in_view(self) -> range:
        left, wide = self.horizontalScrollBar().value(), self.viewport().width()
        return range(left // self._width, min((left + wide) // self._width + 1, len(self.saved)))

    def _set_bar(self) -> None:
        bar = self.horizontalScrollBar()
        at_end = bar.value() == bar.maximum()
        bar.setRange(0, max(0, len(self.saved) * self._width - self.viewport().width()))
        bar.setPageStep(self.viewport().width())
        if at_end:
            bar.setValue(bar.maximum())
        self._wanting.start()
        self.viewport().update()

    def _want(self) -> None:
        missing = [self.saved[k].path for k in self._in_view() if self.saved[k].path not in self._pictures]
        if missing and self.isVisible():
            self._reading.want((self._folder, *missing), partial(_pictures, self._folder, missing))

    def _take(self, found: dict[str, QImage | None]) -> None:
        self._pictures.update(found)
        self._wanting.start()
        self.viewport().update()

    def _choose(self, number: int) -> None:
        if 0 <= number < len(self.saved) and self.saved[number].step != self.step:
            self.set_step(self.saved[number].step)
            self.step_chosen.emit(self.saved[number].step)

    # --- Qt -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.colours(self)
        with QPainter(self.viewport()) as painter:
            for number in self._in_view():
                one, at = self.saved[number], self.place(number)
                picture = self._pictures.get(one.path)
                if picture is not None:
                    shown = picture.size().scaled(at.size(), Qt.AspectRatioMode.KeepAspectRatio)
                    inside = QRect(at.topLeft(), shown)
                    inside.moveCenter(at.center())
                    painter.drawImage(inside, picture)
                else:
                    painter.fillRect(at, QColor(colours.stripe))
                marked = one.step == self.step
                if marked:
                    painter.setPen(QPen(QColor(colours.mark), 2))
                    painter.drawRect(at.adjusted(1, 1, -1, -1))
                painter.setPen(QColor(colours.mark if marked else colours.muted))
                below = QRect(at.left(), HEIGHT + 2, at.width(), self.fontMetrics().height())
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, f"{one.step:,}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        x = event.position().x() + self.horizontalScrollBar().value()
        self._choose(int(x // self._width))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        here = next((place for place, one in enumerate(self.saved) if one.step == self.step), -1)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._choose(here + (1 if event.key() == Qt.Key.Key_Right else -1))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_bar()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self._wanting.start()
        self.viewport().update()


def _pictures(folder: Path, paths: list[str]) -> dict[str, QImage | None]:
    """Path → picture of all filters; None where a file is missing or damaged."""
    found: dict[str, QImage | None] = {}
    for path in paths:
        try:
            pixels = np.ascontiguousarray(_tiled(read_filters(folder / path)))
        except StudioError:
            found[path] = None
        else:
            high, wide = pixels.shape[:2]
            found[path] = QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_RGBA8888).copy()
    return found


def _tiled(filters: np.ndarray) -> np.ndarray:
    """All filters in a picture that is half as wide again as high."""
    return tiled(filters, max(1, round(np.sqrt(1.5 * len(filters)))))
