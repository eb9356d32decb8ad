"""What the values of a clip's label pictures mean: which number of an object each has, and what is said.

- Indices are numbers; 255 is void, so background, where there are other objects.
- Grays of one value, or soft, are one object, cut at half; of several values, each is an object. Those of
  16 bits may be the ids of KITTI MOTS, class · 1000 + instance, with 10000 for what is ignored.
- Colours of the DAVIS palette are its numbers; others are objects in the order in which they first occur.

Source: Voigtlaender et al., "MOTS: Multi-object tracking and segmentation", CVPR 2019, for its ids.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from core.datasets.label_tally import FEW, NOISE, Tally, firmness, surroundings
from core.datasets.label_values import colour_objects, gray_objects
from core.datasets.stored_labels import Kind, channels
from core.errors import StudioError
from core.percent import percent

_VOID = 255
_MOTS_CLASSES = {1: "car", 2: "pedestrian"}
_MOTS_IGNORED = 10000


def palette() -> np.ndarray:
    """(256, 3) uint8 RGB, the palette of DAVIS and VOC: the bits of an index spread over the channels."""
    index = np.arange(256)
    colours = np.zeros((256, 3), np.uint8)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= (((index >> (3 * bit + channel)) & 1) << (7 - bit)).astype(np.uint8)
    return colours


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """How values become objects.

    Attributes:
        labels: (H, W) values → (H, W) int32 numbers of objects, 0 for background.
        warnings: sentences about what was irregular and how it was taken.
        names: of objects whose number says more than a number.
    """

    labels: Callable[[np.ndarray], np.ndarray]
    warnings: tuple[str, ...] = ()
    names: dict[int, str] = field(default_factory=dict)


def meaning(kind: Kind, tally: Tally, clip: str, named: Mapping[int, str]) -> Meaning:
    """What the values of one kind mean, given how often they occur in the clip of that name.

    `named` are the colours whose objects have names.

    Raises:
        StudioError: no values are objects, or those that are cannot be told apart.
    """
    match kind:
        case Kind.INDEX:
            return _of_indices(tally, clip)
        case Kind.GRAY:
            return _of_grays(tally, clip)
        case Kind.COLOUR:
            return _of_colours(tally, clip, named)


def settled(values: np.ndarray, own: np.ndarray, known: np.ndarray, kind: Kind) -> np.ndarray:
    """Values where every pixel has that of an object or of the background.

    Args:
        values: (H, W) grays or colours as stored.
        own: (H, W), the value of its object or of the background where `known`.
        known: (H, W) bool; another pixel goes to the value most like its own of those that are known at
            most 3 pixels away, or to the nearest where two are as like or none is there.
        kind: of the values.
    """
    places = np.nonzero(~known)
    shown = (channels(values[places]) if kind is Kind.COLOUR else values[places][:, None]).astype(np.int64)
    least, found = np.full(len(shown), np.inf), own[places]
    is_open = np.ones(len(shown), bool)  # not decided yet
    for value in np.unique(own[known]):
        mask = (known & (own == value)).astype(np.uint8)
        near = np.flatnonzero(cv2.dilate(mask, np.ones((7, 7), np.uint8))[places])
        end = channels(value) if kind is Kind.COLOUR else value
        away = np.abs(shown[near] - np.asarray(end, np.int64)).max(axis=-1)
        is_open[near] = np.where(away == least[near], True, is_open[near] & (away > least[near]))
        found[near] = np.where(away < least[near], value, found[near])
        least[near] = np.minimum(least[near], away)
    settled_values, decided = own.copy(), known.copy()
    settled_values[places], decided[places] = found, ~is_open
    return nearest(settled_values, decided)


def nearest(numbers: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(H, W) numbers, where `known` (H, W) bool is false that of the nearest known pixel."""
    if known.all() or not known.any():
        return np.where(known, numbers, 0)
    _, place = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    own = np.zeros(int(place.max()) + 1, numbers.dtype)
    own[place[known]] = numbers[known]
    spread: np.ndarray = own[place]
    return spread


def _of_indices(tally: Tally, clip: str) -> Meaning:
    present = [value for value in sorted(tally.count) if value]
    numbers = {value: value for value in present if value != _VOID} or {value: 1 for value in present}
    warnings = tuple(_without_background(tally, clip))
    return Meaning(labels=lambda values: _looked_up(values, numbers), warnings=warnings)


def _of_grays(tally: Tally, clip: str) -> Meaning:
    present = sorted(value for value in tally.count if value)
    if not present:
        return Meaning(labels=lambda values: np.zeros(values.shape, np.int32))
    if tally.is_lossy and present[-1] < NOISE:
        raise StudioError(
            f"{tally.named} is a JPEG or WebP, which changes numbers of objects a little, so that 1 to "
            f"{present[-1]} cannot be told apart; save the masks of {clip} as PNG."
        )
    means = gray_objects(tally)
    if means is None:
        return _of_clean_grays(tally, clip, present)
    objects = sorted(set(means.values()))
    if len(objects) < 2:
        return _of_soft_grays(tally, clip, objects[0] if objects else present[-1])
    said = (
        f"The masks of {clip} have soft edges ({tally.named} has {tally.most} gray values); the objects are "
        f"{_listed(objects)}, and pixels of other values went to what is nearest."
    )
    ends = np.array([0, *objects], np.int32)

    def labels(values: np.ndarray) -> np.ndarray:
        if tally.is_noisy:
            grays = np.arange(int(values.max()) + 1)
            away = np.abs(grays[:, None] - ends)
            own = ends[away.argmin(axis=1)][values]
            is_like = (away.min(axis=1) <= NOISE)[values]
            solid, even = surroundings(values, Kind.GRAY)
            is_low = (own > 0) & (own <= NOISE)
            known = np.where(is_low, solid & (own == values), even & is_like)
            return settled(values, own, known, Kind.GRAY)
        steady, between = firmness(values)
        own = _looked_up(values, means)
        return settled(values, own, (steady | ~between) & ((own > 0) | (values == 0)), Kind.GRAY)

    return Meaning(labels=labels, warnings=(said,))


def _of_clean_grays(tally: Tally, clip: str, objects: list[int]) -> Meaning:
    """Each gray is an object."""
    numbers = {value: value for value in objects}
    names: dict[int, str] = {}
    warnings = []
    if len(objects) == 1 and objects[0] <= _VOID:
        numbers = {value: 1 if value > FEW else value for value in objects}
        warnings += _inverted(tally, clip, objects[0])
    elif objects and set(objects) <= {*range(1001, 3000), _MOTS_IGNORED}:
        numbers.pop(_MOTS_IGNORED, None)
        names = {value: _MOTS_CLASSES[value // 1000] for value in numbers}
        warnings.append(
            f"The numbers in the masks of {clip} were taken for those of KITTI MOTS: 1000 and above are "
            f"cars, 2000 and above pedestrians, and {_MOTS_IGNORED} is left out."
        )
    elif objects[-1:] == [_VOID] and objects[0] <= FEW:
        warnings.append(
            f"In the gray masks of {clip}, 255 is an object beside {_listed(objects[:-1])}; if it means "
            "void, take object 255 out, or save the masks with a palette."
        )
    warnings += _without_background(tally, clip)
    return Meaning(labels=lambda values: _looked_up(values, numbers), warnings=tuple(warnings), names=names)


def _of_soft_grays(tally: Tally, clip: str, value: int) -> Meaning:
    """One object, of `value` inside, cut at half; what is nearly white was white once."""
    number = 1 if value > FEW else value
    half = 128 if value > 191 else (value + 1) // 2
    said = (
        f"The masks of {clip} are soft ({tally.named} has {tally.most} gray values), so they are taken as "
        f"one object, {half} and above."
    )
    return Meaning(
        labels=lambda values: np.where(values >= half, number, 0).astype(np.int32),
        warnings=(said, *_inverted(tally, clip, value)),
    )


def _inverted(tally: Tally, clip: str, value: int) -> list[str]:
    """A sentence where an object runs round the border and fills most of the pictures."""
    area, border = (
        sum(number for gray, number in found.items() if gray * 2 >= value) / max(found.total(), 1)
        for found in (tally.count, tally.border)
    )
    if not (area > 0.5 and border > 0.9 and tally.count[0]):
        return []
    return [
        f"The masks of {clip} seem to be inverted, since the object takes {percent(area)} of the pixels and "
        "nearly all of the border; if so, invert them and import them again."
    ]


def _without_background(tally: Tally, clip: str) -> list[str]:
    """A sentence where no pixel is 0 and one of several objects runs round the border."""
    if tally.count[0] or len(tally.count) < 2 or not tally.border:
        return []
    value, number = tally.border.most_common(1)[0]
    if number <= 0.9 * tally.border.total():
        return []
    return [
        f"No pixel of the masks of {clip} is background (0), and object {value} takes nearly all of their "
        "border; if it is the background, remove it."
    ]


def _of_colours(tally: Tally, clip: str, named: Mapping[int, str]) -> Meaning:
    background, objects = tally.background(), colour_objects(tally)
    bulk = {background, *objects}
    if sum(tally.even[value] for value in bulk) * 2 < tally.pixels:
        raise StudioError(
            f"{tally.named} has {tally.most:,} colours, too many to be objects; choose the folder of the "
            f"masks of {clip}, or save them as PNG."
        )
    given = {value: _palette_number(value, tally.is_noisy) for value in objects}
    taken = {number for number in given.values() if number}
    free = (number for number in range(1, len(objects) + 256) if number not in taken)
    numbers = {value: number or next(free) for value, number in given.items()}
    if len(numbers) > 1:
        numbers = {value: number for value, number in numbers.items() if number != _VOID}
    names = {number: named[value] for value, number in numbers.items() if value in named}
    warnings = []
    if strange := [value for value, number in given.items() if not number and value not in named]:
        shown = ", ".join(f"{_hex(value)} is object {numbers[value]}" for value in strange[:6])
        warnings.append(
            f"In the masks of {clip}, {len(strange)} of {len(objects)} colours are not of the DAVIS palette; "
            f"each is an object: {shown}{' …' if len(strange) > 6 else ''}."
        )
    if background:
        warnings.append(
            f"The masks of {clip} have no black; {_hex(background)}, which holds most of their border, is "
            "background."
        )
    if tally.is_noisy or tally.count.keys() - bulk:
        others = tally.pixels - sum(tally.count[value] for value in bulk)
        warnings.append(
            f"The masks of {clip} have soft edges or noise ({tally.named} has {tally.most:,} colours); "
            f"{others:,} pixel{'s' if others != 1 else ''} of other colours went to what is nearest."
        )
    else:
        return Meaning(
            labels=lambda values: _looked_up(values, numbers), warnings=tuple(warnings), names=names
        )
    codes = np.array(sorted(bulk))

    def labels(values: np.ndarray) -> np.ndarray:
        seen, place = np.unique(values, return_inverse=True)
        away = np.abs(channels(seen).astype(int)[:, None] - channels(codes).astype(int)).max(axis=2)
        close = away.min(axis=1) <= (NOISE if tally.is_noisy else 0)
        place = place.reshape(values.shape)
        known = close[place]
        if tally.is_noisy:
            known &= surroundings(values, Kind.COLOUR)[1]
        own = codes[away.argmin(axis=1)][place]
        return _looked_up(settled(values, own, known, Kind.COLOUR), numbers)

    return Meaning(labels=labels, warnings=tuple(warnings), names=names)


def _palette_number(colour: int, is_noisy: bool) -> int:
    """The number of a colour in the DAVIS palette; 0 where it is none of it."""
    away = np.abs(palette().astype(int) - channels(np.array(colour)).astype(int)).max(axis=1)
    number = int(away[1:].argmin()) + 1
    return number if away[number] <= (NOISE if is_noisy else 0) else 0


def _looked_up(values: np.ndarray, numbers: dict[int, int]) -> np.ndarray:
    """(H, W) int32 number of each value, 0 where it has none."""
    if values.dtype == np.uint8:
        table = np.zeros(max([255, *numbers]) + 1, np.int32)  # some pictures of the clip can have 16 bits
        table[list(numbers)] = list(numbers.values())
        looked: np.ndarray = table[values]
        return looked
    known = np.array(sorted(numbers), np.int64)
    if not len(known):
        return np.zeros(values.shape, np.int32)
    own = np.array([numbers[int(value)] for value in known], np.int32)
    place = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.where(known[place] == values, own[place], 0).astype(np.int32)


def _hex(colour: int) -> str:
    return f"#{colour:06x}"


def _listed(values: Sequence[int]) -> str:
    """Such as "1, 7 and 9"."""
    *others, last = [str(value) for value in values[:9]]
    last = last if len(values) <= 9 else f"{len(values) - len(others):,} others"
    return f"{', '.join(others)} and {last}" if others else last
