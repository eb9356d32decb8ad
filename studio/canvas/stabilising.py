"""The camera's motion in the clip that is looked at, worked out in a thread, nearest frames first."""

from PySide6.QtCore import QObject, QTimer, Signal

from core.events import OnProgress
from core.tracking.camera_motion import CameraMotion
from core.trajectories.model import PointTrajectories
from studio.background import Background
from studio.view_state import ViewState

SHOWN_EVERY = 150
"""Milliseconds between pictures while frames are added."""

AT_LEISURE = 400
"""Milliseconds after which frames are worked out that are not drawn yet: a clip is shown first."""

_ANOTHER = 0.2  # share of points more or fewer from which on the motion is told again


class Stabilising(QObject):
    """Follows the points of the clip while stabilised paths are drawn.

    An edit of some points leaves the motion as it is: it is that of the others, too.

    Attributes:
        motion: as far as it is known; empty without a clip.

    Signals:
        changed(): more of it is known of the frames whose paths are drawn.
    """

    changed = Signal()

    def __init__(self, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._clip_id, self._closed = 0, False
        self.motion = CameraMotion(PointTrajectories.pack([], []))
        self._background = Background(self)
        self._background.progressed.connect(self._take_step)
        self._showing = QTimer(self, interval=SHOWN_EVERY, singleShot=True)
        self._showing.timeout.connect(self.changed)
        self._later = QTimer(self, interval=AT_LEISURE, singleShot=True)
        self._later.timeout.connect(self._start)
        view.layers_changed.connect(self._start)
        view.frame_changed.connect(self._hurry)

    def follow(self, clip_id: int, points: PointTrajectories) -> None:
        """Take the points of a clip, unless they are nearly those that are known."""
        before = len(self.motion.points)
        if clip_id != self._clip_id or abs(len(points) - before) > _ANOTHER * before:
            self._clip_id, self.motion = clip_id, CameraMotion(points)
            self._background.cancel()
            self._later.start()
            self._hurry()

    def close(self) -> None:
        """Wait for the thread; nothing is estimated any more."""
        self._closed = True
        self._showing.stop()
        self._later.stop()
        self._background.close()

    def _hurry(self) -> None:
        """Wait no longer where paths are drawn over frames that are not known."""
        if self._later.isActive() and not all(self.motion.is_known(step) for step in self._drawn()):
            self._start()

    def _drawn(self) -> range:
        """The steps from a frame to the next that paths are drawn over now."""
        layers, clip, here = self._view.layers, self._view.clip, self._view.frame
        last = clip.frames - 1 if clip is not None else 0
        return range(max(here - layers.trail, 0), min(here + layers.ahead, last))

    def _start(self) -> None:
        """Estimate what is not known yet, if it is drawn."""
        self._later.stop()
        layers, clip, motion = self._view.layers, self._view.clip, self.motion
        if self._closed or clip is None or not (layers.trails and layers.stabilise) or not len(motion.points):
            return
        here = self._view.frame
        steps = [step for step in range(clip.frames - 1) if not motion.is_known(step)]
        steps.sort(key=lambda step: abs(step - here))
        if not steps:
            return

        def estimate(report: OnProgress) -> None:
            for step in steps:
                motion.estimate(step)
                report(step, clip.frames, "")

        self._background.start(estimate)

    def _take_step(self, step: int) -> None:
        if step in self._drawn() and not self._showing.isActive():
            self._showing.start()
