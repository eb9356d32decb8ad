"""Shapes between shapes: the outlines of two masks laid over each other and blended, without any flow."""

import cv2
import numpy as np

from core.geometry import mask_box


class ShapeBlend:
    """The masks of an object at two keyframes, ready for the shapes between them.

    Their signed distance fields are laid centre on centre and blended by time; the centre moves at constant
    speed. Beyond the frame a mask goes on as at its edge, so an object that enters is not cut off.

    Attributes:
        likeness: IoU of the two masks, centre on centre, 0..1.

    Source: Raya and Udupa, IEEE Transactions on Medical Imaging 9 (1990), for masks that also move.
    """

    def __init__(self, before: np.ndarray, after: np.ndarray) -> None:
        """Args:
        before, after: (H, W) bool, not empty.
        """
        self._size = before.shape
        self._centres = np.stack([_centre(before), _centre(after)])
        around = [_extent(mask, at) for mask, at in zip((before, after), self._centres, strict=True)]
        self._reach = np.ceil(np.maximum(*around)).astype(int) + 2  # columns, rows
        self._fields = [
            _signed_distance(_cut(mask, np.floor(at).astype(int), self._reach))
            for mask, at in zip((before, after), self._centres, strict=True)
        ]
        first, second = (self._laid(time, np.zeros(2)) > 0 for time in (0.0, 1.0))
        self.likeness = float((first & second).sum() / max(1, (first | second).sum()))

    def at(self, time: float) -> tuple[np.ndarray, int, int]:
        """How deep within the shape pixels lie at a time, 0 at the first mask and 1 at the second.

        Returns:
            (h, w) float32 signed distance from the outline in pixels, above 0 within, of the part of the
            frame around the shape; the column and the row of the frame where that part starts.
        """
        centre = (1 - time) * self._centres[0] + time * self._centres[1]
        whole = np.floor(centre)
        field = self._laid(time, centre - whole)
        x, y = whole.astype(int) - self._reach
        left, above = max(0, -x), max(0, -y)
        height, width = self._size
        inside = field[above : max(above, height - y), left : max(left, width - x)]
        return inside, int(x) + left, int(y) + above

    def likeness_of(self, mask: np.ndarray, time: float) -> float:
        """IoU of a mask, which is not empty, with the shape at a time, centre on centre: 0..1."""
        if not mask.any():
            return 0.0
        centre = _centre(mask)
        whole = np.floor(centre)
        there = _cut(mask, whole.astype(int), self._reach) > 0
        shape = self._laid(time, centre - whole) > 0
        shared = int((there & shape).sum())
        return shared / (max(int(mask.sum()), int(there.sum())) + int(shape.sum()) - shared)

    def _laid(self, time: float, rest: np.ndarray) -> np.ndarray:
        """The fields blended, their centres `rest` pixels right of and below the middle of the window."""
        before, after = (
            _shifted(field, rest - centre % 1)
            for field, centre in zip(self._fields, self._centres, strict=True)
        )
        return cv2.addWeighted(before, 1 - time, after, time, 0)


def _shifted(field: np.ndarray, by: np.ndarray) -> np.ndarray:
    """A field moved right and down by less than a pixel or two, bilinear."""
    if not by.any():
        return field
    shift = np.column_stack([np.eye(2), by])
    return cv2.warpAffine(field, shift, field.shape[::-1], borderMode=cv2.BORDER_REPLICATE)


def _centre(mask: np.ndarray) -> np.ndarray:
    """(2,) float64: x and y of the mean pixel of a mask."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


def _extent(mask: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """(2,) float64: how far a mask reaches from a point, in columns and rows."""
    box = mask_box(mask)
    assert box is not None
    return np.maximum(centre - box[:2], box[2:] - centre)


def _cut(mask: np.ndarray, centre: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """(2 reach rows, 2 reach columns) uint8 of a mask around a pixel; its edge goes on beyond the frame."""
    rows = np.arange(centre[1] - reach[1], centre[1] + reach[1]).clip(0, mask.shape[0] - 1)
    columns = np.arange(centre[0] - reach[0], centre[0] + reach[0]).clip(0, mask.shape[1] - 1)
    return mask[rows[:, None], columns].astype(np.uint8)


def _signed_distance(mask: np.ndarray) -> np.ndarray:
    """(h, w) float32: distance of each pixel's centre from the outline, in pixels, above 0 within a mask."""
    within = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    without = cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.where(mask > 0, within - 0.5, 0.5 - without)
