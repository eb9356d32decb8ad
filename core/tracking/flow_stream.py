"""Frames of a clip one by one, with the flow between each and some before it, computed ahead on threads."""

import contextlib
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

from core.errors import StudioError
from core.tracking.optical_flow import FlowEstimator

SMALLEST = 12
"""Pixels that frames must have on each side, shrunk or not: OpenCV's flow takes no less."""


class Images(Protocol):
    """Frames of a clip, each (H, W, 3) uint8 RGB; read once each, in order, from one thread."""

    def __len__(self) -> int: ...

    def __getitem__(self, frame: int, /) -> np.ndarray: ...


class SomeFrames:
    """Some frames of a clip, in the order of their numbers."""

    def __init__(self, frames: Images, numbers: range) -> None:
        self._frames, self._numbers = frames, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, place: int, /) -> np.ndarray:
        return self._frames[self._numbers[place]]


@dataclass(frozen=True, eq=False)
class FrameFlow:
    """A frame and its flow.

    Attributes:
        size: height and width of the frame as it is stored.
        image: (H, W, 3) uint8 RGB, shrunk.
        grey: (H, W) uint8, shrunk.
        flows: for each gap g the fields (H, W, 2) float32 from frame - g to frame, and back.
    """

    frame: int
    size: tuple[int, int]
    image: np.ndarray
    grey: np.ndarray
    flows: dict[int, tuple[np.ndarray, np.ndarray]]


def stream(
    frames: Images,
    estimators: Mapping[int, FlowEstimator],
    threads: int,
    max_side: int,
    start: int = 0,
) -> Iterator[FrameFlow]:
    """The frames in order; memory holds `threads` of them ahead and the longest gap behind.

    OpenCV is kept to one thread meanwhile: fields are computed beside each other. Closing the iterator
    waits for the fields that are being computed, and for no more.

    Args:
        estimators: by gap in frames.
        max_side: larger frames, in pixels, are shrunk by a whole number before flow is computed.
        start: the first frame to give; of those before it, as many as the longest gap are read again.

    Raises:
        StudioError: the frames are too small for flow, or one has another size than the first.
    """
    pending: deque[tuple[FrameFlow, dict[int, tuple[Future[np.ndarray], Future[np.ndarray]]]]] = deque()
    behind: deque[FrameFlow] = deque(maxlen=max(estimators))
    with one_thread_in_opencv(), ThreadPoolExecutor(threads, "flow") as pool:
        try:
            for frame in range(max(start - max(estimators), 0), len(frames)):
                now = _prepared(frame, frames[frame], max_side)
                if min(now.grey.shape) < SMALLEST:
                    size = f"{now.size[1]} x {now.size[0]}"
                    raise StudioError(f"Frames of {size} pixels are too small for flow; leave the clip out.")
                if behind and now.size != behind[0].size:
                    raise StudioError(f"Frame {frame} has another size than frame 0; import the clip again.")
                if frame < start:
                    behind.append(now)
                    continue
                fields = {
                    gap: (
                        pool.submit(estimator.flow, behind[-gap].image, now.image),
                        pool.submit(estimator.flow, now.image, behind[-gap].image),
                    )
                    for gap, estimator in estimators.items()
                    if gap <= len(behind)
                }
                behind.append(now)
                pending.append((now, fields))
                if len(pending) > threads:
                    yield _ready(*pending.popleft())
            while pending:
                yield _ready(*pending.popleft())
        finally:
            pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def one_thread_in_opencv() -> Iterator[None]:
    """OpenCV computes on the calling thread only, until the end of the block."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _prepared(frame: int, image: np.ndarray, max_side: int) -> FrameFlow:
    height, width = image.shape[:2]
    times = -(-max(height, width) // max_side)
    if times > 1:
        image = cv2.resize(image, (width // times, height // times), interpolation=cv2.INTER_AREA)
    return FrameFlow(frame, (height, width), image, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), {})


def _ready(now: FrameFlow, fields: dict[int, tuple[Future[np.ndarray], Future[np.ndarray]]]) -> FrameFlow:
    return replace(now, flows={gap: (out.result(), back.result()) for gap, (out, back) in fields.items()})
