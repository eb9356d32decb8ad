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
        # x, y, confidence and nothing: OpenCV resamples four channels faster than two or three.
        self._state = np.zeros((height, width, 4), np.float32)
        self._state[..., 2] = 1

    @property
    def displacement(self) -> np.ndarray:
        """(H, W, 2) float32, pixels, from the present frame to the keyframe."""
        return self._state[..., :2]

    @property
    def confidence(self) -> np.ndarray:
        """(H, W) float32 in 0..1."""
        return self._state[..., 2]

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
        four = np.zeros((height, width, 4), np.float32)
        four[..., :2] = out
        returned = _remap(four, *places)
        out_x, out_y = returned[..., 0], returned[..., 1]
        miss = (out_x + x) ** 2 + (out_y + y) ** 2
        limit = 0.01 * (x**2 + y**2 + out_x**2 + out_y**2) + 0.5
        self._state = _remap(self._state, *places)
        self._state[..., 0] += x
        self._state[..., 1] += y
        trusted = (miss < limit).astype(np.float32)
        self._state[..., 2] *= DISTRUST + (1 - DISTRUST) * trusted


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
