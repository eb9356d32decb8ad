"""The frame scaled to the view: smooth from afar, with crisp pixels from near."""

import cv2
import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage

from core.overlay.drawing import inverse_matrix
from studio.canvas.camera import Camera

_CRISP = 3.0
"""Picture pixels a frame pixel takes from which on its edges are kept sharp."""


def scaled_picture(
    frame: np.ndarray, camera: Camera, size: tuple[int, int]
) -> tuple[QImage, QPoint, np.ndarray] | None:
    """The part of a frame that is seen.

    Args:
        frame: (H, W, 4) uint8, pixels of `Format_RGB32`.
        camera: from the frame to the pixels of the view.
        size: width and height of the view in those pixels.

    Returns:
        The picture, the place of its top left pixel in the view, and the array that holds its pixels
        (keep it as long as the picture); None where the frame lies outside the view.
    """
    height, width = frame.shape[:2]
    left, top = max(int(np.floor(camera.dx)), 0), max(int(np.floor(camera.dy)), 0)
    right = min(int(np.ceil(camera.dx + camera.scale * width)), size[0])
    bottom = min(int(np.ceil(camera.dy + camera.scale * height)), size[1])
    if right <= left or bottom <= top:
        return None
    shrunk = 1
    while camera.scale * shrunk < 0.5:
        shrunk *= 2
    if shrunk > 1:  # averages, where picking single pixels would flicker
        small = (max(width // shrunk, 1), max(height // shrunk, 1))
        frame = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
    onto = Camera(camera.scale * width / frame.shape[1], camera.dx - left, camera.dy - top)
    how = cv2.INTER_NEAREST if camera.scale >= _CRISP else cv2.INTER_LINEAR
    pixels = cv2.warpAffine(
        frame,
        inverse_matrix(onto),
        (right - left, bottom - top),
        flags=how | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    image = QImage(pixels.data, right - left, bottom - top, 4 * (right - left), QImage.Format.Format_RGB32)
    return image, QPoint(left, top), pixels
