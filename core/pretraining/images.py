"""Labelled images as batches, for classification."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.caltech101 import Caltech101
from core.datasets.image import read_image
from core.datasets.patches import cut
from core.pairs.split import drawn
from core.pretraining.batches import ALL, PatchBatch

MARGIN = 8 / 7
"""Images are brought to this multiple of the patch's side, and a random patch of them is taken."""


class ImageBatches:
    """Random images of a set, each a random crop, mirrored half the time.

    Images are squeezed to a square and cut as CaffeNet cuts 227 of 256; the paper does not say how its
    Caltech101Net sees them. Every image is read once and kept: 9,100 take 0.15 GB for patches of 64
    pixels, 1.8 GB for 227.
    """

    def __init__(self, paths: Sequence[Path], labels: np.ndarray, size: int) -> None:
        """`labels`: (N,) int64; `size`: side of a patch in pixels."""
        self._paths, self._labels, self._size = paths, labels, size
        self._kept: dict[int, np.ndarray] = {}

    def draw(self, count: int, generator: np.random.Generator, part: slice = ALL) -> PatchBatch:
        """The next images, each as likely as any other; only a part of them is read.

        Raises:
            StudioError: an image cannot be read.
        """
        places = generator.integers(0, len(self._paths), count)[part]
        side = round(self._size * MARGIN)
        corners = generator.integers(0, side - self._size + 1, (count, 2))[part]
        mirrored = (generator.random(count) < 0.5)[part]
        patches = np.empty((len(places), self._size, self._size, 3), np.uint8)
        for row, (place, (x, y)) in enumerate(zip(places.tolist(), corners.tolist(), strict=True)):
            if place not in self._kept:
                image = read_image(self._paths[place])
                height, width = image.shape[:2]
                self._kept[place] = cut(image, np.array([0, 0, width, height], np.float32), side)
            patch = self._kept[place][y : y + self._size, x : x + self._size]
            patches[row] = patch[:, ::-1] if mirrored[row] else patch
        return PatchBatch(patches, self._labels[places])


def hold_out(images: Caltech101, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Divide images by category; which are held out depends on their names and the seed alone.

    Args:
        images: of N files.
        share: of every category, rounded; at least one image of it stays.

    Returns:
        Places to train on and places held out, int64, ascending.
    """
    held_out = np.zeros(len(images.labels), bool)
    for label, name in enumerate(images.names):
        places = np.flatnonzero(images.labels == label)
        files = [f"{name}/{images.paths[place].name}" for place in places]
        out = drawn(files, round(share * len(files)), seed)
        held_out[places] = [file in out for file in files]
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def images_words(training: int, held_out: int, categories: int) -> str:
    """What trains and what is held out, in one line."""
    words = f"{training:,} images of {categories} categories"
    return f"{words}; held out: {held_out:,} images" if held_out else words
