"""Boxes between boxes, and boxes of masks that are not quite clean."""

import cv2
import numpy as np

from core.geometry import iou, mask_box

SPECK = 0.1
"""A part of a mask below this share of its largest part does not stretch the box."""


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
    time = (at - frames[before]) / (frames[after] - frames[before])
    return trust_between(time.clip(0, 1), iou(boxes[before], boxes[after])).astype(np.float32)


def trust_between(time: np.ndarray | float, likeness: np.ndarray | float) -> np.ndarray:
    """How far to trust what is interpolated at a time, 0..1, between two keyframes of some likeness (IoU)."""
    away = 1 - np.abs(2 * np.asarray(time) - 1)
    return 1 - 0.5 * away * (1 - np.asarray(likeness))


def box_without_specks(mask: np.ndarray) -> np.ndarray | None:
    """The box (4,) float32 of a mask's parts that are no specks; None for an empty mask.

    An object that something divides has several large parts, so the largest alone would not do.
    """
    box = mask_box(mask)
    if box is None:
        return None
    x1, y1, x2, y2 = box.astype(int)
    _, numbers, parts, _ = cv2.connectedComponentsWithStats(mask[y1:y2, x1:x2].astype(np.uint8))
    areas = parts[:, cv2.CC_STAT_AREA]
    areas[0] = 0
    kept = mask_box((areas >= SPECK * areas.max())[numbers])
    return None if kept is None else kept + np.array([x1, y1, x1, y1], np.float32)
