"""The point tracker: optical flow linked from frame to frame into trajectories.

After Sundaram, Brox and Keutzer (ECCV 2010): trajectories start on a grid where there is structure,
follow the flow, and end where the flow forward and backward disagree. Beyond the paper: flow is read
between pixels; trajectories also follow flow over several frames and keep, at each frame, the chain
with the least accumulated variance (as Neoral, Šerých and Matas, WACV 2024); cheap flow is refined by
Lucas-Kanade; and a trajectory ends where its patch stops looking like itself five frames before.
"""

from collections.abc import Iterator, Mapping

import cv2
import numpy as np

from core.tracking import appearance
from core.tracking.config import TrackConfig
from core.tracking.flow_stream import FrameFlow, Images, stream
from core.tracking.live import LiveTrajectories
from core.tracking.optical_flow import DisFlow, FlowEstimator, follow, inside
from core.tracking.seeding import new_seeds
from core.tracking.selection import spread
from core.trajectories.model import EndReason, PointTrajectories

EDGE = 1.0
"""Pixels: a trajectory that comes nearer to the edge of the frame has left it."""

BACK = 5
"""Frames between the patches whose likeness is tested."""

AGREEMENT = 2.0
"""Pixels that a chain over several frames may lie from the link of one frame."""

LINK_VARIANCE = 0.01
"""Squared pixels that every link adds to the variance of a chain, besides its forward-backward error."""

PLAIN, FINE = DisFlow(), DisFlow(fine=True)

ESTIMATORS: dict[str, dict[int, FlowEstimator]] = {
    "fast": {1: PLAIN},
    "balanced": {1: PLAIN, 4: PLAIN},
    "quality": {1: FINE, 4: PLAIN},
    "best": {1: FINE, 2: FINE, 4: FINE, 8: FINE},
}
"""By preset: over how many frames flow is computed, and how."""


class FlowTracker:
    """Tracks the points of one clip, frame by frame.

    `for done in tracker.steps(): ...` does the work and says how many frames are done; then
    `tracker.trajectories()` has them. Closing `steps()` ends the work within a frame.
    """

    def __init__(
        self,
        frames: Images,
        config: TrackConfig,
        estimators: Mapping[int, FlowEstimator] | None = None,
    ) -> None:
        """Args:
        frames: the clip's.
        estimators: flow by gap in frames (1 among them), instead of the preset's.
        """
        self._frames = frames
        self._config = config
        self._estimators = dict(estimators or ESTIMATORS[config.preset])
        self._refine = list(self._estimators) == [1] and estimators is None
        self._scale = 1.0, 1.0
        self._live = LiveTrajectories(max(BACK, *self._estimators) + 1)
        self._last: np.ndarray | None = None

    def steps(self) -> Iterator[int]:
        """Frames done so far, after each."""
        for done in stream(self._frames, self._estimators, self._config.threads, self._config.max_side):
            self._advance(done)
            yield done.frame + 1
        self._live.end_all()

    def trajectories(self) -> PointTrajectories:
        """The trajectories so far, as long as asked for and no more than asked for."""
        config = self._config
        points = self._live.packed(self._scale)
        points = points.take(points.lengths >= min(config.min_length, len(self._frames)))
        if config.max_trajectories:
            points = points.take(spread(points, config.max_trajectories))
        return points

    def _advance(self, now: FrameFlow) -> None:
        live, config = self._live, self._config
        self._scale = now.size[1] / now.grey.shape[1], now.size[0] / now.grey.shape[0]
        live.begin_frame(now.frame)
        if self._last is not None:
            self._link(now)
        occupied = live.xy(now.frame)
        seeds = new_seeds(now.grey, occupied, config.spacing, config.texture)
        live.start(seeds, appearance.patches(now.grey, seeds))
        live.record()
        self._last = now.grey

    def _link(self, now: FrameFlow) -> None:
        """Carry every trajectory into this frame, or end it."""
        live, config = self._live, self._config
        height, width = now.grey.shape
        to, error, good = follow(*now.flows[1], live.xy(now.frame - 1))
        variance = live.variance(now.frame - 1) + error**2 + LINK_VARIANCE
        base = to
        for gap, fields in now.flows.items():
            if gap == 1:
                continue
            far, far_error, far_good = follow(*fields, live.xy(now.frame - gap))
            far_variance = live.variance(now.frame - gap) + far_error**2 + LINK_VARIANCE
            near = ((far - base) ** 2).sum(axis=1) < AGREEMENT**2
            better = far_good & near & (far_variance < variance) & (live.born <= now.frame - gap)
            to = np.where(better[:, None], far, to)
            error = np.where(better, far_error, error)
            variance = np.where(better, far_variance, variance)
        if self._refine and self._last is not None:
            to = refined(self._last, now.grey, live.xy(now.frame - 1), to)
        within = inside(to, width, height, EDGE)
        kept = within & good
        shown = np.zeros((len(to), appearance.SIDE**2), np.float32)
        shown[kept] = appearance.patches(now.grey, to[kept])
        alike = appearance.correlation(shown, live.patches(now.frame - BACK)) >= config.similarity
        reasons = np.select(
            [~within, ~good, ~alike],
            [EndReason.LEFT_FRAME, EndReason.INCONSISTENT, EndReason.APPEARANCE],
            EndReason.UNKNOWN,
        )
        live.move(to, error, variance, shown, kept & alike, reasons)


def refined(before: np.ndarray, now: np.ndarray, xy: np.ndarray, to: np.ndarray) -> np.ndarray:
    """(N, 2) `to`, made exact by one level of Lucas-Kanade where that moves it little and fits well."""
    if len(xy) == 0:
        return to
    start = np.ascontiguousarray(to - np.float32(0.5))
    moved, found, misfit = cv2.calcOpticalFlowPyrLK(
        before,
        now,
        xy - np.float32(0.5),
        start.copy(),
        winSize=(9, 9),
        maxLevel=0,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    near = ((moved - start) ** 2).sum(axis=1) < 1
    fits = near & (found[:, 0] == 1) & (misfit[:, 0] < 8)
    return np.where(fits[:, None], moved + np.float32(0.5), to)
