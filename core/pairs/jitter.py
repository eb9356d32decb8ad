"""Patches that differ a little more than the video makes them: moved, scaled and tinted.

Beyond the paper, and off unless asked for. Everything is drawn by the sampler, with the pairs, so that what
is drawn again from the same state is the same to the pixel.
"""

from dataclasses import dataclass

import numpy as np

GREY = np.array([0.299, 0.587, 0.114])
"""What red, green and blue count for in lightness (ITU-R BT.601)."""

MIDDLE = 128.0
"""The grey level about which contrast is changed."""

HUE = 0.25
"""Of a turn of the colour circle, at strength 1; a quarter of it at most makes red yellow, not green."""


@dataclass(frozen=True)
class Jitter:
    """How much patches are changed at random, each by itself.

    Attributes:
        place: of a trajectory's own boxes: they move by up to this share of their sides and become up to
            this much larger or smaller. At most 0.15, so that they overlap the trajectory by more than half.
        colour: strength of the change of brightness, contrast, saturation and hue, 0..1.
    """

    place: float = 0.0
    colour: float = 0.0


NO_JITTER = Jitter()

LARGEST_PLACE = 0.15


def moved(boxes: np.ndarray, amount: float, generator: np.random.Generator) -> np.ndarray:
    """Boxes moved and scaled, aspect kept.

    Args:
        boxes: (..., 4) float32 pixels.
        amount: as `Jitter.place`.

    Returns:
        (..., 4) float32.
    """
    corners = boxes.astype(np.float64)
    centre, side = (corners[..., :2] + corners[..., 2:]) / 2, corners[..., 2:] - corners[..., :2]
    centre += generator.uniform(-amount, amount, centre.shape) * side
    side *= np.exp(generator.uniform(-amount, amount, (*side.shape[:-1], 1)))
    return np.concatenate([centre - side / 2, centre + side / 2], axis=-1).astype(np.float32)


def colour_maps(shape: tuple[int, ...], strength: float, generator: np.random.Generator) -> np.ndarray:
    """Random affine maps of RGB: hue turned about the grey axis, then saturation, contrast, brightness.

    Args:
        shape: of the array of maps.
        strength: brightness, contrast and saturation are multiplied by 1 ± strength, each uniformly.

    Returns:
        (*shape, 3, 4) float32; a colour c becomes `map[:, :3] @ c + map[:, 3]`, on the scale 0..255.
    """
    factors = generator.uniform(1 - strength, 1 + strength, (3, *shape, 1, 1))
    brightness, contrast, saturation = factors
    angle = generator.uniform(-1, 1, (*shape, 1, 1)) * strength * HUE * 2 * np.pi
    grey, axis = np.ones((3, 1)) * GREY, np.full((3, 3), 1 / 3)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    turn = np.cos(angle) * np.eye(3) + (1 - np.cos(angle)) * axis + np.sin(angle) * cross
    tint = saturation * np.eye(3) + (1 - saturation) * grey
    colour = brightness * contrast * (tint @ turn)
    offset = np.broadcast_to(brightness * (1 - contrast) * MIDDLE, (*shape, 3, 1))
    return np.concatenate([colour, offset], axis=-1).astype(np.float32)
