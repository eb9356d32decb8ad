"""The point tracker: optical flow linked from frame to frame into trajectories.

After Sundaram, Brox and Keutzer (ECCV 2010): trajectories start on a grid where there is structure,
follow the flow, and end where the flow forward and backward disagree. Beyond the paper: flow is read
between pixels; trajectories also follow flow over several frames and keep, at each frame, the chain
with the least accumulated variance (as Neoral, Šerých and Matas, WACV 2024); cheap flow is refined by
Lucas-Kanade; and a trajectory ends where its patch stops looking like itself five frames before.
"""

from collections.abc import Generator, Mapping

import cv2
import numpy as np

from core.array_file import Form
from core.errors import StudioError
from core.tracking import appearance
from core.tracking.config import TrackConfig
from core.tracking.consistency import CYCLE, BackwardPath, at_motion_boundary
from core.tracking.flow_stream import FrameFlow, Images, stream
from core.tracking.live import LiveTrajectories
from core.tracking.optical_flow import DisFlow, FlowEstimator, follow, inside
from core.tracking.seeding import new_seeds, within_box
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
    """Tracks the points of a clip by linking optical flow.

    `for done in tracker.steps(): ...` does the work and says how many frames are done; then
    `tracker.trajectories()` has them. Closing `steps()` ends the work within a frame; calling it again goes
    on from there, as does another tracker of the same clip and settings that took over the `state`.
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
        self._refine = config.preset == "fast" and config.flow is None  # a network needs none
        self._scale = 1.0, 1.0
        self._live = LiveTrajectories(max(BACK, CYCLE, *self._estimators) + 1)
        self._last: np.ndarray | None = None
        self._way_back = BackwardPath()

    def steps(self) -> Generator[int, None, None]:
        """Frames done so far, after each.

        Raises:
            StudioError: a frame cannot be read or has another size than the others.
        """
        config, done = self._config, self._live.frames
        for now in stream(self._frames, self._estimators, config.threads, config.max_side, done):
            self._advance(now)
            yield self._live.frames
        self._live.end_all()

    def trajectories(self) -> PointTrajectories:
        """The trajectories so far, as long as asked for and no more than asked for."""
        config = self._config
        points = self._live.packed(self._scale)
        points = points.take(points.lengths >= min(config.min_length, len(self._frames)))
        if config.max_trajectories:
            points = points.take(spread(points, config.max_trajectories))
        return points

    def state(self) -> dict[str, np.ndarray]:
        """All that is needed to go on after the frames done so far; arrays by name, for an `.npz`."""
        state = {"scale": np.array(self._scale), **self._live.state()}
        if self._last is not None:
            way_back = np.array(self._way_back.fields, np.float32).reshape(-1, *self._last.shape, 2)
            state |= {"last": self._last, "way_back": way_back}
        return state

    @property
    def forms(self) -> dict[str, Form]:
        """Of the arrays of the `state` of a tracker that has begun."""
        return {
            **self._live.forms,
            "scale": Form("f8", (2,), low=1.0, high=2.0**16),
            "last": Form("u1", ("H", "W")),
            "way_back": Form("f4", ("B", "H", "W", 2)),
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on where the tracker of the same clip and settings was whose `state` this is.

        The frames that links over several frames need are read again; what is found is the same bit for
        bit as without the stop.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays contradict each other or the clip.
        """
        live, scale = LiveTrajectories(len(state["live_xy"])), state["scale"]
        live.restore(state)
        if live.frames > len(self._frames):
            raise ValueError("more frames than the clip has")
        if live.frames:
            self._last, way_back = state["last"], state["way_back"]
            self._way_back.fields.extend(way_back)
        self._live, self._scale = live, (float(scale[0]), float(scale[1]))

    def _advance(self, now: FrameFlow) -> None:
        live = self._live
        self._scale = now.size[1] / now.grey.shape[1], now.size[0] / now.grey.shape[0]
        level = appearance.levelled(now.grey)
        live.begin_frame(now.frame)
        if self._last is not None:
            if self._last.shape != now.grey.shape:
                raise StudioError("What was kept of the clip is of frames of another size; start a new run.")
            self._link(now, self._last, level)
        seeds = self._seeds(now)
        live.start(seeds, appearance.patches(level, seeds))
        live.record()
        self._last = now.grey

    def _seeds(self, now: FrameFlow) -> np.ndarray:
        """(N, 2) float32 points that start trajectories in this frame."""
        config = self._config
        if now.frame % config.seed_every:
            return np.zeros((0, 2), np.float32)
        seeds = new_seeds(now.grey, self._live.xy(now.frame), config.spacing, config.texture)
        if config.region:
            seeds = seeds[within_box(seeds * np.array(self._scale, np.float32), config.region)]
        return seeds

    def _link(self, now: FrameFlow, last: np.ndarray, level: np.ndarray) -> None:
        """Carry every trajectory from the last frame into this one, or end it."""
        live, config = self._live, self._config
        height, width = now.grey.shape
        to, error, variance, good = self._best_links(now)
        if self._refine:
            to = refined(last, now.grey, live.xy(now.frame - 1), to)
        within = inside(to, width, height, EDGE)
        if config.cycle:
            self._way_back.add(now.flows[1][1])
            old = live.born <= now.frame - CYCLE
            good &= ~old | self._way_back.returns(to, live.xy(now.frame - CYCLE))
        kept = within & good
        shown = np.zeros((len(to), appearance.SIDE**2), np.float32)
        shown[kept] = appearance.patches(level, to[kept])
        alike = appearance.correlation(shown, live.patches(now.frame - BACK)) >= config.similarity
        reasons = np.select(
            [~within, ~good, ~alike],
            [EndReason.LEFT_FRAME, EndReason.INCONSISTENT, EndReason.APPEARANCE],
            EndReason.UNKNOWN,
        )
        live.move(to, error, variance, shown, kept & alike, reasons)

    def _best_links(self, now: FrameFlow) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Where trajectories go, error and variance of the link that leads there, whether it is good."""
        live, config = self._live, self._config
        to, error, good = follow(*now.flows[1], live.xy(now.frame - 1))
        variance = live.variance(now.frame - 1) + error**2 + LINK_VARIANCE
        if config.motion_boundary:
            good &= ~at_motion_boundary(now.flows[1][0], live.xy(now.frame - 1))
        base, direct = to, good
        for gap, fields in now.flows.items():
            if gap == 1:
                continue
            far, far_error, far_good = follow(*fields, live.xy(now.frame - gap))
            far_variance = live.variance(now.frame - gap) + far_error**2 + LINK_VARIANCE
            better = far_good & (live.born <= now.frame - gap) & ((far_variance < variance) | ~good)
            near = ((far - base) ** 2).sum(axis=1) < AGREEMENT**2
            better &= (direct & near) | (~direct & config.bridging)
            to = np.where(better[:, None], far, to)
            error = np.where(better, far_error, error)
            variance = np.where(better, far_variance, variance)
            good = good | better
        return to, error, variance, good


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
