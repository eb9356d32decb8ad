"""How often each value occurs in the label pictures of a clip, and in what surroundings."""

from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np

from core.datasets.stored_labels import Kind, channels, runs_of

NOISE = 24
"""How far a lossy file moves a value, out of 255."""

FEW = 64
"""A gray up to this is the number of an object; one above it stands for "object" where it is alone."""

_MANY = 16  # distinct values in a picture
_KEPT = 256  # colours of one noisy picture that are counted, the most frequent ones
_SMALL, _WIDE = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)


@dataclass
class Tally:
    """How often each value occurs in a clip, and where: in pixels, over all pictures.

    Attributes:
        count: all of its pixels.
        solid: those in a block of 3 x 3 pixels of that value.
        even: those whose neighbours differ from them by noise at most.
        steady: those in a block of 3 x 3 pixels that differ by a quarter at most; grays only, as below.
        between: those with a lower and a higher value at most 2 pixels away.
        rings: those of `between` that are not steady.
        border: those along the border of their picture.
        is_lossy: whether a file's compression changes values.
        pixels: of all pictures.
        most: the distinct values of the picture that has most.
        named: the file of that picture.
    """

    count: Counter[int] = field(default_factory=Counter)
    solid: Counter[int] = field(default_factory=Counter)
    even: Counter[int] = field(default_factory=Counter)
    steady: Counter[int] = field(default_factory=Counter)
    between: Counter[int] = field(default_factory=Counter)
    rings: Counter[int] = field(default_factory=Counter)
    border: Counter[int] = field(default_factory=Counter)
    is_lossy: bool = False
    pixels: int = 0
    most: int = 0
    named: str = ""

    def add(self, values: np.ndarray, runs: tuple[np.ndarray, np.ndarray], name: str, kind: Kind) -> None:
        """Count a picture (H, W) of that kind of values, stored as `name`, given also as its runs."""
        own = histogram(*runs)
        self.pixels += values.size
        if len(own) > self.most:
            self.most, self.named = len(own), name
        edge = np.concatenate((values[0], values[-1], values[1:-1, 0], values[1:-1, -1]))
        self.border.update(histogram(*runs_of(edge)))
        is_colour = kind is Kind.COLOUR
        if is_colour and len(own) > _KEPT:
            own = Counter(dict(own.most_common(_KEPT)))
        self.count.update(own)
        if kind is Kind.INDEX or len(own.keys() - {0}) <= (2 if is_colour and 0 not in own else 1):
            for tally in (self.solid, self.even, self.steady):
                tally.update(own)
            return
        solid, even = surroundings(values, kind)
        for tally, where in ((self.solid, solid), (self.even, even)):
            found = histogram(*runs_of(values[where]))
            tally.update({value: found[value] for value in own.keys() & found.keys()})
        if not is_colour:
            firm, between = firmness(values)
            for tally, where in ((self.steady, firm), (self.between, between), (self.rings, between & ~firm)):
                tally.update(histogram(*runs_of(values[where])))

    @property
    def is_noisy(self) -> bool:
        """Whether there are more values than objects have, most of them nowhere in a block of their own."""
        if not self.is_lossy and (self.most <= _MANY or max(self.count) <= FEW):
            return False
        loose = sum(not self.is_solid(value) for value in self.count)
        return self.is_lossy or loose * 2 > len(self.count)

    def is_solid(self, value: int) -> bool:
        """Whether most pixels of a value lie in blocks of it."""
        return self.solid[value] * 2 >= self.count[value]

    def background(self) -> int:
        """0 where it occurs; else the value that holds most of the borders."""
        return 0 if self.count[0] or not self.border else self.border.most_common(1)[0][0]


def histogram(own: np.ndarray, lengths: np.ndarray) -> Counter[int]:
    """How often each value occurs, in ascending order of values, given runs."""
    if own.dtype == np.uint8:
        counts = np.bincount(own, weights=lengths, minlength=256).astype(np.int64)
        present = np.flatnonzero(counts)
        counts = counts[present]
    else:
        present, place = np.unique(own, return_inverse=True)
        counts = np.bincount(place, weights=lengths, minlength=len(present)).astype(np.int64)
    return Counter(dict(zip(present.tolist(), counts.tolist(), strict=True)))


def surroundings(values: np.ndarray, kind: Kind) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) bool twice: in a block of 3 x 3 equal pixels; with neighbours that differ by noise at most."""
    shown = channels(values) if kind is Kind.COLOUR else values
    spread = cv2.dilate(shown, _SMALL) - cv2.erode(shown, _SMALL)
    if spread.ndim == 3:
        spread = spread.max(axis=2)
    return around(spread == 0), spread <= NOISE


def firmness(grays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) bool twice, as `Tally.steady` and `Tally.between`."""
    high = cv2.dilate(grays, _SMALL)
    core = high - cv2.erode(grays, _SMALL) <= np.minimum(high // 4, NOISE)
    between = (cv2.erode(grays, _WIDE) < grays) & (grays < cv2.dilate(grays, _WIDE))
    return around(core), between


def around(cores: np.ndarray) -> np.ndarray:
    """(H, W) bool: in a block of 3 x 3 pixels around one of some."""
    return cv2.dilate(cores.astype(np.uint8), _SMALL).astype(bool)
