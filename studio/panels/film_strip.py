"""A track as a strip of pictures, cut out along its way."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.datasets.clip import Clip
from core.datasets.reading import open_frames
from core.events import OnProgress
from studio import theme
from studio.background import Background

SIDE = 72
"""Pixels of a picture's side on the screen."""

POINT_SIDE = 100
"""Pixels of the frame cut out around a point, as for training."""


@dataclass(frozen=True)
class Cut:
    """What to cut out: a frame, and the square (x1, y1, x2, y2) of it, which may reach outside."""

    frame: int
    square: tuple[int, int, int, int]


def cuts_along(frames: np.ndarray, boxes: np.ndarray, count: int) -> list[Cut]:
    """At most `count` cuts, evenly spread over a track's observations.

    Args:
        frames: (K,) int, ascending.
        boxes: (K, 4) float, pixels; each cut is a square around its box with a tenth more room.
    """
    if len(frames) == 0:
        return []
    places = np.unique(np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int))
    cuts = []
    for place in places:
        x1, y1, x2, y2 = (float(value) for value in boxes[place])
        half = max(x2 - x1, y2 - y1, 8) * 0.55
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        square = (round(x - half), round(y - half), round(x + half), round(y + half))
        cuts.append(Cut(int(frames[place]), square))
    return cuts


def cut_out(frame: np.ndarray, cut: Cut) -> np.ndarray:
    """(S, S, 3) uint8 RGB: a square of a (H, W, 3) frame; black outside of it."""
    x1, y1, x2, y2 = cut.square
    height, width = frame.shape[:2]
    piece = np.zeros((y2 - y1, x2 - x1, 3), np.uint8)
    left, top, right, bottom = max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)
    if right > left and bottom > top:
        piece[top - y1 : bottom - y1, left - x1 : right - x1] = frame[top:bottom, left:right]
    return piece


class FilmStrip(QWidget):
    """Pictures in a row; a click goes to the frame.

    Signals:
        frame_chosen(int): a picture was clicked.
    """

    frame_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Film strip of the track")
        self.setToolTip("Click a picture to go to its frame")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.cuts: list[Cut] = []
        self.pictures: list[QImage] = []
        self._clip: Clip | None = None
        self._frame = 0
        self._work = Background(self)
        self._work.done.connect(self._take)
        self._work.failed.connect(lambda sentence: self.setToolTip(sentence))

    def sizeHint(self) -> QSize:
        return QSize(4 * SIDE, SIDE + self.fontMetrics().height() + 2)

    @property
    def room(self) -> int:
        """How many pictures fit."""
        return max(1, self.width() // (SIDE + 2))

    def show_cuts(self, clip: Clip | None, cuts: list[Cut]) -> None:
        """Show other pictures; they are decoded in a thread and appear together."""
        if (clip, cuts) == (self._clip, self.cuts):
            return
        self._clip, self.cuts, self.pictures = clip, cuts, []
        self.update()
        if clip is not None and cuts:
            side = round(SIDE * self.devicePixelRatioF())
            self._work.start(lambda report: _cut_all(clip, cuts, side, report))

    def set_frame(self, frame: int) -> None:
        """Mark the picture of the latest frame up to this one."""
        if frame != self._frame:
            self._frame = frame
            self.update()

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._work.close()

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colours(self)
        with QPainter(self) as painter:
            earlier = [cut.frame for cut in self.cuts if cut.frame <= self._frame]
            for place, cut in enumerate(self.cuts):
                area = QRect(place * (SIDE + 2), 0, SIDE, SIDE)
                if place < len(self.pictures):
                    painter.drawImage(area, self.pictures[place])
                else:
                    painter.fillRect(area, QColor(c.stripe))
                marked = bool(earlier) and cut.frame == earlier[-1]
                if marked:
                    painter.setPen(QPen(QColor(c.mark), 2))
                    painter.drawRect(area.adjusted(1, 1, -1, -1))
                painter.setPen(QColor(c.mark if marked else c.muted))
                below = QRect(area.left(), SIDE, SIDE, self.height() - SIDE)
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, str(cut.frame))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = int(event.position().x()) // (SIDE + 2)
        if 0 <= place < len(self.cuts):
            self.frame_chosen.emit(self.cuts[place].frame)

    def _take(self, pictures: list[QImage]) -> None:
        self.pictures = pictures
        self.update()


def _cut_all(clip: Clip, cuts: list[Cut], side: int, report: OnProgress) -> list[QImage]:
    pictures = []
    with open_frames(clip) as frames:
        for number, cut in enumerate(cuts):
            report(number, len(cuts), "")
            piece = cut_out(frames[cut.frame], cut)
            height, width = piece.shape[:2]
            image = QImage(piece.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            keep, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            pictures.append(image.scaled(side, side, keep, smooth))  # a copy, no view of `piece`
    return pictures
