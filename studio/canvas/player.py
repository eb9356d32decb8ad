"""Playing: the frame that is due now is shown; what cannot be shown in time is left out."""

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal

from studio.view_state import ViewState

FRAMES_PER_SECOND = 25.0
"""At speed 1; image sequences do not say how fast they were taken."""

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)

_SHUTTLE = (1.0, 2.0, 4.0, 8.0)
_SHORTEST = 10  # milliseconds between two looks at the clock


class Player(QObject):
    """Moves `view.frame` on while `view.playing`.

    Signals:
        speed_changed(float): times `FRAMES_PER_SECOND`, negative for backward.
    """

    speed_changed = Signal(float)

    def __init__(self, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self.speed = 1.0
        self.loop = True
        self.left_out = 0
        self._clock = QElapsedTimer()
        self._from = 0
        self._shown = 0
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._advance)
        view.playing_changed.connect(self._playing_changed)

    def set_speed(self, speed: float) -> None:
        """Play at another speed, negative for backward."""
        if speed != self.speed:
            self.speed = speed
            self._restart()
            self.speed_changed.emit(speed)

    def shuttle(self, direction: int) -> None:
        """Play forward (1) or backward (-1); asked again, faster."""
        same = self._view.playing and self.speed * direction > 0
        faster = [speed for speed in _SHUTTLE if speed > abs(self.speed)]
        self.set_speed(direction * ((faster[0] if faster else _SHUTTLE[-1]) if same else 1.0))
        self._view.set_playing(True)

    def toggle(self) -> None:
        """Play, or pause; from an end at which playing stopped, begin again at the other."""
        clip = self._view.clip
        if clip is None:
            return
        if not self._view.playing and not self.loop:
            start, end = (0, clip.frames - 1) if self.speed > 0 else (clip.frames - 1, 0)
            if self._view.frame == end:
                self._view.set_frame(start)
        self._view.set_playing(not self._view.playing)

    def _playing_changed(self, playing: bool) -> None:
        if playing:
            self.left_out = 0
            self._restart()
            self._timer.start(max(_SHORTEST, int(1000 / (FRAMES_PER_SECOND * abs(self.speed)) / 2)))
        else:
            self._timer.stop()

    def _restart(self) -> None:
        self._from = self._shown = self._view.frame
        self._clock.start()
        if self._timer.isActive():
            self._timer.setInterval(max(_SHORTEST, int(1000 / (FRAMES_PER_SECOND * abs(self.speed)) / 2)))

    def _advance(self) -> None:
        clip = self._view.clip
        if clip is None:
            self._view.set_playing(False)
            return
        if self._view.frame != self._shown:  # someone else went elsewhere
            self._restart()
            return
        due = self._from + int(self._clock.elapsed() * FRAMES_PER_SECOND * self.speed / 1000)
        if due == self._shown:
            return
        self.left_out += abs(due - self._shown) - 1
        if 0 <= due < clip.frames:
            self._shown = due
            self._view.set_frame(due)
        elif self.loop and clip.frames > 1:
            self._view.set_frame(0 if self.speed > 0 else clip.frames - 1)
            self._restart()
        else:
            self._view.set_frame(due)  # held at the end
            self._view.set_playing(False)
