"""How a mask follows what is done to it: moved, resized, painted, outlined.

A pixel belongs to a shape if its centre does; masks are (H, W) bool.
"""

import cv2
import numpy as np


def largest_piece(mask: np.ndarray) -> np.ndarray:
    """The largest part of a mask whose pixels touch, by an edge or a corner."""
    _, numbers, parts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = parts[1:, cv2.CC_STAT_AREA]
    return mask.copy() if len(areas) == 0 else numbers == 1 + int(areas.argmax())


def without_holes(mask: np.ndarray) -> np.ndarray:
    """A mask with all that it encloses: what no way over edges leads out of."""
    outside = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    _, numbers = cv2.connectedComponents(outside, connectivity=4)
    filled: np.ndarray = (numbers != numbers[0, 0])[1:-1, 1:-1]
    return filled


def shifted(mask: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """A mask moved by whole pixels; what leaves the frame is lost."""
    height, width = mask.shape
    columns, rows = min(max(columns, -width), width), min(max(rows, -height), height)
    result = np.zeros_like(mask)
    target_rows = slice(max(rows, 0), min(height + rows, height))
    target_columns = slice(max(columns, 0), min(width + columns, width))
    source_rows = slice(max(-rows, 0), min(height - rows, height))
    source_columns = slice(max(-columns, 0), min(width - columns, width))
    result[target_rows, target_columns] = mask[source_rows, source_columns]
    return result


def resized(mask: np.ndarray, old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """The part of a mask within the box `old`, stretched onto the box `new`.

    Each pixel whose centre lies in `new` takes the value of the pixel that the matching place of
    `old` falls on; outside `new` the mask is empty, as is what falls outside the frame.
    """
    height, width = mask.shape
    result = np.zeros_like(mask)
    left, top = (int(value) for value in np.ceil(np.maximum(new[:2], 0) - 0.5))
    right = int(np.ceil(min(float(new[2]), width) - 0.5))
    bottom = int(np.ceil(min(float(new[3]), height) - 0.5))
    if right <= left or bottom <= top:
        return result
    scale = (old[2:] - old[:2]) / (new[2:] - new[:2])
    columns = np.floor(old[0] + (np.arange(left, right) + 0.5 - new[0]) * scale[0]).astype(int)
    rows = np.floor(old[1] + (np.arange(top, bottom) + 0.5 - new[1]) * scale[1]).astype(int)
    known = np.ix_((rows >= 0) & (rows < height), (columns >= 0) & (columns < width))
    inside = np.zeros((bottom - top, right - left), bool)
    inside[known] = mask[
        np.ix_(rows[(rows >= 0) & (rows < height)], columns[(columns >= 0) & (columns < width)])
    ]
    result[top:bottom, left:right] = inside
    return result


def cropped(mask: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The part of a mask within a box."""
    return mask & box_mask(box, *mask.shape)


def box_mask(box: np.ndarray, height: int, width: int) -> np.ndarray:
    """The pixels whose centres lie in a box."""
    columns = (np.arange(width) + 0.5 >= box[0]) & (np.arange(width) + 0.5 < box[2])
    rows = (np.arange(height) + 0.5 >= box[1]) & (np.arange(height) + 0.5 < box[3])
    return rows[:, None] & columns


def paint_stroke(
    mask: np.ndarray, start: tuple[float, float], end: tuple[float, float], radius: float, value: bool
) -> None:
    """Set, in place, the pixels whose centres lie within `radius` of a line from `start` to `end` (x, y)."""
    height, width = mask.shape
    low = np.floor(np.minimum(start, end) - radius).astype(int)
    high = np.ceil(np.maximum(start, end) + radius).astype(int)
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    right, bottom = min(int(high[0]), width), min(int(high[1]), height)
    if right <= left or bottom <= top:
        return
    x = np.arange(left, right) + 0.5 - start[0]
    y = (np.arange(top, bottom) + 0.5 - start[1])[:, None]
    along = np.subtract(end, start)
    length = float(along @ along)
    part = np.clip((x * along[0] + y * along[1]) / length, 0, 1) if length else 0.0
    near = (x - part * along[0]) ** 2 + (y - part * along[1]) ** 2 <= radius**2
    mask[top:bottom, left:right][near] = value
