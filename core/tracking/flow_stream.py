"""Frames of a clip one by one, with the flow between each and some before it, computed ahead on threads."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from core.errors import StudioError
from core.tracking.optical_flow import FlowEstimator


@dataclass(frozen=True, eq=False)
class FrameFlow:
    """A frame and its flow.

    Attributes:
        grey: (H, W) uint8.
        flows: for each gap g the fields (H, W, 2) float32 from frame - g to frame, and back.
    """

    frame: int
    grey: np.ndarray
    flows: dict[int, tuple[np.ndarray, np.ndarray]]


def stream(
    frames: Sequence[np.ndarray],
    estimators: Mapping[int, FlowEstimator],
    threads: int,
    prepare: Callable[[np.ndarray], np.ndarray],
) -> Iterator[FrameFlow]:
    """The frames in order; memory holds `threads` of them ahead and the longest gap behind.

    OpenCV is kept to one thread meanwhile: fields are computed beside each other. Closing the iterator
    waits for the fields that are being computed, and for no more.

    Args:
        estimators: by gap in frames.
        prepare: a frame (H, W, 3) uint8 RGB → the grey frame that flow is computed on.

    Raises:
        StudioError: a frame has another size than the first.
    """
    pending: deque[tuple[int, np.ndarray, dict[int, tuple[Future[np.ndarray], Future[np.ndarray]]]]]
    pending, behind = deque(), deque(maxlen=max(estimators))  # type: ignore[var-annotated]
    with one_thread_in_opencv(), ThreadPoolExecutor(threads, "flow") as pool:
        try:
            for frame in range(len(frames)):
                grey = prepare(frames[frame])
                if behind and grey.shape != behind[0].shape:
                    raise StudioError(f"Frame {frame} has another size than frame 0; import the clip again.")
                fields = {
                    gap: (
                        pool.submit(estimator.flow, behind[-gap], grey),
                        pool.submit(estimator.flow, grey, behind[-gap]),
                    )
                    for gap, estimator in estimators.items()
                    if gap <= len(behind)
                }
                behind.append(grey)
                pending.append((frame, grey, fields))
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


def _ready(
    frame: int, grey: np.ndarray, fields: dict[int, tuple[Future[np.ndarray], Future[np.ndarray]]]
) -> FrameFlow:
    return FrameFlow(frame, grey, {gap: (out.result(), back.result()) for gap, (out, back) in fields.items()})
