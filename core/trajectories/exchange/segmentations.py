"""Boxes and masks as JSON has them: run lengths of the COCO API, or polygons.

Run lengths are `{"size": [height, width], "counts": …}` with counts as text or as a list (see `rle`);
polygons a list of rings `[x, y, x, y, …]`, one such ring, or rings of `[x, y]`. Polygons are filled
even-odd (see `polygons`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import polygons
from core.datasets.clip import Clip
from core.errors import StudioError
from core.geometry import decode_mask, encode_mask
from core.trajectories.exchange import rle
from core.trajectories.exchange.assembling import counted
from core.trajectories.exchange.json_file import column, floats, places
from core.trajectories.exchange.rle import box_of_runs
from core.trajectories.exchange.units import is_scaled

_NEARLY_ALL, _MOST = 0.9, 0.5  # of the boxes
_FEWEST = 3  # boxes that say anything of all
_SAMPLE = 10_000  # boxes looked at first

EMPTY = "its mask is empty"


class OddMaskError(ValueError):
    """A mask that cannot be meant; its text says why in a few words."""


@dataclass(frozen=True)
class Raster:
    """From the pixels that a file speaks of to those of a clip.

    Attributes:
        width, height: of the frames of the file, in pixels.
        clip: whose frames they become.
    """

    width: int
    height: int
    clip: Clip

    @property
    def is_scaled(self) -> bool:
        return (self.width, self.height) != (self.clip.width, self.clip.height)

    @property
    def scale(self) -> np.ndarray:
        """(2,) float64, what x and y are multiplied by."""
        return np.array([self.clip.width / self.width, self.clip.height / self.height])

    def mask(self, segmentation: Any) -> bytes | None:
        """Our run lengths of a mask; None where it holds no pixel.

        Raises:
            OddMaskError: it cannot be read.
        """
        if isinstance(segmentation, dict):
            return self._of_runs(segmentation)
        if isinstance(segmentation, list):
            with np.errstate(over="ignore"):
                rings = [ring * self.scale for ring in rings_of(segmentation)]
            reach = max((float(np.abs(ring).max()) for ring in rings), default=0)
            if not reach <= 4 * max(self.clip.width, self.clip.height):  # NaN is not
                raise OddMaskError("its polygon is far outside the frame")
            return polygons.runs(rings, self.clip.height, self.clip.width)
        raise OddMaskError("its mask is neither run lengths nor polygons")

    def _of_runs(self, segmentation: dict[str, Any]) -> bytes | None:
        counts, size = segmentation.get("counts"), segmentation.get("size")
        if size != [self.height, self.width]:
            raise OddMaskError(f"its mask is not of {self.width} x {self.height} pixels")
        try:
            plain = rle.decompress(counts) if isinstance(counts, str) else floats(_list(counts))
            runs = rle.runs_of_counts(plain, self.height, self.width)
        except ValueError as error:
            raise OddMaskError(f"its run lengths do not fill {self.width} x {self.height} pixels") from error
        if runs is None or not self.is_scaled:
            return runs
        return self.resized(decode_mask(runs, self.height, self.width))

    def resized(self, mask: np.ndarray) -> bytes | None:
        """Our run lengths of a (height, width) mask of the file, each pixel as the nearest one there."""
        across, down = self.scale
        rows = np.minimum((np.arange(self.clip.height) + 0.5) / down, self.height - 1).astype(int)
        columns = np.minimum((np.arange(self.clip.width) + 0.5) / across, self.width - 1).astype(int)
        there = mask[np.ix_(rows, columns)] if self.is_scaled else mask
        return encode_mask(there) if there.any() else None


def rings_of(values: Sequence[Any]) -> list[np.ndarray]:
    """The rings (K, 2) of a polygon of any of the three forms; those of less than three corners are none.

    Raises:
        OddMaskError: they are no rings.
    """
    if all(isinstance(one, int | float) for one in values):
        values = [values]
    elif all(isinstance(one, list) and len(one) == 2 and not isinstance(one[0], list) for one in values):
        values = [[number for pair in values for number in pair]]
    rings = []
    for ring in values:
        if isinstance(ring, list) and ring and isinstance(ring[0], list):
            ring = [number for pair in ring for number in _list(pair)]
        numbers = floats(_list(ring))
        if len(numbers) % 2 or np.isnan(numbers).any():
            raise OddMaskError("its polygon is not pairs of numbers")
        if len(numbers) >= 6:
            rings.append(numbers.reshape(-1, 2))
    return rings


def _list(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise OddMaskError("its mask is neither run lengths nor polygons")
    return values


def raster_of(images: Sequence[dict[str, Any]], path: Path, clip: Clip) -> tuple[Raster, list[str]]:
    """The pixels that a file speaks of by the `width` and `height` of its images, and what is to be said.

    Raises:
        StudioError: they are of several sizes, or of another shape than the clip's.
    """
    own = (float(clip.width), float(clip.height))
    sizes = np.column_stack([floats(column(images, side)) for side in ("width", "height")])
    sizes = np.unique(sizes[(sizes >= 1).all(axis=1) & (sizes < 2**31).all(axis=1)], axis=0)
    if not len(sizes) or (len(sizes) == 1 and tuple(sizes[0]) == own):
        return Raster(clip.width, clip.height, clip), []
    other = next((size for size in sizes if tuple(size) != own), sizes[0])
    width, height = int(other[0]), int(other[1])
    pixels = f"{clip.width} x {clip.height}"
    if len(sizes) > 1 or not _is_resized(width, height, clip):
        turned = ", turned by a quarter" if (height, width) == own else ""
        raise StudioError(
            f"{path} has images of {width} x {height} pixels{turned} while {clip.name} has {pixels}; choose "
            "the clip it belongs to, or export for pictures that were not resized."
        )
    said = f"Scaled, in {path.name}: from {width} x {height} to the {pixels} pixels of {clip.name}."
    return Raster(width, height, clip), [said]


def _is_resized(width: int, height: int, clip: Clip) -> bool:
    """Whether a size is that of the clip times a number, up to half a pixel of the larger one."""
    (w, h), (small, low) = sorted([(width, height), (clip.width, clip.height)], reverse=True)
    return abs(small / w - low / h) <= 0.5 / w + 0.5 / h


@dataclass(frozen=True)
class Shapes:
    """Boxes and masks of M rows.

    Attributes:
        boxes: (M, 4) float64; NaN where there is none.
        masks: M run lengths or None; None for all where there are no masks at all.
        faults: row → what is wrong with its mask.
        thin: how many polygons hold the centre of no pixel, and are boxes.
        taken: as what boxes were taken, and why, where they are not as they should be.
    """

    boxes: np.ndarray
    masks: list[bytes | None] | None
    faults: dict[int, str]
    thin: int
    taken: str = ""

    def warnings(self, path: Path) -> list[str]:
        """What is to be said of how they were taken."""
        thin = (
            f"Taken as boxes, in {path.name}: {counted(self.thin, 'polygon')} without the centre of a pixel."
        )
        boxes = f"Boxes taken as {self.taken.format(path.name)}."
        return [text for text, applies in ((boxes, self.taken), (thin, self.thin)) if applies]


def shapes_of(bboxes: Sequence[Any], segmentations: Sequence[Any], raster: Raster) -> Shapes:
    """Boxes and masks of M rows of `[x, y, width, height]` and segmentations; a mask alone makes its box."""
    boxes, taken = _corners(places(bboxes, 4), raster)
    if not any(segmentations):
        return Shapes(boxes, None, {}, 0, taken)
    masks: list[bytes | None] = [None] * len(boxes)
    faults, thin = {}, 0
    for row, segmentation in enumerate(segmentations):
        if not segmentation:
            continue
        try:
            runs = masks[row] = raster.mask(segmentation)
        except OddMaskError as error:
            faults[row] = str(error)
            continue
        if bboxes[row] is None and runs is None:
            faults[row] = EMPTY
        elif bboxes[row] is None and runs is not None:
            boxes[row] = box_of_runs(runs, raster.clip.height)
        thin += runs is None and isinstance(segmentation, list)
    return Shapes(boxes, masks, faults, thin, taken)


def _corners(sides: np.ndarray, raster: Raster) -> tuple[np.ndarray, str]:
    """(M, 4) corners in the clip's pixels of x, y, width, height; and as what else they were taken, and why.

    Where the bulk of them fits nothing else, they are corners already, or shares of the frame.
    """
    size = np.tile([raster.width, raster.height], 2)
    with np.errstate(over="ignore", invalid="ignore"):
        corners = np.hstack([sides[:, :2], sides[:, :2] + sides[:, 2:]])
        some = slice(None, None, len(sides) // _SAMPLE + 1)
        taken = ""
        if len(sides) < _FEWEST:
            pass
        elif is_scaled(corners[some]) and is_scaled(corners):
            corners, taken = corners * size, "shares of the frame, in {}: as pixels all would lie in a corner"
        elif _are_corners(sides[some], corners[some], size) and _are_corners(sides, corners, size):
            corners, taken = sides, "corners, in {}: as width and height most would leave the frame"
        return corners * np.tile(raster.scale, 2), taken


def _are_corners(sides: np.ndarray, corners: np.ndarray, size: np.ndarray) -> bool:
    """Whether most boxes leave the frame, and nearly none would if their last two numbers were a corner."""
    known = np.isfinite(sides).all(axis=1)
    if not known.any():
        return False
    leaving = ~((corners[known] >= -1) & (corners[known] <= size + 1)).all(axis=1)
    within = ((sides[known] >= -1) & (sides[known] <= size + 1)).all(axis=1)
    within &= (sides[known, 2:] > sides[known, :2]).all(axis=1)
    return bool(leaving.mean() > _MOST and within.mean() >= _NEARLY_ALL)
