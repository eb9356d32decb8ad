"""Labels by vote: a pixel asks the keyframes around where the flow points, and the likest pixels count most.

Flow is a little wrong at just the outlines that matter. So a pixel does not take the label of one place
in a keyframe but of many near it, weighed by how alike they look, how near they lie and how far the
flow there is trusted (non-local label fusion).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.geometry import mask_box


@dataclass(frozen=True, kw_only=True)
class Search:
    """Where votes come from and what they weigh.

    Attributes:
        reach, step: shifts up to `reach` pixels each way, every `step`.
        spread: standard deviation of the weight of a shift, in pixels.
        tone: standard deviation of the weight of a difference in colour, in units of CIELAB.
    """

    reach: int
    step: int
    spread: float
    tone: float = 3.0


WIDE = Search(reach=12, step=3, spread=7.0)
NARROW = Search(reach=5, step=1, spread=3.0)
"""For small objects, which a wide search would lose."""

LEAST = np.float32(-60)
"""Logarithm of the least weight: smaller ones are no normal numbers, with which processors are slow."""


@dataclass(frozen=True, eq=False)
class Voter:
    """A keyframe, pulled through the flow to the frame that is asked.

    Attributes:
        colours: (h, w, 3) uint8, as `lab` gives them.
        mask: (h, w) float32 in 0..1.
        weight: (h, w) float32, above 0.
    """

    colours: np.ndarray
    mask: np.ndarray
    weight: np.ndarray


def lab(image: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB → (H, W, 3) uint8 CIELAB in its own units: L 0..100, and a and b plus 128.

    OpenCV stretches L to 255; brightness, which light and shade change, would then count six times more.
    """
    colours = cv2.cvtColor(image, cv2.COLOR_RGB2Lab)
    colours[..., 0] = cv2.LUT(np.ascontiguousarray(colours[..., 0]), _LIGHTNESS)
    return colours


_LIGHTNESS = np.rint(np.arange(256) * 100 / 255).astype(np.uint8)


def vote(colours: np.ndarray, voters: Sequence[Voter], search: Search) -> np.ndarray:
    """How likely the object covers each pixel.

    Args:
        colours: (h, w, 3) uint8, as `lab` gives them, of the frame that is asked.

    Returns:
        (h, w) float32 in 0..1.

    Source: after Coupé et al., NeuroImage 54 (2011), Section 2.2, on patches of 3 × 3.
    """
    around = np.ones((2 * search.reach + 1, 2 * search.reach + 1), np.uint8)
    masks = [voter.mask for voter in voters]
    most = cv2.dilate(np.maximum.reduce(masks), around, borderType=cv2.BORDER_REPLICATE)
    labels = cv2.erode(np.minimum.reduce(masks), around, borderType=cv2.BORDER_REPLICATE)
    disputed = mask_box(most > labels)  # beyond it all votes are the same
    if disputed is None:
        return labels
    x1, y1, x2, y2 = disputed.astype(int)
    left, above = min(x1, 1), min(y1, 1)  # patches reach a pixel further
    part = np.s_[y1 - above : y2 + 1, x1 - left : x2 + 1]
    counted = _count(colours, voters, search, part)
    labels[y1:y2, x1:x2] = counted[above : above + y2 - y1, left : left + x2 - x1]
    return labels


def _count(
    colours: np.ndarray, voters: Sequence[Voter], search: Search, part: tuple[slice, slice]
) -> np.ndarray:
    """(h, w) float32: `vote` in a part, but for its outermost pixels."""
    asked = [np.ascontiguousarray(channel[part]) for channel in cv2.split(colours)]
    height, width = size = asked[0].shape
    votes, total = np.zeros(size, np.float32), np.zeros(size, np.float32)
    shifts = range(0, 2 * search.reach + 1, search.step)
    for voter in voters:
        there = [_padded(channel, search.reach) for channel in cv2.split(voter.colours)]
        yes, weight = _padded(voter.mask * voter.weight, search.reach), _padded(voter.weight, search.reach)
        for y in shifts:
            for x in shifts:
                down, right = part[0].start + y, part[1].start + x
                moved = np.s_[down : down + height, right : right + width]
                unlike = np.zeros(size, np.float32)
                for channel, others in zip(asked, there, strict=True):
                    cv2.accumulateSquare(cv2.absdiff(channel, others[moved]), unlike)
                away = ((y - search.reach) ** 2 + (x - search.reach) ** 2) / (2 * search.spread**2)
                mean = cv2.boxFilter(unlike, -1, (3, 3))
                power = cv2.addWeighted(mean, -1 / (2 * search.tone**2), mean, 0, -away)
                likeness = cv2.exp(np.maximum(power, LEAST, out=power))
                cv2.accumulateProduct(likeness, yes[moved], votes)
                cv2.accumulateProduct(likeness, weight[moved], total)
    return votes / total


def vote_at_two_sizes(colours: np.ndarray, voters: Sequence[Voter], search: Search) -> np.ndarray:
    """The mean of `vote` and of a vote at half the size, which reaches twice as far."""
    full = vote(colours, voters, search)
    height, width = full.shape
    if min(height, width) < 4:
        return full
    small = [Voter(*(_halved(each) for each in (v.colours, v.mask, v.weight))) for v in voters]
    half = vote(_halved(colours), small, search)
    return (full + cv2.resize(half, (width, height), interpolation=cv2.INTER_LINEAR)) / 2


def _padded(field: np.ndarray, by: int) -> np.ndarray:
    return cv2.copyMakeBorder(field, by, by, by, by, cv2.BORDER_REPLICATE)


def _halved(field: np.ndarray) -> np.ndarray:
    height, width = field.shape[:2]
    return cv2.resize(field, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
