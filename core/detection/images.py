"""Images as the detector takes them."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from core.networks.trunk import normalise

SMALLEST_BATCH_SIDE = 64
"""Pixels; below about half of this the paper's trunk has nothing left to convolve."""


def scale_of(width: int, height: int, short_side: int, long_side: int) -> float:
    """By how much to resize: to `short_side` px, unless the longer side would exceed `long_side` px."""
    return min(short_side / min(width, height), long_side / max(width, height))


def resized(image: Tensor, scale: float) -> Tensor:
    """(H, W, 3) uint8, RGB → (3, h, w) float32, mean subtracted, on the same device.

    Bilinear like Fast R-CNN's; where it shrinks we average over all pixels, which Fast R-CNN does not.
    """
    size = [max(1, round(side * scale)) for side in image.shape[:2]]
    pixels = normalise(image.permute(2, 0, 1)[None])
    return functional.interpolate(pixels, size=size, mode="bilinear", antialias=scale < 1)[0]


def stacked(images: Sequence[Tensor]) -> Tensor:
    """(3, h, w) images of several sizes as one batch, with zeros (the mean) at the right and below."""
    height = max(SMALLEST_BATCH_SIDE, *(image.shape[1] for image in images))
    width = max(SMALLEST_BATCH_SIDE, *(image.shape[2] for image in images))
    batch = torch.empty(
        (len(images), 3, height, width), device=images[0].device, memory_format=torch.channels_last
    ).zero_()
    for place, image in zip(batch, images, strict=True):
        place[:, : image.shape[1], : image.shape[2]] = image
    return batch
