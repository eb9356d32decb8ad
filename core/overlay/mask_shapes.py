"""Masks ready to draw and to point at, decoded once."""

from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import decode_mask, mask_box


@dataclass(frozen=True, eq=False)
class MaskShape:
    """A mask cut to its box.

    Attributes:
        x, y: the column and row of its top left pixel in the frame.
        pixels: (h, w) bool.
        outlines: (n, 2) float32 closed lines along the edges of its pixels, in frame coordinates.
    """

    x: int
    y: int
    pixels: np.ndarray
    outlines: tuple[np.ndarray, ...]

    @staticmethod
    def of(mask: np.ndarray) -> "MaskShape | None":
        """The shape of a (H, W) bool mask; None if it is empty."""
        return MaskShape._cut(mask, 0)

    @staticmethod
    def of_runs(runs: bytes, height: int, width: int) -> "MaskShape | None":
        """The shape of run lengths, of which only the columns with foreground are decoded.

        Raises:
            ValueError: the runs do not add up to height × width pixels.
        """
        counts = np.frombuffer(runs, "<u4").astype(np.int64)
        ends = np.cumsum(counts)
        if len(counts) < 2 or ends[-1] != height * width:
            return MaskShape.of(decode_mask(runs, height, width))
        first = int(counts[0]) // height
        last = -(-int(ends[-1 if len(counts) % 2 == 0 else -2]) // height)
        counts[0] -= first * height
        if len(counts) % 2:
            counts[-1] -= (width - last) * height
        values = np.arange(len(counts)) % 2 == 1
        return MaskShape._cut(np.repeat(values, counts).reshape((height, last - first), order="F"), first)

    @staticmethod
    def _cut(mask: np.ndarray, column: int) -> "MaskShape | None":
        """The shape of a mask whose first column is that one of the frame."""
        box = mask_box(mask)
        if box is None:
            return None
        x1, y1, x2, y2 = (int(value) for value in box)
        pixels = np.ascontiguousarray(mask[y1:y2, x1:x2])
        x1 += column
        # OpenCV's outline runs through pixel centres: at twice the size, a quarter pixel inside the edge.
        doubled = cv2.resize(pixels.view(np.uint8), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
        found, _ = cv2.findContours(doubled, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        outlines = tuple((line[:, 0] + 0.5).astype(np.float32) / 2 + (x1, y1) for line in found)
        return MaskShape(x1, y1, pixels, tuple(line.astype(np.float32) for line in outlines))

    def covers(self, x: float, y: float) -> bool:
        """Whether a place of the frame lies on the mask."""
        column, row = int(np.floor(x)) - self.x, int(np.floor(y)) - self.y
        height, width = self.pixels.shape
        return 0 <= row < height and 0 <= column < width and bool(self.pixels[row, column])


class MaskShapes:
    """Shapes by their run lengths; the least recently used go first.

    Args:
        capacity: bytes of pixels that are kept, about.
    """

    def __init__(self, height: int, width: int, capacity: int = 32 << 20) -> None:
        self._size = height, width
        self._capacity, self._held = capacity, 0
        self._shapes: OrderedDict[bytes, MaskShape | None] = OrderedDict()

    def of(self, runs: bytes) -> MaskShape | None:
        """The shape of a mask of this clip; None if it is empty."""
        if runs not in self._shapes:
            shape = self._shapes[runs] = MaskShape.of_runs(runs, *self._size)
            self._held += _weight(shape)
            while self._held > self._capacity and len(self._shapes) > 1:
                self._held -= _weight(self._shapes.popitem(last=False)[1])
        self._shapes.move_to_end(runs)
        return self._shapes[runs]


def _weight(shape: MaskShape | None) -> int:
    """Bytes that a shape takes, about."""
    return 500 if shape is None else 500 + shape.pixels.nbytes + sum(line.nbytes for line in shape.outlines)
