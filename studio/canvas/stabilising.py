"""The camera's motion in the clip that is looked at, worked out in a thread, nearest frames first."""

from PySide6.QtCore import QObject, QTimer, Signal

from core.events import OnProgress
from core.tracking.camera_motion import CameraMotion
from core.trajectories.model import PointTrajectories
from studio.background import Background
from studio.view_state import ViewState

SHOWN_EVERY = 150
"""Milliseconds between pictures while frames are added."""

_ANOTHER = 0.2  # share of points more or fewer from which on the motion is told again


class Stabilising(QObject):
    """Follows the points of the clip while stabilised paths are drawn.

    An edit of some points leaves the motion as it is: it is that of the others, too.

    Attributes:
        motion: as far as it is known; empty without a clip.

    Signals:
        changed(): more of it is known.
    """

    changed = Signal()

    def __init__(self, view: ViewState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._clip_id, self._closed = 0, False
        self.motion = CameraMotion(PointTrajectories.pack([], []))
        self._background = Background(self)
        self._background.progressed.connect(self._show_soon)
        self._background.done.connect(lambda result: self.changed.emit())
        self._showing = QTimer(self, interval=SHOWN_EVERY, singleShot=True)
        self._showing.timeout.connect(self.changed)
        view.layers_changed.connect(self._start)

    def follow(self, clip_id: int, points: PointTrajectories) -> None:
        """Take the points of a clip, unless they are nearly those that are known."""
        before = len(self.motion.points)
        if clip_id != self._clip_id or abs(len(points) - before) > _ANOTHER * before:
            self._clip_id, self.motion = clip_id, CameraMotion(points)
            self._background.cancel()
            self._start()

    def close(self) -> None:
        """Wait for the thread; nothing is estimated any more."""
        self._closed = True
        self._showing.stop()
        self._background.close()

    def _start(self) -> None:
        """Estimate what is not known yet, if it is drawn."""
        layers, clip, motion = self._view.layers, self._view.clip, self.motion
        if self._closed or clip is None or not (layers.trails and layers.stabilise) or not len(motion.points):
            return
        here = self._view.frame
        steps = [step for step in range(clip.frames - 1) if not motion.is_known(step)]
        steps.sort(key=lambda step: abs(step - here))
        if not steps:
            return

        def estimate(report: OnProgress) -> None:
            for place, step in enumerate(steps):
                report(place, len(steps), "")
                motion.estimate(step)

        self._background.start(estimate)

    def _show_soon(self) -> None:
        if not self._showing.isActive():
            self._showing.start()
