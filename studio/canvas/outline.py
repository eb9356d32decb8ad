"""A mask as an outline of few corners, any of which can be moved, added or taken away.

Between two corners that nobody touched the line is that of the mask's own pixels; beside one that was, it
is straight. So a change is as local as its corners, and without one the mask stays the same to the pixel.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import cv2
import numpy as np

from core import polygons

_FEWEST = 3  # corners of a ring


class Corner(NamedTuple):
    """A corner, or the edge that begins there: the number of its ring, and its own in that."""

    ring: int
    corner: int


@dataclass(frozen=True, eq=False)
class Ring:
    """One closed line.

    Attributes:
        corners: (K, 2) float32, x and y in frame pixels.
        between: K arrays (n, 2) float32: the places that the line passes from each corner to the next.
    """

    corners: np.ndarray
    between: tuple[np.ndarray, ...]

    @property
    def line(self) -> np.ndarray:
        """(N, 2) all its places in order."""
        steps = zip(self.corners, self.between, strict=True)
        return np.concatenate([part for corner, way in steps for part in (corner[None], way)])

    def edge(self, number: int) -> np.ndarray:
        """(n, 2) the line from a corner to the next, both of them included."""
        first, last = self.corners[number], self.corners[(number + 1) % len(self.corners)]
        return np.concatenate((first[None], self.between[number], last[None]))

    def moved(self, number: int, place: np.ndarray) -> Self:
        """With a corner elsewhere, and straight lines to it."""
        corners, between = self.corners.copy(), list(self.between)
        corners[number] = place
        between[number - 1] = between[number] = _STRAIGHT
        return replace(self, corners=corners, between=tuple(between))

    def split(self, number: int, place: np.ndarray) -> Self:
        """With one more corner on the edge that begins at a corner, where that is nearest to a place."""
        edge = self.edge(number)
        nearest, at = _nearest_on(edge, place)
        ways = edge[1 : at + 1], edge[at + 1 : -1]
        between = (*self.between[:number], *ways, *self.between[number + 1 :])
        corners = np.insert(self.corners, number + 1, nearest, axis=0)
        return replace(self, corners=corners, between=between)

    def without(self, number: int) -> Self:
        """With a corner less, and a straight line past it."""
        between = list(self.between)
        between[number - 1] = _STRAIGHT
        del between[number]
        return replace(self, corners=np.delete(self.corners, number, axis=0), between=tuple(between))


_STRAIGHT = np.zeros((0, 2), np.float32)


@dataclass(frozen=True, eq=False)
class Outline:
    """The rings of a mask, even-odd: parts and holes."""

    rings: tuple[Ring, ...]

    @classmethod
    def of(cls, mask: np.ndarray, tolerance: float) -> Self:
        """A (H, W) bool mask, with corners as few as leave its line nowhere by more than some pixels."""
        return cls(tuple(_simplified(line, tolerance) for line in polygons.outline(mask)))

    def mask(self, height: int, width: int) -> np.ndarray:
        """(height, width) bool: what lies within."""
        return polygons.fill([ring.line for ring in self.rings], height, width)

    def moved(self, which: Corner, place: np.ndarray) -> Self:
        """With a corner at another place (2,)."""
        return self._with(which.ring, self.rings[which.ring].moved(which.corner, place))

    def split(self, which: Corner, place: np.ndarray) -> tuple[Self, Corner]:
        """With one more corner on an edge, nearest to a place (2,); also which it is."""
        ring = self.rings[which.ring].split(which.corner, place)
        return self._with(which.ring, ring), Corner(which.ring, which.corner + 1)

    def without(self, which: Corner) -> Self:
        """With a corner less; a ring that is left with two goes."""
        ring = self.rings[which.ring]
        if len(ring.corners) > _FEWEST:
            return self._with(which.ring, ring.without(which.corner))
        return replace(self, rings=self.rings[: which.ring] + self.rings[which.ring + 1 :])

    def corner_near(self, place: np.ndarray, reach: float) -> Corner | None:
        """The corner nearest to a place (2,), if it is within reach."""
        best, found = reach, None
        for number, ring in enumerate(self.rings):
            away = np.hypot(*(ring.corners - place).T)
            if away.min() <= best:
                best, found = float(away.min()), Corner(number, int(away.argmin()))
        return found

    def edge_near(self, place: np.ndarray, reach: float) -> Corner | None:
        """The edge nearest to a place (2,), if it is within reach."""
        best, found = reach, None
        for number, ring in enumerate(self.rings):
            line = np.concatenate((ring.line, ring.corners[:1]))
            nearest, at = _nearest_on(line, place)
            away = float(np.hypot(*(nearest - place)))
            if away <= best:
                starts = np.cumsum([0, *(1 + len(way) for way in ring.between)])
                best, found = away, Corner(number, int(np.searchsorted(starts, at, "right")) - 1)
        return found

    def _with(self, number: int, ring: Ring) -> Self:
        return replace(self, rings=(*self.rings[:number], ring, *self.rings[number + 1 :]))


def _simplified(line: np.ndarray, tolerance: float) -> Ring:
    """A closed line (N, 2) with corners among its places (Douglas and Peucker, 1973)."""
    kept = cv2.approxPolyDP(line.astype(np.int32)[:, None], tolerance, True)[:, 0]
    if len(kept) < _FEWEST:
        kept = line
    start = int((line == kept[0]).all(axis=1).argmax())
    line = np.roll(line, -start, axis=0)
    places, at = [], -1
    for corner in kept:
        at += 1 + int((line[at + 1 :] == corner).all(axis=1).argmax())
        places.append(at)
    ends = [*places[1:], len(line)]
    between = tuple(line[first + 1 : last] for first, last in zip(places, ends, strict=True))
    return Ring(line[places], between)


def _nearest_on(line: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, int]:
    """The place (2,) of an open line (N, 2) nearest to another, and the number of the step it lies on."""
    starts, steps = line[:-1], np.diff(line, axis=0)
    length = np.maximum((steps**2).sum(axis=1), 1e-9)
    part = np.clip(((place - starts) * steps).sum(axis=1) / length, 0, 1)
    nearest = starts + part[:, None] * steps
    at = int(((nearest - place) ** 2).sum(axis=1).argmin())
    return nearest[at].astype(np.float32), at
