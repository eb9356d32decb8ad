"""RoIs of every kind, for tests of RoI pooling."""

import numpy as np
import torch


def random_rois(generator, count, images, width, height):
    """(R, 5): inside, across the border, outside, inverted, and with corners on the half of a cell."""
    low = generator.uniform(-0.3, 1.1, (count, 2)) * [width, height]
    high = low + generator.uniform(-0.1, 0.9, (count, 2)) * [width, height]
    corners = np.concatenate([low, high], axis=1)
    halves = generator.random((count, 4)) < 0.3
    corners[halves] = np.round(corners[halves] / 8) * 8
    return torch.tensor(
        np.concatenate([generator.integers(0, images, (count, 1)), corners], axis=1), dtype=torch.float32
    )
