"""A track carried on from a frame where it is known, live: what is found lands as it comes."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from core.datasets.clip import Clip
from core.events import OnProgress
from core.trajectories.journal import Edit
from core.trajectories.model import Changes
from core.trajectories.steps import HistoryEntry
from studio.background import Background
from studio.document import Document
from studio.view_state import Filling, ViewState

LANDS = 120
"""Milliseconds between two times that what was found is written."""


class Found(Protocol):
    """What is found of a track at a frame."""

    @property
    def frame(self) -> int: ...


AnyFound = TypeVar("AnyFound", bound=Found)


@dataclass(eq=False)
class Way(Generic[AnyFound]):
    """A track on its way: an object or a point says how it is carried, and what comes of it.

    Attributes:
        first, last: the frames that it may reach, and where it sets out from.
        goes_along: whether the frame that is seen goes with it.
        found: by the thread, in order; `landed` of them were written, as parts of `step`.
        seen: the last frame that was gone to; at first where it sets out.
    """

    clip: Clip
    trajectory_id: int
    first: int
    last: int
    seen: int
    goes_along: bool = True
    found: list[AnyFound] = field(default_factory=list)
    landed: int = 0
    step: HistoryEntry | None = None

    @property
    def kept(self) -> Sequence[AnyFound]:
        """What of it was written: the thread may find more after it was stopped."""
        return self.found[: self.landed]

    def run(self, report: OnProgress) -> None:
        """Find what it comes to, in a thread, frame by frame.

        Raises:
            StudioError: the frames cannot be read.
        """
        raise NotImplementedError

    def edit(self, new: Sequence[AnyFound], ended: bool, stopped: bool) -> Edit | None:
        """What writes what is new; `ended`: nothing more comes; `stopped`: because a person stopped it."""
        raise NotImplementedError

    def sentence(self, stopped: bool) -> str:
        """How far it came, and why no farther."""
        raise NotImplementedError

    @property
    def in_words(self) -> str:
        """That it is under way."""
        raise NotImplementedError


class Carrying(QObject):
    """Carries one track at a time, the others wait; the frame that is seen goes with it where it should.

    All of it is one step of undo. It ends where the way does, by `cancel`, or when the track is changed
    meanwhile; what came so far stays.

    Signals:
        failed(str): the frames cannot be read; one sentence for the user.
        told(str): how far it was carried, and why no farther.
        changed(): one began, or ended.
    """

    failed = Signal(str)
    told = Signal(str)
    changed = Signal()

    def __init__(self, document: Document, view: ViewState, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._view = document, view
        self._way: Way[Any] | None = None
        self._led_to: int | None = None
        self._waiting: deque[Way[Any]] = deque()
        self._writing = False
        self._background = Background(self)
        self._background.progressed.connect(self._wait_to_land)
        self._background.done.connect(lambda nothing: self._finish(stopped=False))
        self._background.failed.connect(self._fail)
        self._landing = QTimer(self, interval=LANDS, singleShot=True)
        self._landing.timeout.connect(self._land)
        document.changed.connect(self._give_up_changed)

    @property
    def under_way(self) -> str:
        """What is being carried, in words; empty while nothing is."""
        return self._way.in_words if self._way is not None else ""

    @property
    def led_to(self) -> int | None:
        """The last frame that the view went to with a track; it may still be being decoded."""
        return self._led_to

    def start(self, way: Way[Any]) -> None:
        """Carry a track, after those that are on their way."""
        self._waiting.append(way)
        if self._way is None:
            self._next()
        else:
            self._show()

    def cancel(self) -> bool:
        """End all where they are, what came so far stays; False if there is nothing."""
        if self._way is None:
            return False
        self._waiting.clear()
        self._background.cancel()
        self._finish(stopped=True)
        return True

    def close(self) -> None:
        """End what is under way, and wait for the thread."""
        self.cancel()
        self._background.close()

    # --- what comes -----------------------------------------------------------------------------

    def _next(self) -> None:
        self._way = self._waiting.popleft() if self._waiting else None
        if self._way is not None:
            self._background.start(self._way.run)
        self._show()
        self.changed.emit()

    def _wait_to_land(self) -> None:
        """What is found first is shown at once, what comes after it together."""
        if not self._landing.isActive() and self._way is not None:
            self._landing.start(LANDS if self._way.landed else 0)

    def _land(self, ended: bool = False, stopped: bool = False) -> None:
        """Write what was found since the last time."""
        way = self._way
        if way is None:
            return
        new = way.found[way.landed :]
        edit = way.edit(new, ended, stopped) if new or ended else None
        if edit is not None:
            way.landed += len(new)
            self._writing = True
            try:
                if way.step is not None:
                    self._document.complete(edit, way.step)
                elif self._document.perform(edit):
                    way.step = self._document.last_edit()
                else:
                    self._background.cancel()
                    self._next()
                    return
            finally:
                self._writing = False
        if new and way.goes_along:
            self._follow(way, new[-1].frame)
        self._show()

    def _follow(self, way: Way[Any], frame: int) -> None:
        """Go with the track, unless the person looks elsewhere now."""
        clip = self._view.clip
        if clip is not None and clip.id == way.clip.id and self._view.frame == way.seen:
            way.seen = self._led_to = frame
            self._view.set_frame(frame)

    def _finish(self, stopped: bool) -> None:
        way = self._way
        if way is None:
            return
        self._landing.stop()
        self._land(ended=True, stopped=stopped)
        if way is self._way:
            self._next()
            self.told.emit(way.sentence(stopped))

    def _fail(self, sentence: str) -> None:
        self._finish(stopped=True)
        self.failed.emit(sentence)

    def _give_up_changed(self, changes: Changes) -> None:
        """A track was changed by something else, or what landed was taken back."""
        if self._writing:
            return
        self._waiting = deque(way for way in self._waiting if way.trajectory_id not in changes.trajectories)
        if self._way is not None and self._way.trajectory_id in changes.trajectories:
            self._landing.stop()
            self._background.cancel()
            self._next()

    def _show(self) -> None:
        filling = {way.trajectory_id: Filling(way.first, way.last) for way in self._waiting}
        way = self._way
        if way is not None:
            total = max(way.last - way.first, 1)
            percent = 100 * len(way.found) // total // 5 * 5
            filling[way.trajectory_id] = Filling(way.first, way.last, percent)
        self._view.set_filling(filling, by="carrying")
