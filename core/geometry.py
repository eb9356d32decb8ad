"""Boxes and masks.

A **box** is `(x1, y1, x2, y2)` float32 in pixels, continuous: pixel (column c, row r) covers
[c, c+1) × [r, r+1), so the box of a mask ends one past its last pixel and its area is
`(x2 - x1) * (y2 - y1)`. VOC's 1-based inclusive corners are converted where its files are read and
written: annotations in `datasets/voc.py`, detections in `evaluation/comp4.py`.

A **mask** is (H, W) bool. Stored, it is run lengths: little-endian uint32 counts in column-major
order, background first, as COCO's uncompressed RLE.
"""

import numpy as np


def areas(boxes: np.ndarray) -> np.ndarray:
    """(..., 4) boxes → (...,) areas in px²; 0 for boxes turned inside out."""
    return np.maximum(boxes[..., 2] - boxes[..., 0], 0) * np.maximum(boxes[..., 3] - boxes[..., 1], 0)


def intersections(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Areas shared by boxes, in px²; (..., 4) and (..., 4) broadcast against each other."""
    width = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    height = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    return np.maximum(width, 0) * np.maximum(height, 0)


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union in 0..1; (..., 4) and (..., 4) broadcast; 0 where both are empty.

    For every pair of (N, 4) and (M, 4): `iou(a[:, None], b[None])`.
    """
    shared = intersections(a, b)
    union = areas(a) + areas(b) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def mask_box(mask: np.ndarray) -> np.ndarray | None:
    """The box (4,) float32 around a mask's pixels; None for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)


def encode_mask(mask: np.ndarray) -> bytes:
    """Run lengths of a (H, W) bool mask (see above)."""
    flat = np.asarray(mask, bool).ravel(order="F")
    bounds = np.concatenate(([0], np.flatnonzero(flat[1:] != flat[:-1]) + 1, [flat.size]))
    counts = np.diff(bounds)
    if flat.size and flat[0]:
        counts = np.concatenate(([0], counts))
    return counts.astype("<u4").tobytes()


def decode_mask(runs: bytes, height: int, width: int) -> np.ndarray:
    """(height, width) bool mask of run lengths.

    Raises:
        ValueError: the runs do not add up to height × width pixels.
    """
    counts = np.frombuffer(runs, "<u4")
    if int(counts.sum(dtype=np.int64)) != height * width:
        raise ValueError(f"runs cover {int(counts.sum(dtype=np.int64))} of {height * width} pixels")
    values = np.zeros(len(counts), bool)
    values[1::2] = True
    return np.repeat(values, counts).reshape((height, width), order="F")
