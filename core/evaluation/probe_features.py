"""The features of a frozen trunk that probes are given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.datasets.image import read_image
from core.datasets.patches import cut
from core.datasets.voc import VocImage, within
from core.networks.trunk import Trunk, normalise

BATCH = 64


@dataclass(frozen=True, eq=False)
class LabelledBox:
    """A part of an image and its class; `box` (4,) float32 pixels, or None for the whole image."""

    path: Path
    label: int
    box: np.ndarray | None = None


def objects_of(images: Sequence[VocImage], classes: Sequence[str]) -> list[LabelledBox]:
    """Every object of images that is not difficult and lies within its image, each to be classified."""
    return [
        LabelledBox(image.path, classes.index(one.name), one.box)
        for image in images
        for one in image.objects
        if not one.difficult and within(one.box, image) is not None
    ]


@torch.no_grad()
def features(
    trunk: Trunk, boxes: Sequence[LabelledBox], layers: Sequence[str], device: torch.device
) -> Iterator[dict[str, np.ndarray]]:
    """The features of boxes, `BATCH` of them at a time.

    Args:
        trunk: on `device`.
        boxes: squeezed to the trunk's input size, aspect not kept.
        layers: of `LAYERS`; pool5 is flattened.

    Yields:
        for each layer (n, D) float32, in order.

    Raises:
        StudioError: an image cannot be read.
    """
    trunk.eval()
    for start in range(0, len(boxes), BATCH):
        patches = np.stack([_patch(one, trunk.network.input_size) for one in boxes[start : start + BATCH]])
        images = normalise(torch.from_numpy(patches).to(device).permute(0, 3, 1, 2))
        pool5 = trunk.pool5(trunk.features(images))
        fc6, fc7 = trunk.fully_connected(pool5)
        found = {"pool5": pool5.flatten(1), "fc6": fc6, "fc7": fc7}
        yield {layer: found[layer].float().cpu().numpy() for layer in layers}


def _patch(one: LabelledBox, size: int) -> np.ndarray:
    pixels = read_image(one.path)
    height, width = pixels.shape[:2]
    return cut(pixels, np.array([0, 0, width, height], np.float32) if one.box is None else one.box, size)
