"""Calibrating a trunk on the images that it is to be fine-tuned on.

Whatever a trunk starts from, random or pretrained, its layers may be of very different sizes; a detector that
starts so learns slowly, and loses for that reason instead of for its features. Krähenbühl et al. (ICLR 2016,
Section 4) therefore calibrate every start that they compare. Their between-layer step is left out.
"""

from collections.abc import Sequence

import numpy as np
import torch

from core.datasets.image import read_image
from core.datasets.patches import cut
from core.detection.batches import TrainingImage
from core.networks.initialisation import calibrate
from core.networks.trunk import Trunk, normalise

PATCHES = 256
"""Boxes that the means and deviations are taken over."""

OBJECTS = 0.25
"""The part of them that are objects, as in fine-tuning; the others are proposals."""


def calibrate_on(trunk: Trunk, images: Sequence[TrainingImage], seed: int) -> None:
    """Bring every channel before its ReLU to mean 0 and variance 1 over boxes of the images.

    Args:
        trunk: changed in place; on any device.
        images: what it is to be fine-tuned on; no class is looked at.
        seed: decides which boxes.

    Raises:
        StudioError: an image cannot be read.
    """
    patches = calibration_patches(images, trunk.network.input_size, seed)
    pixels = torch.from_numpy(patches).to(next(trunk.parameters()).device).permute(0, 3, 1, 2)
    calibrate(trunk, normalise(pixels))


def calibration_patches(images: Sequence[TrainingImage], size: int, seed: int) -> np.ndarray:
    """Boxes drawn from the images, (PATCHES, size, size, 3) uint8, RGB."""
    generator = np.random.default_rng([seed, 2])
    patches = np.empty((PATCHES, size, size, 3), np.uint8)
    owners = generator.integers(len(images), size=PATCHES)
    for owner in np.unique(owners).tolist():
        image = images[owner]
        pixels = read_image(image.path)
        for row in np.flatnonzero(owners == owner).tolist():
            of_object = len(image.proposals) == 0 or generator.random() < OBJECTS
            boxes = image.objects if of_object else image.proposals
            patches[row] = cut(pixels, boxes[generator.integers(len(boxes))], size)
    return patches
