"""Hard negatives: boxes that overlap a trajectory's box, but by less than half."""

import numpy as np

from core import geometry

OVERLAP = (0.05, 0.45)
"""IoU aimed at: inside the paper's open interval (0, 0.5), with room for rounding."""

TRIES = 8


def negative_boxes(
    boxes: np.ndarray,
    sizes: np.ndarray,
    scales: tuple[float, float],
    generator: np.random.Generator,
) -> np.ndarray:
    """One negative for each box: shifted and scaled to an IoU between 0 and 0.5, both excluded.

    Of several tries per box the first one is taken that lies inside the frame as far as the box
    itself does; failing that, the one that lies inside the furthest. Otherwise a network could tell
    negatives by their padding.

    Args:
        boxes: (N, 4) float32, the trajectories' own boxes in the frame of the negative, pixels.
        sizes: (N, 2), width and height of the frames in pixels.
        scales: smallest and largest factor of both sides, drawn log-uniformly; within 0.7..1.4, so
            that every IoU in `OVERLAP` can be reached.
        generator: where the random numbers come from.

    Returns:
        (N, 4) float32.

    Source: the paper, Section 1 ("less than 50% overlap with the trajectory, yet non-zero
    overlap"). It does not say how overlap is measured or sampled: IoU, uniform in `OVERLAP`, shift and
    scale are ours.
    """
    x1, y1, x2, y2 = (boxes[:, None, axis].astype(np.float64) for axis in range(4))
    width, height = x2 - x1, y2 - y1
    shape = (len(boxes), TRIES)
    scale = np.exp(generator.uniform(np.log(scales[0]), np.log(scales[1]), shape))
    overlap = generator.uniform(*OVERLAP, shape)
    # The shared area that gives this IoU, as a share of the smaller of both boxes (they have one aspect),
    # is split between the axes: share = share_x * share_y.
    share = overlap * (1 + scale**2) / ((1 + overlap) * np.minimum(1, scale**2))
    share_x = share ** generator.uniform(0, 1, shape)
    share_y = share / share_x
    sign_x, sign_y = generator.choice([-1.0, 1.0], (2, *shape))
    shift_x = sign_x * width * ((1 + scale) / 2 - share_x * np.minimum(1, scale))
    shift_y = sign_y * height * ((1 + scale) / 2 - share_y * np.minimum(1, scale))
    centre_x, centre_y = (x1 + x2) / 2 + shift_x, (y1 + y2) / 2 + shift_y
    half_x, half_y = width * scale / 2, height * scale / 2
    tries = np.stack([centre_x - half_x, centre_y - half_y, centre_x + half_x, centre_y + half_y], axis=-1)
    inside = _share_inside(tries, sizes[:, None])
    good = inside >= _share_inside(boxes.astype(np.float64), sizes)[:, None] - 1e-6
    chosen = np.where(good.any(axis=1), good.argmax(axis=1), inside.argmax(axis=1))
    return tries[np.arange(len(boxes)), chosen].astype(np.float32)


def _share_inside(boxes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The share of each box's area that lies in its frame; (..., 4) and (..., 2) broadcast."""
    frames = np.concatenate([np.zeros_like(sizes, dtype=np.float64), sizes], axis=-1)
    return geometry.intersections(boxes, frames) / geometry.areas(boxes)
