"""Boxes between boxes."""

import numpy as np

from core.geometry import iou


def interpolate_boxes(frames: np.ndarray, boxes: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Boxes moved at constant speed from keyframe to keyframe.

    Args:
        frames: (K,) int, ascending; boxes: (K, 4) float32, pixels.
        at: (T,) int, frames asked for; before the first and after the last keyframe its box stays.

    Returns:
        (T, 4) float32.
    """
    corners = [np.interp(at, frames, boxes[:, side]) for side in range(4)]
    return np.stack(corners, axis=1).astype(np.float32).reshape(len(at), 4)


def interpolation_confidence(frames: np.ndarray, boxes: np.ndarray, at: np.ndarray) -> np.ndarray:
    """How far to trust `interpolate_boxes`: (T,) float32, 1 at keyframes, less between those that differ.

    Half way between two keyframes it is the middle of 1 and the overlap (IoU) of their boxes.
    """
    after = np.searchsorted(frames, at).clip(1, len(frames) - 1)
    before = after - 1
    along = (at - frames[before]) / (frames[after] - frames[before])
    away = 1 - np.abs(2 * along.clip(0, 1) - 1)
    return (1 - 0.5 * away * (1 - iou(boxes[before], boxes[after]))).astype(np.float32)
