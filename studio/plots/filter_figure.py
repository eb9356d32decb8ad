"""The filters of a first layer as a figure for a paper."""

import math

import numpy as np
from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QImage

from core.filters import GAP, tiled
from studio.plots.figure import Figure, Table

ENLARGED = 8
"""Pixels of the embedded picture to a weight, so that no program smooths them."""

WIDTH = 640
"""Logical pixels."""


def filter_figure(filters: np.ndarray, title: str) -> Figure:
    """(F, 3, k, k) float filters in a grid, each stretched to its own contrast, and their weights."""
    columns, _ = best_grid(len(filters), filters.shape[-1], WIDTH, WIDTH // 2)
    image = filter_image(filters, columns)
    enlarged = image.scaled(image.size() * ENLARGED)
    size = QSizeF(WIDTH, WIDTH * image.height() / image.width())
    values = zip(np.ndindex(filters.shape), filters.ravel().tolist(), strict=True)
    return Figure(
        title,
        (),
        size,
        lambda painter, scale: painter.drawImage(QRectF(0, 0, size.width(), size.height()), enlarged),
        Table(
            ("filter", "channel (RGB)", "row", "column", "weight"),
            [(*index, value) for index, value in values],
        ),
    )


def filter_image(filters: np.ndarray, columns: int) -> QImage:
    """(F, 3, k, k) float filters side by side, a pixel to a weight."""
    pixels = np.ascontiguousarray(tiled(filters, columns))
    rows, across = pixels.shape[:2]
    return QImage(pixels.data, across, rows, 4 * across, QImage.Format.Format_RGBA8888).copy()


def best_grid(count: int, side: int, width: int, height: int) -> tuple[int, int]:
    """Columns and whole enlargement that make `count` filters as large as they can be in width x height."""
    best = (1, 1)
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        zoom = min((width + GAP) // (columns * (side + GAP)), (height + GAP) // (rows * (side + GAP)))
        if zoom > best[1] or (zoom == best[1] and columns * rows - count == 0 and columns > best[0]):
            best = (columns, zoom)
    return best
