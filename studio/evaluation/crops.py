"""What small pictures show of large ones, and how they are cut."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.datasets.annotated_picture import read_as_annotated
from core.datasets.patches import cut
from core.datasets.voc import VocImage
from core.errors import StudioError

MARGIN = 0.25
"""Of the longer side of what is shown: how much of the picture is shown around it, on each side."""

SMALLEST = 32.0
"""Pixels of a picture that are shown at least: a box of a few pixels says nothing by itself."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Crop:
    """A square of a picture: `path`, x1, y1, x2, y2 in its pixels, and its size as annotated."""

    path: Path
    box: Box
    size: tuple[int, int] = (0, 0)

    @property
    def key(self) -> Hashable:
        """The same for the same pixels."""
        return self.path, self.box


def crop_around(image: VocImage, boxes: Sequence[np.ndarray]) -> Crop:
    """The square that shows some boxes, (4,) each, with what is around; within the picture where it fits."""
    corners = np.array(boxes, np.float64)
    low, high = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
    side = max(float((high - low).max()) * (1 + 2 * MARGIN), SMALLEST)
    first = (low + high - side) / 2
    size = np.array([image.width, image.height], np.float64)
    room = np.maximum(size - side, 0)
    first = np.where(side <= size, np.clip(first, 0, room), (size - side) / 2)
    x, y = np.round(first).tolist()
    return Crop(image.path, (x, y, x + round(side), y + round(side)), (image.width, image.height))


def cut_crops(crops: Sequence[Crop], side: int) -> Iterator[list[tuple[Hashable, np.ndarray]]]:
    """Crops for `PictureCutter`, picture after picture; each is decoded once.

    Raises:
        StudioError: a picture cannot be read; once the others are cut.
    """
    problem: StudioError | None = None
    for path, size in dict.fromkeys((crop.path, crop.size) for crop in crops):
        try:
            pixels = read_as_annotated(path, *size)
        except StudioError as error:
            problem = problem or error
            continue
        here = [crop for crop in crops if crop.path == path]
        yield [(crop.key, cut(pixels, np.array(crop.box, np.float32), side)) for crop in here]
    if problem is not None:
        raise problem
