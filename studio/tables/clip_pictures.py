"""Small pictures of clips for lists: made in a thread when they are first seen, the newest wish first."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap

from core.datasets.clip import Clip
from core.datasets.thumbnail import thumbnail
from core.errors import StudioError

_Key = tuple[int, Path]
"""Of a clip and where its frames are: one whose frames were found again is tried again."""


class ClipPictures(QObject):
    """The first frame of each clip that was asked for.

    Signals:
        arrived(): another picture is there.
    """

    arrived = Signal()
    _made = Signal(object, object)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """`folder`: where they are kept between starts."""
        super().__init__(parent)
        self._folder = folder
        self._icons: dict[_Key, QIcon] = {}
        self._wanted: deque[Clip] = deque()
        self._thread = ThreadPoolExecutor(1, "thumbnails")
        self._closed = False
        self._made.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def icon(self, clip: Clip) -> QIcon:
        """The picture of a clip; an empty one until it is there, and where its frames cannot be read."""
        key = (clip.id, clip.root)
        if key not in self._icons:
            self._icons[key] = QIcon()
            if not self._closed:
                self._wanted.append(clip)
                self._thread.submit(self._make)
        return self._icons[key]

    def close_reader(self) -> None:
        """Wait for the thread."""
        self._closed = True
        self._wanted.clear()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _make(self) -> None:
        if not self._wanted:
            return
        clip = self._wanted.pop()
        try:
            image = np.ascontiguousarray(thumbnail(clip, self._folder))
        except StudioError:
            return  # the canvas says so of the clip that is looked at
        height, width = image.shape[:2]
        picture = QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
        self._made.emit((clip.id, clip.root), picture)

    def _take(self, key: _Key, picture: QImage) -> None:
        if self._closed:
            return
        pixmap = QPixmap.fromImage(picture)
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else Qt tints it
        self._icons[key] = icon
        self.arrived.emit()
