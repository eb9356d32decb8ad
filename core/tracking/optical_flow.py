"""Dense optical flow, sampled at points, and its forward-backward test.

A flow field is (H, W, 2) float32: where the surface seen at a pixel's centre moves, in pixels, x first.
"""

from typing import Protocol

import cv2
import numpy as np


class FlowEstimator(Protocol):
    """Anything that computes optical flow; called from several threads at once."""

    def flow(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """(H, W, 2) float32: the motion from one (H, W, 3) uint8 RGB frame to another, in pixels."""
        ...


class DisFlow:
    """Dense inverse search, as OpenCV has it.

    Source: Kroeger, Timofte, Dai and Van Gool, ECCV 2016.
    """

    def __init__(self, fine: bool = False) -> None:
        """With `fine`, it searches at full resolution and refines twice as long, at four times the cost."""
        self._fine = fine

    def flow(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # one a call: it keeps buffers
        if self._fine:
            search.setFinestScale(0)
            search.setVariationalRefinementIterations(10)
            search.setPatchStride(4)
        grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
        return search.calc(*grey, None)  # type: ignore[call-overload]  # its stubs know no None


def sample(field: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Values of a field between its pixels, bilinear; outside, those of its nearest pixel.

    Args:
        field: (H, W) or (H, W, C) float32 or uint8.
        xy: (..., 2) float, pixels; (0.5, 0.5) is the centre of the top left pixel.

    Returns:
        (...) or (..., C), of the field's dtype.
    """
    shape, row = xy.shape[:-1], 256  # cv2.remap takes no side above 32,767, so points go in rows
    count = int(np.prod(shape))
    places = np.zeros((-(-count // row) * row, 2), np.float32)
    np.subtract(xy.reshape(count, 2), 0.5, out=places[:count])
    if count == 0:
        return np.zeros(shape + field.shape[2:], field.dtype)
    values = remap(field, places.reshape(-1, row, 2), cv2.BORDER_REPLICATE)
    return values.reshape(-1, *field.shape[2:])[:count].reshape(shape + field.shape[2:])


def remap(field: np.ndarray, places: np.ndarray, border: int) -> np.ndarray:
    """A field at places, bilinear; OpenCV's `remap` with the coordinates it deserves.

    OpenCV 5 rounds coordinates to 1/32 px for two channels, and for two only: those go one by one.

    Args:
        field: (H, W) or (H, W, C), uint8 or float32.
        places: (h, w, 2) float32, x and y, 0 at the centre of the top left pixel.
        border: what lies outside, as OpenCV names it.
    """
    if field.ndim == 3 and field.shape[2] == 2:
        planes = [remap(np.ascontiguousarray(field[..., plane]), places, border) for plane in range(2)]
        return np.stack(planes, axis=-1)
    return cv2.remap(  # type: ignore[call-overload]  # its stubs know no None
        field, places, None, cv2.INTER_LINEAR, borderMode=border
    )


def follow(
    forward: np.ndarray, backward: np.ndarray, xy: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Move points along a flow and test it with the flow back.

    Args:
        forward, backward: (H, W, 2) float32, from a frame to another and back.
        xy: (N, 2) float32, pixels, in the first.

    Returns:
        (N, 2) float32 where they go; (N,) float32 forward-backward error in pixels; (N,) bool whether
        |w + w'|² < 0.01 (|w|² + |w'|²) + 0.5.

    Source: Sundaram, Brox and Keutzer, ECCV 2010, equation 5.
    """
    out = sample(forward, xy)
    to = xy + out
    back = sample(backward, to)
    squared = _squared(out + back)
    good = squared < 0.01 * (_squared(out) + _squared(back)) + 0.5
    return to, np.sqrt(squared), good


def inside(xy: np.ndarray, width: int, height: int, border: float = 0.0) -> np.ndarray:
    """(N,) bool: which of (N, 2) points lie within a frame, at least `border` pixels from its edge."""
    x, y = xy[:, 0], xy[:, 1]
    return (x >= border) & (y >= border) & (x < width - border) & (y < height - border)


def _squared(vectors: np.ndarray) -> np.ndarray:
    return vectors[:, 0] ** 2 + vectors[:, 1] ** 2
