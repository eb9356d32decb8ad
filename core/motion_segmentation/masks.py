"""The objects of a frame from points of which it is known what they belong to, and from how pixels move.

Points are sparse and outlines are not theirs. What they say spreads over the picture and stops at its
edges; far from its points nothing is an object's. How pixels move is added, and of what is then still
doubtful, colours decide. Measured: `python -m benchmarks.suggested_masks`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from core.motion_segmentation.moving_with import Picture

SPREAD, TONE = 20.0, 10.0
"""How far what a point says goes: pixels, and units of CIELAB that it crosses on the way."""

SMOOTH = 8.0
"""How far pixels agree about what they are, in pixels."""

FAR = 0.002
"""That a pixel is no object's, as a share of what points say where they are: it counts where none of the
object's is as near as its points usually are to each other."""

SAID = 4.0
"""Log odds that points lend to a pixel at most."""

SURE = 3.0
"""Log odds from which on a pixel is the object's, or none of it, whatever its colour."""

SMALLEST = 12
"""Pixels of the shrunk frame that an object covers at least."""

SPECK = 0.1
"""A part of an object below this share of its largest part is left out, unless points lie in it."""

_MARGIN = 15
_ROUNDS = 1
_NOISE = 1e-12
_NOWHERE = -10.0


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
    picture: Picture,
    xy: np.ndarray,
    groups: np.ndarray,
    weights: np.ndarray,
    wanted: Collection[int],
    moving: Mapping[int, np.ndarray],
) -> dict[int, FoundMask]:
    """The wanted objects of a frame by number; nothing of one that has no points or covers too little.

    Args:
        xy: (N, 2) float32, points of the frame, pixels.
        groups: (N,) int, 0 for what is no object, 1… for objects.
        weights: (N,) float32, how much each counts, 0..1.
        wanted: numbers of objects; others only hold their ground.
        moving: by number (h, w) float32, log odds that pixels go with an object, as `moving_with` has them.

    Source: Gastal and Oliveira, SIGGRAPH 2011, recursive filter; Rother, Kolmogorov and Blake, 2004.
    """
    names, own = np.unique(np.concatenate(([0], groups)), return_inverse=True)
    own = own[1:]
    if len(names) < 2 or not len(xy):
        return {}
    last = np.array(picture.image.shape[1::-1]) - 1
    columns, rows = np.clip(np.floor(xy * picture.scale).astype(int), 0, last).T
    said = _spread(picture, columns, rows, own, weights, len(names))
    far = _far(said.shape[1:], columns, rows, own, len(names))
    odds = _odds(said, FAR * np.median(said.sum(axis=0)[rows, columns]) * far)
    for place, name in enumerate(names[1:].tolist()):
        odds[place] = _smoothed(picture, odds[place] + moving.get(name, 0))
    best = odds.argmax(axis=0)
    found = {}
    for place, name in enumerate(names[1:].tolist()):
        if name not in wanted:
            continue
        here = own == place + 1
        covered = _cut(picture.image, np.where(best == place, odds[place], _NOWHERE))
        mask = _without_specks(covered, columns[here], rows[here])
        if mask.sum() < SMALLEST:
            continue
        inside = mask[rows, columns]
        likely = said[place + 1][mask] / (said[:, mask].sum(axis=0) + _NOISE)
        found[name] = FoundMask(_enlarged(mask, picture.size), _confidence(likely, here, inside, weights))
    return found


def _enlarged(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if mask.shape == size:
        return mask
    grey = mask.astype(np.uint8) * np.uint8(255)
    return np.asarray(cv2.resize(grey, size[::-1], interpolation=cv2.INTER_LINEAR) > 127)


def _spread(
    picture: Picture, columns: np.ndarray, rows: np.ndarray, own: np.ndarray, weights: np.ndarray, count: int
) -> np.ndarray:
    """(count, h, w) float32, what points say of each object and, first, of none."""
    said = np.zeros((count, *picture.image.shape[:2]), np.float32)
    np.add.at(said, (own, rows, columns), weights)
    for place in range(count):
        said[place] = cv2.ximgproc.dtFilter(
            picture.colours, said[place], SPREAD, TONE, mode=cv2.ximgproc.DTF_RF, numIters=3
        )
    return said


def _far(
    size: tuple[int, ...], columns: np.ndarray, rows: np.ndarray, own: np.ndarray, count: int
) -> np.ndarray:
    """(count - 1, h, w) float32, 1 where no point of an object is as near as its are to each other."""
    far = np.ones((count - 1, *size), np.float32)
    for place, one in enumerate(far, 1):
        here = own == place
        spots = np.unique(np.stack((columns[here], rows[here]), axis=1), axis=0)
        if len(spots) < 2:
            continue
        apart, _ = cKDTree(spots).query(spots, [2])
        elsewhere = np.ones(one.shape, np.uint8)
        elsewhere[spots[:, 1], spots[:, 0]] = 0
        one[:] = cv2.distanceTransform(elsewhere, cv2.DIST_L2, 5) >= np.median(apart)
    return far


def _odds(said: np.ndarray, far: np.ndarray) -> np.ndarray:
    """(count - 1, h, w) float32, log odds of objects by what points say; `far`: said of none anyway."""
    others = np.maximum(said.sum(axis=0) - said[1:], 0) + far
    return np.clip(np.log(said[1:] + _NOISE) - np.log(others + _NOISE), -SAID, SAID)


def _smoothed(picture: Picture, odds: np.ndarray) -> np.ndarray:
    """(h, w) float32: means over pixels with no edge between them."""
    return np.asarray(
        cv2.ximgproc.dtFilter(picture.colours, odds, SMOOTH, TONE, mode=cv2.ximgproc.DTF_RF, numIters=3)
    )


def _cut(image: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """(h, w) bool, the pixels of an object: where log odds leave it open, colours decide."""
    covered = np.asarray(odds > 0)
    x, y, width, height = cv2.boundingRect(covered.astype(np.uint8))
    top, left = max(y - _MARGIN, 0), max(x - _MARGIN, 0)
    part = np.s_[top : y + height + _MARGIN, left : x + width + _MARGIN]
    near = odds[part]
    labels = np.where(near > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[near > SURE], labels[near < -SURE] = cv2.GC_FGD, cv2.GC_BGD
    inside = (near > 0).sum()
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
