"""Small pictures cut out of large ones in a thread: those wanted now, and no others."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from core.events import OnProgress
from studio.background import Background

KEPT = 3000
"""Pictures that are kept."""


class _Piece(Protocol):
    @property
    def key(self) -> Hashable:
        """The same for pieces of the same pixels."""


Piece = TypeVar("Piece", bound=_Piece)

Cut = Callable[[Sequence[Piece], int], Iterator[list[tuple[Hashable, np.ndarray]]]]
"""Called in a thread with pieces and a side S in pixels; gives keys and (S, S, 3) uint8 RGB, some at once."""


class PictureCutter(QObject, Generic[Piece]):
    """Cuts the pieces that are wanted now; the wishes before are forgotten, the pictures kept.

    Signals:
        arrived(): there are more pictures.
        failed(str): something cannot be read; one sentence.
    """

    arrived = Signal()
    failed = Signal(str)
    _cut_some = Signal(object)

    def __init__(self, cut: "Cut[Piece]", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cut = cut
        self._pictures: OrderedDict[Hashable, QImage] = OrderedDict()
        self._side = 0
        self._wanted: tuple[Hashable, ...] = ()
        self._work = Background(self)
        self._work.failed.connect(self.failed)
        self._cut_some.connect(self._take)

    def picture(self, piece: Piece) -> QImage | None:
        """The picture of a piece where it is there."""
        return self._pictures.get(piece.key)

    def want(self, pieces: Iterable[Piece], side: int) -> None:
        """Cut these, in this order, to a side in pixels; those that are there are not cut again."""
        if side != self._side:
            self._pictures.clear()
            self._side = side
        missing = {piece.key: piece for piece in pieces if piece.key not in self._pictures}
        wanted = tuple(missing)
        if wanted and (wanted != self._wanted or not self._work.is_running):
            self._wanted = wanted
            self._work.start(lambda report: self._cut_all(list(missing.values()), side, report))

    def close(self) -> None:
        """Wait for the thread."""
        self._work.close()

    def _cut_all(self, pieces: Sequence[Piece], side: int, report: OnProgress) -> None:
        """Called in the thread."""
        done = 0
        for some in self._cut(pieces, side):
            self._cut_some.emit((side, [(key, _image(pixels)) for key, pixels in some]))
            done += len(some)
            report(done, len(pieces), "")

    def _take(self, cut: tuple[int, list[tuple[Hashable, QImage]]]) -> None:
        side, pictures = cut
        if side == self._side:
            self._pictures.update(pictures)
            while len(self._pictures) > KEPT:
                self._pictures.popitem(last=False)
            self.arrived.emit()


def _image(pixels: np.ndarray) -> QImage:
    """A copy of (S, S, 3) uint8 RGB."""
    height, width = pixels.shape[:2]
    return QImage(
        np.ascontiguousarray(pixels).data, width, height, 3 * width, QImage.Format.Format_RGB888
    ).copy()
