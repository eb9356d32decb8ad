"""Frames decoded in a thread: the newest request first, then those the user will probably ask for next."""

from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from core.datasets.clip import Clip
from core.datasets.reading import Frames, open_frames
from core.errors import StudioError

AHEAD = 64
"""Frames read in advance, the way the user is going."""

BEHIND = 16
"""Frames read in advance, the other way."""

_BLOCK = 16  # frames of a video read forward at a time while the user goes backward


class _Relay(QObject):
    """Carries results into the window's thread.

    The application owns it, since the last reference to it may be dropped in the thread that
    decodes, where it must not be deleted; it goes when that thread has closed its clip.
    """

    done = Signal(object, int, object)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__(QCoreApplication.instance())
        self.closed.connect(self.deleteLater, Qt.ConnectionType.QueuedConnection)


class FrameLoader(QObject):
    """Keeps frames of one clip, as many as fit `budget` bytes, around the one asked for last.

    Frames are (H, W, 4) uint8 arrays, pixels of `QImage.Format_RGB32`. One frame is decoded at a
    time, so a request waits for one other at most, and no queue of old requests builds up.

    Signals:
        loaded(int, object): a frame that was asked for, or the `StudioError` in its place.
    """

    loaded = Signal(int, object)

    def __init__(self, parent: QObject | None = None, budget: int = 512 * 2**20) -> None:
        super().__init__(parent)
        self._budget = budget
        self._clip: Clip | None = None
        self._session: _Session | None = None
        self._cache: dict[int, np.ndarray] = {}
        self._unreadable: set[int] = set()
        self._wanted: int | None = None
        self._cursor = 0
        self._direction = 1
        self._loading: int | None = None
        self._asked = False  # whether what is being loaded was asked for, not read in advance

    def set_budget(self, budget: int) -> None:
        """Keep as many frames as fit so many bytes; those too many are let go at once."""
        self._budget = budget
        self._evict()
        self._load_next()

    def open(self, clip: Clip | None) -> None:
        """Turn to another clip and forget the frames of the one before."""
        if self._session is not None:
            self._session.close()
        self._clip, self._session = clip, None
        self._cache, self._unreadable = {}, set()
        self._wanted, self._loading, self._cursor, self._direction = None, None, 0, 1
        if clip is not None:
            self._session = _Session(clip)
            # Queued, so that a frame that is ready at once is reported after `request` has returned, too.
            self._session.relay.done.connect(self._finish, Qt.ConnectionType.QueuedConnection)

    def request(self, frame: int) -> np.ndarray | None:
        """The frame if it is there; else None, and `loaded` follows unless a newer request comes before."""
        if self._clip is None:
            return None
        if frame != self._cursor and abs(frame - self._cursor) <= AHEAD:
            self._direction = 1 if frame > self._cursor else -1
        self._cursor = frame
        found = self._cache.get(frame)
        self._wanted = None if found is not None else frame
        if found is not None:
            self._asked = False  # what is being loaded would replace the frame that is shown now
        self._load_next()
        return found

    @property
    def cached(self) -> frozenset[int]:
        """The frames that are there."""
        return frozenset(self._cache)

    def _load_next(self) -> None:
        if self._loading is None and self._session is not None:
            self._asked = self._wanted is not None
            self._loading = self._wanted if self._wanted is not None else self._next_ahead()
            if self._loading is not None:
                self._session.load(self._loading)

    def _finish(self, session: "_Session", frame: int, future: "Future[np.ndarray]") -> None:
        if session is not self._session:
            return  # of the clip before
        self._loading = None
        asked = self._asked or frame == self._wanted
        result: np.ndarray | StudioError
        try:
            result = self._cache[frame] = future.result()
            self._unreadable.discard(frame)
            self._evict()
        except StudioError as error:
            result = error
            self._unreadable.add(frame)
        if frame == self._wanted:
            self._wanted = None
        if asked:
            self.loaded.emit(frame, result)
        self._load_next()

    @property
    def _capacity(self) -> int:
        if self._clip is None:
            return 0
        return max(4, self._budget // (self._clip.width * self._clip.height * 4))

    def _evict(self) -> None:
        while len(self._cache) > self._capacity:
            del self._cache[max(self._cache, key=self._remoteness)]

    def _remoteness(self, frame: int) -> int:
        ahead = (frame - self._cursor) * self._direction
        return ahead if ahead >= 0 else -(AHEAD // BEHIND) * ahead

    def _next_ahead(self) -> int | None:
        """The next frame to read in advance; None when all are there."""
        if self._clip is None:
            return None
        spare = self._capacity - 1
        behind = min(BEHIND, spare // 4)
        ahead = min(AHEAD, spare - behind)
        onward = [self._cursor + self._direction * step for step in range(1, ahead + 1)]
        if self._direction < 0 and self._clip.is_video:
            # A video is decoded forward only: take each stretch from its first frame on.
            onward = [
                frame
                for start in range(0, len(onward), _BLOCK)
                for frame in reversed(onward[start : start + _BLOCK])
            ]
        back = [self._cursor - self._direction * step for step in range(1, behind + 1)]
        for frame in onward + back:
            inside = 0 <= frame < self._clip.frames
            if inside and frame not in self._cache and frame not in self._unreadable:
                return frame
        return None


class _Session:
    """A clip opened in a thread of its own."""

    def __init__(self, clip: Clip) -> None:
        self.relay = _Relay()
        self._clip = clip
        self._frames: Frames | None = None
        self._thread = ThreadPoolExecutor(1, "frames")

    def load(self, frame: int) -> None:
        done = self.relay.done
        self._thread.submit(self._decode, frame).add_done_callback(
            lambda future: done.emit(self, frame, future)
        )

    def close(self) -> None:
        self._thread.submit(self._close)
        self._thread.shutdown(wait=False)

    def _decode(self, frame: int) -> np.ndarray:
        if self._frames is None:
            self._frames = open_frames(self._clip)
        return cv2.cvtColor(self._frames[frame], cv2.COLOR_RGB2BGRA)

    def _close(self) -> None:
        if self._frames is not None:
            self._frames.close()
        self.relay.closed.emit()
