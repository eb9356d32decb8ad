"""One point followed from a frame where a person put it, link by link, in a window that goes with it."""

from collections import deque
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from core.errors import StudioError
from core.tracking import appearance
from core.tracking.flow_stream import SMALLEST, Images, one_thread_in_opencv
from core.tracking.linking import AGREEMENT, BACK, EDGE, ESTIMATORS, LINK_VARIANCE
from core.tracking.optical_flow import FlowEstimator, follow, inside
from core.trajectories.model import EndReason

WINDOW = 64
"""Pixels to each side of a point in which its flow is computed."""

PRESET = "quality"
"""Of the tracker: over how many frames flow is computed, and how."""

SIMILARITY = 0.0
"""A point ends where its patch correlates less with itself five frames ago. The tracker asks for more: it
starts points where there is structure, while a person puts them anywhere, and looks at what comes of it."""


@dataclass(frozen=True, eq=False)
class Followed:
    """A point at a frame: `xy` (2,) float32, and the link's forward-backward `error`, both in pixels."""

    frame: int
    xy: np.ndarray
    error: float


def follow_point(
    frames: Images,
    xy: np.ndarray,
    start: int,
    end: int,
    threads: int = 2,
) -> Generator[Followed, None, EndReason]:
    """Follow one point from a frame to another, the first left out, backwards if that is earlier.

    The links are those of the point tracker (`linking.py`) with a preset, chains over several frames
    included, and it ends as there: where the flow there and back disagree, where its patch stops looking
    like itself, at the edge of the frame. Flow is computed in a window about the point alone.

    Args:
        frames: the clip's; only those from `start` to `end` are read, in this order.
        xy: (2,) pixels, where it is in frame `start`.

    Returns:
        why it ended; `CLIP_END` where it came to `end`.

    Raises:
        StudioError: the frames are too small for flow, or a frame cannot be read.
    """
    step = 1 if end >= start else -1
    one = _Point(frames[start], np.asarray(xy, np.float32), ESTIMATORS[PRESET])
    with one_thread_in_opencv(), ThreadPoolExecutor(threads, "flow") as pool:
        for frame in range(start + step, end + step, step):
            error = one.go_on(frames[frame], pool)
            if one.ended is not None:
                return one.ended
            yield Followed(frame, one.xy, error)
    return EndReason.CLIP_END


@dataclass(frozen=True, eq=False)
class _Seen:
    """A frame behind: its `image` (H, W, 3), and the point there, its variance and patch."""

    image: np.ndarray
    xy: np.ndarray
    variance: float
    patch: np.ndarray


@dataclass(frozen=True, eq=False)
class _Link:
    """Where a link leads, (2,), its error in pixels, the variance that its chain has then, if it is good."""

    xy: np.ndarray
    error: float
    variance: float
    good: bool


class _Point:
    """A point on its way.

    Attributes:
        xy: (2,) float32, where it is.
        ended: why it does not go on; None while it does.
    """

    def __init__(
        self,
        image: np.ndarray,
        xy: np.ndarray,
        estimators: Mapping[int, FlowEstimator],
    ) -> None:
        height, width = image.shape[:2]
        if min(height, width) < SMALLEST:
            raise StudioError(f"Frames of {width} x {height} pixels are too small for flow.")
        self.xy = xy
        self.ended: EndReason | None = None
        self._estimators = estimators
        self._behind: deque[_Seen] = deque(maxlen=max(BACK, *estimators))
        self._behind.append(_Seen(image, xy, 0.0, _patch(image, xy)))

    def go_on(self, image: np.ndarray, pool: ThreadPoolExecutor) -> float:
        """Go to the next frame, or end; returns the error of the link."""
        link = self._best_link(image, pool)
        height, width = image.shape[:2]
        patch = _patch(image, link.xy)
        before = self._behind[max(len(self._behind) - BACK, 0)].patch
        if not inside(link.xy[None], width, height, EDGE)[0]:
            self.ended = EndReason.LEFT_FRAME
        elif not link.good:
            self.ended = EndReason.INCONSISTENT
        elif float(appearance.correlation(patch[None], before[None])[0]) < SIMILARITY:
            self.ended = EndReason.APPEARANCE
        else:
            self.xy = link.xy
            self._behind.append(_Seen(image, link.xy, link.variance, patch))
        return link.error

    def _best_link(self, image: np.ndarray, pool: ThreadPoolExecutor) -> _Link:
        """The link of one frame, or the one over several that has the least variance and agrees with it."""
        direct = self._link(self._behind[-1], image, self._estimators[1], pool)
        best = direct
        for gap, estimator in self._estimators.items():
            if direct.good and 1 < gap <= len(self._behind):
                far = self._link(self._behind[-gap], image, estimator, pool)
                near = float(np.linalg.norm(far.xy - direct.xy)) < AGREEMENT
                if far.good and near and far.variance < best.variance:
                    best = far
        return best

    def _link(
        self,
        behind: _Seen,
        image: np.ndarray,
        estimator: FlowEstimator,
        pool: ThreadPoolExecutor,
    ) -> _Link:
        size = np.array(image.shape[1::-1])
        centre = np.round((behind.xy + self.xy) / 2).astype(int)
        low = np.clip(centre - WINDOW, 0, size - SMALLEST)
        high = np.minimum(np.maximum(centre + WINDOW, low + SMALLEST), size)
        part = np.s_[low[1] : high[1], low[0] : high[0]]
        one, other = np.ascontiguousarray(behind.image[part]), np.ascontiguousarray(image[part])
        there, back = pool.submit(estimator.flow, one, other), pool.submit(estimator.flow, other, one)
        to, error, good = follow(there.result(), back.result(), (behind.xy - low).astype(np.float32)[None])
        variance = behind.variance + float(error[0]) ** 2 + LINK_VARIANCE
        return _Link((to[0] + low).astype(np.float32), float(error[0]), variance, bool(good[0]))


def _patch(image: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """(SIDE²,) float32, the patch about a point, its light levelled."""
    reach = appearance.SIDE + appearance.NEIGHBOURHOOD
    low = np.clip(np.floor(xy).astype(int) - reach, 0, np.array(image.shape[1::-1]) - 1)
    part = image[low[1] : low[1] + 2 * reach + 1, low[0] : low[0] + 2 * reach + 1]
    level = appearance.levelled(cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY))
    return appearance.patches(level, (xy - low).astype(np.float32)[None])[0]
