"""Pictures for reports: conv1 filters, and a frame with its trajectories drawn over it."""

from collections.abc import Sequence

import cv2
import numpy as np

from core.filters import tiled
from core.geometry import decode_mask
from core.trajectories.model import ObjectTrajectory, PointTrajectories

COLOURS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (204, 121, 167), (213, 94, 0))
"""RGB, which the colour-blind can distinguish too. Source: Okabe and Ito, 2008."""

TRAIL = 12
"""Frames of path drawn behind a point."""


def filters_png(filters: np.ndarray, columns: int = 8, zoom: int = 10) -> bytes:
    """(F, 3, k, k) filters as a tiled PNG, a weight being `zoom` pixels, transparent between filters."""
    picture = tiled(filters, columns).repeat(zoom, axis=0).repeat(zoom, axis=1)
    return _encoded(".png", cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA))


def overlay_jpeg(
    image: np.ndarray,
    frame: int,
    points: PointTrajectories | None,
    objects: Sequence[ObjectTrajectory],
    zoom: int = 2,
) -> bytes:
    """A frame, (H, W, 3) uint8 RGB, with masks, boxes and the trails of points, at `zoom` times its size."""
    height, width = image.shape[:2]
    tinted = image.astype(np.float32)
    for number, one in enumerate(objects):
        place = one.place(frame)
        runs = None if place is None else one.masks[place]
        if runs is not None:
            mask = decode_mask(runs, height, width)
            tinted[mask] = 0.6 * tinted[mask] + 0.4 * np.array(COLOURS[number % len(COLOURS)])
    canvas = cv2.resize(
        tinted.round().astype(np.uint8), (zoom * width, zoom * height), interpolation=cv2.INTER_CUBIC
    )
    if points is not None:
        _draw_trails(canvas, frame, points, zoom)
    for number, one in enumerate(objects):
        place = one.place(frame)
        if place is not None:
            x1, y1, x2, y2 = ((zoom * one.boxes[place] - 0.5) * 256).round().astype(int).tolist()
            colour = COLOURS[number % len(COLOURS)]
            cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, zoom, cv2.LINE_AA, shift=8)
    return _encoded(".jpg", canvas[:, :, ::-1])


def _draw_trails(canvas: np.ndarray, frame: int, points: PointTrajectories, zoom: int) -> None:
    for observation in points.at(frame):
        owner = points.owner[observation]
        start = max(points.offsets[owner], observation - TRAIL)
        # 8 fractional bits; OpenCV's pixel centres are whole numbers
        path = ((zoom * points.xy[start : observation + 1] - 0.5) * 256).round().astype(np.int32)
        cv2.polylines(canvas, [path], False, (255, 255, 255), 1, cv2.LINE_AA, shift=8)


def _encoded(suffix: str, picture: np.ndarray) -> bytes:
    _, data = cv2.imencode(suffix, picture)
    return data.tobytes()
