"""The objects of a frame from points of which it is known what they belong to.

Points are sparse and outlines are not theirs. What they say spreads over the picture and stops at its
edges; of what is then still doubtful, colours decide. Measured: `python -m benchmarks.suggested_masks`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from core.tracking.voting import lab

SIDE = 480
"""Pixels: larger frames are shrunk by a whole number; masks of full frames are no better."""

SPREAD, TONE = 20.0, 10.0
"""How far what a point says goes: pixels, and units of CIELAB that it crosses on the way."""

SURE = 0.95
"""From here on a pixel is the object's, or none of it, whatever its colour."""

SMALLEST = 12
"""Pixels of the shrunk frame that an object covers at least."""

SPECK = 0.1
"""A part of an object below this share of its largest part is left out, unless points lie in it."""

_MARGIN = 15
_ROUNDS = 2
_NOISE = 1e-12


@dataclass(frozen=True, eq=False)
class FoundMask:
    """An object in a frame.

    Attributes:
        mask: (H, W) bool, in the size of the frame.
        confidence: 0..1, from how many points it has, how far they agree with the mask, and how clear it
            is whose its pixels are.
    """

    mask: np.ndarray
    confidence: float


def find_masks(
    image: np.ndarray, xy: np.ndarray, groups: np.ndarray, weights: np.ndarray
) -> dict[int, FoundMask]:
    """The objects of a frame by number; nothing of one that has no points or covers too little.

    Args:
        image: (H, W, 3) uint8 RGB.
        xy: (N, 2) float32, points of the frame, pixels.
        groups: (N,) int, 0 for what is no object, 1… for objects.
        weights: (N,) float32, how much each counts, 0..1.

    Source: Gastal and Oliveira, SIGGRAPH 2011, recursive filter; Rother, Kolmogorov and Blake, 2004.
    """
    size = (int(image.shape[0]), int(image.shape[1]))
    small = _shrunk(image)
    scale = np.array(small.shape[1::-1]) / np.array(size[::-1])
    names, own = np.unique(np.concatenate(([0], groups)), return_inverse=True)
    own = own[1:]
    if len(names) < 2 or not len(xy):
        return {}
    columns, rows = np.clip(np.floor(xy * scale).astype(int), 0, np.array(small.shape[1::-1]) - 1).T
    likely = _spread(small, columns, rows, own, weights, len(names))
    covered = np.zeros(likely.shape, bool)
    for place in range(1, len(names)):
        covered[place] = _cut(small, likely[place])
    covered[1:] &= (
        np.where(covered, likely, -1)[1:].argmax(axis=0) == np.arange(len(names) - 1)[:, None, None]
    )
    found = {}
    for place in range(1, len(names)):
        here = own == place
        mask = _without_specks(covered[place], columns[here], rows[here])
        if mask.sum() < SMALLEST:
            continue
        inside = mask[rows, columns]
        confidence = _confidence(likely[place][mask], here, inside, weights)
        found[int(names[place])] = FoundMask(_enlarged(mask, size), confidence)
    return found


def _shrunk(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    times = -(-max(height, width) // SIDE)
    if times == 1:
        return image
    return cv2.resize(image, (max(width // times, 1), max(height // times, 1)), interpolation=cv2.INTER_AREA)


def _enlarged(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if mask.shape == size:
        return mask
    grey = mask.astype(np.uint8) * np.uint8(255)
    return np.asarray(cv2.resize(grey, size[::-1], interpolation=cv2.INTER_LINEAR) > 127)


def _spread(
    image: np.ndarray, columns: np.ndarray, rows: np.ndarray, own: np.ndarray, weights: np.ndarray, count: int
) -> np.ndarray:
    """(count, h, w) float32, how likely each object covers each pixel; they add up to 1."""
    guide = lab(image)
    said = np.zeros((count, *image.shape[:2]), np.float32)
    np.add.at(said, (own, rows, columns), weights)
    for place in range(count):
        said[place] = cv2.ximgproc.dtFilter(
            guide, said[place], SPREAD, TONE, mode=cv2.ximgproc.DTF_RF, numIters=3
        )
    said[0] += _NOISE
    return np.asarray(said / said.sum(axis=0))


def _cut(image: np.ndarray, likely: np.ndarray) -> np.ndarray:
    """(h, w) bool, the pixels of an object: where points leave it open, colours decide."""
    covered = np.asarray(likely > 0.5)
    x, y, width, height = cv2.boundingRect((likely > 1 - SURE).astype(np.uint8))
    top, left = max(y - _MARGIN, 0), max(x - _MARGIN, 0)
    part = np.s_[top : y + height + _MARGIN, left : x + width + _MARGIN]
    near = likely[part]
    labels = np.where(near > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[near > SURE], labels[near < 1 - SURE] = cv2.GC_FGD, cv2.GC_BGD
    inside = (near > 0.5).sum()
    if inside < SMALLEST or near.size - inside < SMALLEST:
        return covered
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(image[part]), labels, None, *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]  # its stubs know no None
    covered[:] = False
    covered[part] = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    return covered


def _without_specks(mask: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(h, w) bool, the parts of a mask that are large or have points (at some columns and rows)."""
    _, numbers, parts, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = parts[:, cv2.CC_STAT_AREA]
    areas[0] = 0
    kept = areas >= max(SPECK * areas.max(), 1)
    kept[np.bincount(numbers[rows, columns], minlength=len(areas)) > 1] = True
    kept[0] = False
    return np.asarray(kept[numbers])


def _confidence(likely: np.ndarray, own: np.ndarray, inside: np.ndarray, weights: np.ndarray) -> float:
    """Of a mask: from how likely its pixels (K,) are, which points are its own, and which lie in it."""
    shared, either = float(weights[own & inside].sum()), float(weights[own | inside].sum())
    count = int(own.sum())
    agreement = shared / either if either else 0.0
    return float(np.clip(likely.mean(), 0, 1)) * agreement * count / (count + _DOUBTED)


_DOUBTED = 2.0  # so many points make half of a confidence
