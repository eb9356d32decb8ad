"""Small pictures of detections and objects: what is around a box, with the boxes drawn in it."""

import cv2
import numpy as np

LONGEST = 150
"""Pixels of the longer side of a thumbnail."""

_AROUND = 0.2  # of the box, on each side
_LARGEST_ZOOM = 4.0
_QUALITY = 80


def thumbnail(
    image: np.ndarray, detection: np.ndarray | None, thing: np.ndarray | None, colour: str
) -> bytes:
    """A JPEG of a detection, of an object, or of both.

    Args:
        image: (H, W, 3) uint8, RGB.
        detection: (4,) pixels.
        thing: (4,) pixels, an object; drawn as a white line with dark edges.
        colour: `#rrggbb` of the line around the detection.

    Returns:
        The bytes of a JPEG, at most `LONGEST` pixels on each side.
    """
    height, width = image.shape[:2]
    reach = max(width, height)
    detection, thing = (
        None if each is None else np.clip(np.asarray(each, np.float64), -reach, 2 * reach)
        for each in (detection, thing)
    )
    boxes = np.array([each for each in (detection, thing) if each is not None])
    around = _AROUND * (boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0))
    left, top = np.clip(np.floor(boxes[:, :2].min(axis=0) - around), 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.ceil(boxes[:, 2:].max(axis=0) + around).astype(int)
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    zoom = min(LONGEST / max(part.shape[:2]), _LARGEST_ZOOM)
    size = (max(1, round(zoom * part.shape[1])), max(1, round(zoom * part.shape[0])))
    canvas = cv2.resize(part, size, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)
    origin = np.array([left, top, left, top])
    if thing is not None:
        _draw(canvas, zoom * (thing - origin), (0, 0, 0), 3)
        _draw(canvas, zoom * (thing - origin), (255, 255, 255), 1)
    if detection is not None:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        _draw(canvas, zoom * (detection - origin), (red, green, blue), 2)
    _, data = cv2.imencode(".jpg", canvas[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()


def _draw(canvas: np.ndarray, box: np.ndarray, colour: tuple[int, int, int], thickness: int) -> None:
    # 8 fractional bits; OpenCV's pixel centres are whole numbers
    x1, y1, x2, y2 = ((np.asarray(box, np.float64) - 0.5) * 256).round().astype(int).tolist()
    cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, thickness, cv2.LINE_AA, shift=8)
