"""Which values of a clip's label pictures are objects: decided by their share, once for the clip.

A value that lies in areas of its own is an object. One that is only met between a lower and a higher
one is a soft edge, left by resizing or smoothing. Where a lossy file or smoothing made many values, those
that hold the bulk of the even areas are the objects, and what differs little from them is noise.
"""

from collections.abc import Callable

import numpy as np

from core.datasets.label_tally import NOISE, Tally
from core.datasets.stored_labels import channels

_MOST_GRAY = 255
_SHARE = 0.005  # of the even areas; a value that holds less is no object where there is noise
_RINGS = 0.004  # of the pixels of objects; more that lie in thin rings between others are soft edges


def gray_objects(tally: Tally) -> dict[int, int] | None:
    """The gray of an object by each gray that means it; None where every gray is an object of its own.

    Empty where the pictures shade off evenly.
    """
    present = sorted(value for value in tally.count if value)
    if tally.is_noisy:
        found = _bulk(tally, lambda value: np.array([value]), 0)
        if not tally.is_lossy:
            found |= _low_numbers(tally)
        return {value: value for value in sorted(found - {0})}
    loose = {value for value in present if not tally.is_solid(value)}
    if present and present[-1] > _MOST_GRAY and len(loose) * 2 <= len(present):
        return None  # numbers of 16 bits, such as of cells that touch
    soft = {value for value in loose if tally.between[value] * 2 >= tally.count[value]}
    wavering = {
        value
        for value in loose - soft
        if tally.steady[value] * 2 >= tally.count[value]
        and any(_is_close(value, other) for other in present if other not in loose)
    }
    rings = sum(tally.rings[value] for value in present)
    if not soft | wavering and rings < _RINGS * sum(tally.count[value] for value in present):
        return None
    means: dict[int, int] = {}
    for value in sorted(set(present) - soft, key=lambda value: -tally.count[value]):
        objects = set(means.values())
        near = next((other for other in objects if _is_close(value, other)), value)
        if tally.is_solid(value) and tally.count[value] * 8 >= tally.count[near]:
            near = value
        if near != value or tally.steady[value] * 2 >= tally.count[value]:
            means[value] = near
    return means


def _low_numbers(tally: Tally) -> set[int]:
    """Grays as low as noise that have areas of their own, as large as noise has none but a background."""
    largest = max((count for value, count in tally.solid.items() if value), default=0)
    ground = tally.border.most_common(1)[0][0]
    low = {value for value in tally.solid if 0 < value <= NOISE and tally.is_solid(value)}
    return {value for value in low - {ground} if tally.solid[value] * 10 > largest}


def _is_close(value: int, other: int) -> bool:
    """Whether resizing can have made one gray of the other, by as much as a cubic spline goes too far."""
    return abs(value - other) <= max(value, other) // 4


def colour_objects(tally: Tally) -> list[int]:
    """The colours that are objects, in the order in which they first occur."""
    background = tally.background()
    found: set[int]
    if tally.is_noisy:
        found = _bulk(tally, lambda value: channels(np.array(value)).astype(int), background)
    else:
        found = {value for value in tally.count if tally.is_solid(value)} | {background}
        largest = sum(tally.count.values()) - tally.count[background]
        for value in tally.count.keys() - found:
            if tally.count[value] * 100 >= largest and not _is_blend(value, found):
                found.add(value)
    return [value for value in tally.count if value in found and value != background]


def _is_blend(value: int, others: set[int]) -> bool:
    """Whether a colour lies on the way from one of some colours to another."""
    ends = channels(np.array(sorted(others))).astype(float)
    place = channels(np.array(value)).astype(float)
    for number, start in enumerate(ends):
        way = ends[number + 1 :] - start
        along = ((place - start) * way).sum(axis=1) / (way**2).sum(axis=1)
        off = np.abs(start + along[:, None] * way - place).max(axis=1, initial=0)
        if ((off <= 4) & (along > 0) & (along < 1)).any():
            return True
    return False


def _bulk(tally: Tally, place: Callable[[int], np.ndarray], background: int) -> set[int]:
    """The values at the peaks of the even areas, and the background."""
    values = [value for value, _ in tally.even.most_common()]
    if not values:
        return {background}
    places = np.stack([place(value) for value in values])
    weights = np.array([tally.even[value] for value in values], np.float64)
    least = max(1.0, _SHARE * (weights.sum() - tally.even[background]))
    found, free = {background}, np.abs(places - place(background)).max(axis=1) > NOISE
    for number, value in enumerate(values):
        if not free[number]:
            continue
        away = np.abs(places - places[number]).max(axis=1)
        around = weights[free & (away <= NOISE)].sum()
        if around >= least and weights[free & (away <= NOISE // 6)].sum() * 2 >= around:
            found.add(value)
        free &= away > NOISE
    return found
