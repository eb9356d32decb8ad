"""Flow over many frames, made of the flow between neighbours, and how far it is to be trusted."""

import functools

import cv2
import numpy as np

DISTRUST = 0.3
"""What a failed forward-backward test leaves of a pixel's confidence."""


class Composition:
    """Where the pixels of the frame one is at lie in a keyframe, and with what confidence, step by step.

    The confidence is 1 at first, times 0.3 at each step whose forward-backward test fails, and 0 where
    the path leaves the frame.
    """

    def __init__(self, height: int, width: int) -> None:
        # Planes, not channels: OpenCV resamples single ones fastest.
        self._x, self._y = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
        self._confidence = np.ones((height, width), np.float32)

    @property
    def displacement(self) -> np.ndarray:
        """(H, W, 2) float32, pixels, from the present frame to the keyframe."""
        return cv2.merge([self._x, self._y])

    @property
    def confidence(self) -> np.ndarray:
        """(H, W) float32 in 0..1, of the displacement."""
        return self._confidence

    def step(self, back: np.ndarray, out: np.ndarray) -> None:
        """Go on to the next frame.

        Args:
            back: (H, W, 2) float32, flow from the next frame to the present one.
            out: (H, W, 2) float32, flow from the present frame to the next one.
        """
        height, width = back.shape[:2]
        x, y = cv2.split(back)
        columns, rows = _grid(height, width)
        places = columns + x, rows + y
        out_x, out_y = (_remap(plane, *places) for plane in cv2.split(out))
        miss = (out_x + x) ** 2 + (out_y + y) ** 2
        limit = 0.01 * (x**2 + y**2 + out_x**2 + out_y**2) + 0.5
        self._x = _remap(self._x, *places) + x
        self._y = _remap(self._y, *places) + y
        trust = np.where(miss < limit, np.float32(1), np.float32(DISTRUST))
        self._confidence = _remap(self._confidence, *places) * trust


def packed(field: np.ndarray) -> np.ndarray:
    """A field of pixels in half the memory, int16 in steps of 1/32 px."""
    return (field * np.float32(32)).astype(np.int16)


def unpacked(field: np.ndarray) -> np.ndarray:
    """A field that `packed` made, float32."""
    return field.astype(np.float32) * np.float32(1 / 32)


def pull(field: np.ndarray, displacement: np.ndarray, x: int = 0, y: int = 0) -> np.ndarray:
    """A field seen through a displacement: out(p) = field(p + displacement(p)); 0 from outside the frame.

    Args:
        field: (H, W) or (H, W, C), uint8 or float32; C is not 2.
        displacement: (h, w, 2) float32, pixels, of the part of the frame from column `x` and row `y` on.

    Returns:
        (h, w) or (h, w, C), bilinear.
    """
    return _remap(field, *_places(displacement, x, y))


def pull_nearest(field: np.ndarray, displacement: np.ndarray) -> np.ndarray:
    """`pull` of the nearest pixel, for fields of numbers that have no mean."""
    return _remap(field, *_places(displacement, 0, 0), cv2.INTER_NEAREST)


def _places(displacement: np.ndarray, x: int, y: int) -> tuple[np.ndarray, np.ndarray]:
    height, width = displacement.shape[:2]
    columns, rows = np.arange(x, x + width, dtype=np.float32), np.arange(y, y + height, dtype=np.float32)
    return displacement[..., 0] + columns, displacement[..., 1] + rows[:, None]


def _remap(field: np.ndarray, x: np.ndarray, y: np.ndarray, how: int = cv2.INTER_LINEAR) -> np.ndarray:
    return cv2.remap(field, x, y, how, borderMode=cv2.BORDER_CONSTANT)


@functools.lru_cache(maxsize=2)
def _grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    return np.tile(columns, (height, 1)), np.tile(rows[:, None], (1, width))
