"""How a box follows the mouse: moved, resized by a handle, drawn; always within the frame.

An object with a mask lives on whole pixels: its box moves and grows by whole pixels, so that box
and mask keep agreeing. `mask_changes.py` says what the mask does.
"""

import numpy as np

from studio.canvas.hit_test import HANDLES


def moved_box(box: np.ndarray, step: np.ndarray, size: tuple[int, int], whole: bool) -> np.ndarray:
    """A box (4,) moved by `step` (2,), held inside a frame of `size` (width, height).

    `whole`: by whole pixels.
    """
    low, high = -box[:2], np.array(size) - box[2:]
    if whole:
        step, low, high = np.round(step), np.ceil(low), np.floor(high)
    return (box + np.tile(np.minimum(np.maximum(step, low), high), 2)).astype(np.float32)


def resized_box(
    box: np.ndarray, handle: int, step: np.ndarray, size: tuple[int, int], whole: bool
) -> np.ndarray:
    """A box whose handle (a place in `HANDLES`) was dragged by `step` (2,); no side below 1 px."""
    result = box.astype(np.float32).copy()
    for axis, side in enumerate(HANDLES[handle]):
        if side == 0:
            result[axis] = min(max(box[axis] + step[axis], 0), box[axis + 2] - 1)
        elif side == 2:
            result[axis + 2] = max(min(box[axis + 2] + step[axis], size[axis]), box[axis] + 1)
    return np.round(result) if whole else result


def drawn_box(start: np.ndarray, end: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The box (4,) between two places of the frame."""
    inside = np.clip(np.stack((start, end)), 0, size)
    return np.concatenate((inside.min(axis=0), inside.max(axis=0))).astype(np.float32)
