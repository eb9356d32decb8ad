"""Pictures that EXIF data turn, while their annotation is of the picture as it is stored.

Some programs that annotate show a picture as it is stored, others upright, as `read_image` does. The size in
the annotation tells which, where it is turned by a right angle.
"""

from pathlib import Path

import numpy as np

from core.datasets.image import image_orientation, image_size, read_image
from core.datasets.orientation import AS_STORED


def annotated_orientation(path: Path, width: int, height: int) -> int:
    """By which orientation boxes are to be turned to lie in the upright picture; 1 where they do.

    Args:
        path: of the picture.
        width, height: that its annotation gives, in pixels.

    Raises:
        StudioError: it is missing or no image.
    """
    if width == height or (width, height) == image_size(path):
        return AS_STORED
    return image_orientation(path) if (width, height) == image_size(path, upright=False) else AS_STORED


def read_as_annotated(path: Path, width: int, height: int) -> np.ndarray:
    """A picture in the coordinates of its annotation, (H, W, 3) uint8, RGB.

    Args:
        path: of the picture.
        width, height: that its annotation gives; 0 where it gives none.

    Raises:
        StudioError: it is missing, cut short or no image.
    """
    return read_image(path, upright=annotated_orientation(path, width, height) == AS_STORED)


def upright_boxes(boxes: np.ndarray, width: int, height: int, orientation: int) -> np.ndarray:
    """(N, 4) boxes of a picture as it is stored, in the upright one.

    Args:
        boxes: in pixels.
        width, height: of the upright picture.
        orientation: of `core.datasets.orientation`.
    """
    turned = boxes[:, [1, 0, 3, 2]] if orientation >= 5 else boxes
    return _flipped(turned, width, height, orientation)


def stored_boxes(boxes: np.ndarray, width: int, height: int, orientation: int) -> np.ndarray:
    """The inverse of `upright_boxes`; arguments as there."""
    turned = _flipped(boxes, width, height, orientation)
    return turned[:, [1, 0, 3, 2]] if orientation >= 5 else turned


def _flipped(boxes: np.ndarray, width: int, height: int, orientation: int) -> np.ndarray:
    x1, y1, x2, y2 = boxes.T
    if orientation in (2, 3, 6, 7):
        x1, x2 = width - x2, width - x1
    if orientation in (3, 4, 7, 8):
        y1, y2 = height - y2, height - y1
    return np.stack([x1, y1, x2, y2], axis=1)
