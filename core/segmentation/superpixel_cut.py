"""The segmenter that is built in: a graph cut over superpixels, its edge drawn again at full size.

A piece of the picture around the prompts is made small and cut into superpixels. Which of them are the object
is settled a few times in turn: the colours of both sides are estimated, and a cut of least cost separates
the two anew (as GrabCut does over pixels; Rother, Kolmogorov and Blake, SIGGRAPH 2004). A guided filter
(He, Sun and Tang, TPAMI 2013) lets the edge follow the picture at its full size.
`benchmarks/segmentation.py` measures it, and GrabCut beside it.
"""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from core.geometry import mask_box
from core.segmentation.segmenter import Prompts, Segmented
from core.segmentation.superpixels import Superpixels

_SIDE = 352  # pixels of the longer side of what is worked on
_SUPERPIXELS = 1000
_AROUND = 0.5  # of the longer side of a box, looked at beside it
_COLOUR = 8.0  # standard deviation of the kernel over colours
_RARE = 3e-4  # density of a colour that neither side has
_SMOOTH = 2.0  # what an edge of the length of a superpixel costs where there is no contrast
_ROUNDS = 4
_SURE = 60.0  # log odds of what a person said
_REACH = 0.14  # of the root of the picture's area: radius of the disc that a click stands for
_ALIKE, _FARTHER = 3.0, 4.0  # log odds of what has the clicked colour, so many times farther than all else
_CERTAIN = 1.5  # log odds of a correction from which on the colours are estimated as it says
_BOX_LEEWAY = 0.3  # of half a box's side, beyond it, from which on nothing belongs to the object
_EVEN = 6.5  # variance, squared levels of grey, below which the guided filter sees no edge
_SCALE = 100.0  # the cut counts in whole numbers


@dataclass(frozen=True, eq=False)
class _Piece:
    """A part of a picture made small.

    Attributes:
        corner: (2,) x and y of its top left pixel in the picture.
        full: (h, w, 3) uint8, that part as it is.
        scale: (2,) small pixels to a pixel of the picture, across and down.
        cells: its superpixels, in small pixels.
        likeness: (N, N) float32, 0..1, how alike the colours of two superpixels are.
        joins: (E,) float32, what it costs to part a pair of superpixels.
        rim: (N,) bool, superpixels at a side of the piece beyond which the picture goes on.
    """

    corner: np.ndarray
    full: np.ndarray
    scale: np.ndarray
    cells: Superpixels
    likeness: np.ndarray
    joins: np.ndarray
    rim: np.ndarray

    @classmethod
    def of(cls, image: np.ndarray, box: np.ndarray) -> Self:
        """What a box (4,) holds of an image, with room around it."""
        height, width = image.shape[:2]
        room = _AROUND * float((box[2:] - box[:2]).max()) + 8
        x1, y1 = (max(int(value - room), 0) for value in box[:2])
        x2, y2 = min(int(np.ceil(box[2] + room)), width), min(int(np.ceil(box[3] + room)), height)
        full = image[y1:y2, x1:x2]
        shrink = min(1.0, _SIDE / max(full.shape[:2]))
        size = max(1, round(full.shape[1] * shrink)), max(1, round(full.shape[0] * shrink))
        small = cv2.resize(full, size, interpolation=cv2.INTER_AREA)
        cells = Superpixels.of(small, _SUPERPIXELS)
        colours = cells.colours * (np.array((0.7, 1, 1), np.float32) / _COLOUR)  # light counts less
        squared = (colours**2).sum(axis=1)
        distance = squared[:, None] + squared - 2 * colours @ colours.T
        contrast = ((cells.colours[cells.pairs[:, 0]] - cells.colours[cells.pairs[:, 1]]) ** 2).sum(axis=1)
        usual = 2 * float(contrast.mean()) if len(contrast) else 1.0
        length = cells.borders / np.sqrt(cells.areas.mean())
        joins = _SMOOTH * length * np.exp(-contrast / max(usual, 1e-6))
        likeness = np.exp(-0.5 * np.maximum(distance, 0))
        scale = np.array(size, np.float32) / (full.shape[1], full.shape[0])
        rim = np.zeros(len(cells.areas), bool)
        for goes_on, column in ((x1 > 0, 0), (x2 < width, -1)):
            rim[cells.labels[:, column]] |= goes_on
        for goes_on, row in ((y1 > 0, 0), (y2 < height, -1)):
            rim[cells.labels[row]] |= goes_on
        return cls(np.array((x1, y1), np.float32), full, scale, cells, likeness, joins, rim)

    def places(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the picture in small pixels."""
        return (points - self.corner) * self.scale

    def part(self, mask: np.ndarray) -> np.ndarray:
        """(N,) which share of each superpixel a (H, W) mask of the picture covers."""
        column, row = self.corner.astype(int)
        height, width = self.full.shape[:2]
        cut = mask[row : row + height, column : column + width].astype(np.float32)
        small = cv2.resize(cut, self.cells.labels.shape[::-1], interpolation=cv2.INTER_AREA)
        return self.cells.share(small)

    def under(self, points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """(H, W) bool of the picture's shape: the superpixels under places (M, 2)."""
        height, width = self.full.shape[:2]
        small = np.isin(self.cells.labels, self.cells.at(self.places(points)))
        large = cv2.resize(small.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
        mask = np.zeros(shape, bool)
        column, row = self.corner.astype(int)
        mask[row : row + height, column : column + width] = large > 0
        return mask

    def drawn(self, chosen: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """(H, W) bool of the picture's shape: chosen superpixels (N,), along the edges of the picture."""
        mask = np.zeros(shape, bool)
        small = chosen[self.cells.labels]
        box = mask_box(small)
        if box is None:
            return mask
        height, width = self.full.shape[:2]
        large = cv2.resize(small.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        radius = max(4, round(2 / float(self.scale.min())))
        room = 3 * radius  # the filter is the same as over the whole piece
        x1, y1 = np.maximum(box[:2] / self.scale - room, 0).astype(int)
        x2, y2 = np.minimum(box[2:] / self.scale + room, (width, height)).astype(int)
        near = np.s_[y1:y2, x1:x2]
        soft = cv2.ximgproc.guidedFilter(self.full[near], large[near], radius, _EVEN)
        column, row = self.corner.astype(int)
        mask[row + y1 : row + y2, column + x1 : column + x2] = soft > 0.5
        return mask


class SuperpixelCut:
    """A `Segmenter` without a network."""

    def segment(self, image: np.ndarray, prompts: Prompts) -> Segmented:
        """See `Segmenter`. What corrects a mask changes only what hangs together with it."""
        shape = image.shape[:2]
        if prompts.mask is not None and len(prompts.points):
            return self._corrected(image, prompts, prompts.mask)
        if prompts.box is not None:
            piece = _Piece.of(image, prompts.box)
            prior = _box_prior(piece, prompts.box)
        elif prompts.inside.any():
            radius = _REACH * float(np.sqrt(shape[0] * shape[1]))
            last = prompts.points[prompts.marks == prompts.marks[prompts.inside][-1]]
            room = 1.5 * radius
            piece = _Piece.of(image, np.concatenate((last.min(axis=0) - room, last.max(axis=0) + room)))
            prior = _disc_prior(piece, last, radius)
        else:
            return Segmented(np.zeros(shape, bool), 0.0)
        chosen, sure = _cut(piece, prior > 0, _said(piece, prompts, prior))
        mask = piece.drawn(chosen, shape)
        if len(prompts.points) and prompts.inside[-1]:
            mask = _pieces_at(mask, prompts.last)
        return Segmented(mask, sure)

    def _corrected(self, image: np.ndarray, prompts: Prompts, before: np.ndarray) -> Segmented:
        """The mask before, changed around the last click or stroke alone."""
        last, grows = prompts.last, bool(prompts.inside[-1])
        boxes = [box for box in (mask_box(before), prompts.box) if box is not None]
        corners = np.concatenate((prompts.points, np.reshape(boxes, (-1, 2))))
        piece = _Piece.of(image, np.concatenate((corners.min(axis=0), corners.max(axis=0))))
        share = piece.part(before)
        radius = _radius(before, prompts)
        near = np.maximum(_disc_prior(piece, last, radius) + 1.5, 0)
        speaks = near
        if len(last) == 1:  # a click stands for what looks like it; a stroke shows how far it means to reach
            alike = piece.likeness[piece.cells.at(piece.places(last))[0]]
            speaks = np.maximum(near, _ALIKE * alike * (_disc_prior(piece, last, _FARTHER * radius) > 0))
        prior = 1.5 * (share - 0.5) + speaks * (1 if grows else -1)
        prior[piece.rim & (share < 0.5)] = -_SURE
        begin = np.where(speaks > _CERTAIN, grows, share > 0.5)
        chosen, sure = _cut(piece, begin, _said(piece, prompts, prior))
        found = piece.drawn(chosen, image.shape[:2])
        lost = last[_at(found, last) != grows]
        if len(lost):  # the filter smoothed it away
            found = found ^ _pieces_at(piece.under(lost, found.shape) & (found != grows), lost)
        changed = _pieces_at(found & ~before if grows else before & ~found, last)
        return Segmented(before | changed if grows else before & ~changed, sure)


def _radius(before: np.ndarray, prompts: Prompts) -> float:
    """How far the last click or stroke speaks: as far as what is wrong around it may reach."""
    height, width = before.shape
    columns, rows = _pixels(prompts.last, before.shape)
    wrong = before != bool(prompts.inside[-1])
    padded = np.pad(wrong.astype(np.uint8), 1)
    depth = float(np.median(cv2.distanceTransform(padded, cv2.DIST_L2, 3)[rows + 1, columns + 1]))
    return min(
        max((1.5 if len(prompts.last) == 1 else 1.0) * depth, 6.0), _REACH * float(np.sqrt(height * width))
    )


def _box_prior(piece: _Piece, box: np.ndarray) -> np.ndarray:
    """(N,) log odds of superpixels: likely in the ellipse of a box, less so beyond it, not far out."""
    low, high = piece.places(box[:2]), piece.places(box[2:])
    away = np.abs((piece.cells.middles - (low + high) / 2) / np.maximum((high - low) / 2, 0.5))
    round_, square = np.hypot(away[:, 0], away[:, 1]), away.max(axis=1)
    prior = np.clip(1 - round_, -3.0, 0.5)
    prior[square > 1.05] = -3.0
    prior[square > 1 + _BOX_LEEWAY] = -_SURE
    return prior


def _disc_prior(piece: _Piece, stroke: np.ndarray, radius: float) -> np.ndarray:
    """(N,) log odds of superpixels: likely within a radius of places (M, 2), less and less outside."""
    away = (piece.cells.middles[:, None] - piece.places(stroke)) / (piece.scale * radius)
    distance = np.maximum(np.hypot(away[..., 0], away[..., 1]).min(axis=1), 0.05)
    return np.clip(-1.4 * np.log2(distance), -2.1, 0.7)


def _said(piece: _Piece, prompts: Prompts, prior: np.ndarray) -> np.ndarray:
    """The log odds (N,), those of what was clicked on being sure; of two points on one the later counts."""
    prior = prior.copy()
    prior[piece.cells.at(piece.places(prompts.points))] = np.where(prompts.inside, _SURE, -_SURE)
    return prior


def _cut(piece: _Piece, chosen: np.ndarray, prior: np.ndarray) -> tuple[np.ndarray, float]:
    """The superpixels (N,) bool that cost least to part from the others, beginning with some.

    Also which share of them, by area, looks more like the object than like what is around it.
    """
    weights = piece.cells.areas / piece.cells.areas.mean()
    looks, all_ = np.zeros(len(weights), np.float32), piece.likeness @ weights
    for _ in range(_ROUNDS):
        inside, area = piece.likeness @ (weights * chosen), float(weights[chosen].sum())
        outside, rest = all_ - inside, float(weights.sum()) - area
        looks = np.log(inside / max(area, 1e-3) + _RARE) - np.log(outside / max(rest, 1e-3) + _RARE)
        odds = np.where(np.abs(prior) >= _SURE, prior, looks + prior)
        found = _least_cut(piece, np.clip(odds, -_SURE, _SURE) * weights)
        if np.array_equal(found, chosen):
            break
        chosen = found
    area = float(weights[chosen].sum())
    return chosen, float(weights[chosen & (looks > 0)].sum()) / area if area else 0.0


def _least_cut(piece: _Piece, odds: np.ndarray) -> np.ndarray:
    """(N,) bool: the side of the source in the least cut; `odds` (N,) draw to it, or away where negative."""
    count = len(odds)
    joins = np.maximum(np.rint(piece.joins * _SCALE), 1)
    pull = np.rint(odds * _SCALE)
    source, sink, all_ = count, count + 1, np.arange(count)
    pulled, pushed = all_[pull > 0], all_[pull < 0]
    first, second = piece.cells.pairs.T
    begins = np.concatenate((first, second, np.full(len(pulled), source), pushed))
    ends = np.concatenate((second, first, pulled, np.full(len(pushed), sink)))
    sizes = np.concatenate((joins, joins, pull[pulled], -pull[pushed])).astype(np.int32)
    network = sparse.csr_matrix((sizes, (begins, ends)), (count + 2, count + 2))
    left = network - maximum_flow(network, source, sink).flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    reached = breadth_first_order(left, source, return_predecessors=False)
    chosen = np.zeros(count + 2, bool)
    chosen[reached] = True
    return chosen[:count]


def _pieces_at(mask: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The parts of a (H, W) mask that hang together with places (M, 2); all of it where all are beside it."""
    on = points[_at(mask, points)]
    if not len(on):
        return mask
    columns, rows = _pixels(on, mask.shape)
    count, numbers = cv2.connectedComponents(mask.astype(np.uint8))
    wanted = np.zeros(count, bool)
    wanted[numbers[rows, columns]] = True
    parts: np.ndarray = wanted[numbers]
    return parts


def _at(mask: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(M,) bool: whether a (H, W) mask covers places (M, 2); the nearest pixel's for those outside."""
    columns, rows = _pixels(points, mask.shape)
    covered: np.ndarray = mask[rows, columns]
    return covered


def _pixels(points: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(M,) columns and rows of the pixels of a picture nearest to places (M, 2)."""
    whole = np.floor(points).astype(int)
    return np.clip(whole[:, 0], 0, shape[1] - 1), np.clip(whole[:, 1], 0, shape[0] - 1)
