import cv2
import numpy as np
import pytest

from core.datasets.synthetic import render_clip
from core.tracking.seeding import BORDER, new_seeds


@pytest.fixture(scope="module")
def grey():
    return cv2.cvtColor(render_clip(6, frames=1, width=200, height=150).frames[0], cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize("spacing", [4, 7, 8, 16])
@pytest.mark.parametrize("count", [0, 1, 40, 400])
def test_a_seed_is_as_far_from_the_occupied_as_the_grid_is_wide(grey, spacing, count):
    """Against the distance transform of the occupied pixels."""
    rng = np.random.default_rng(count)
    occupied = rng.uniform((0, 0), (200, 150), (count, 2)).astype(np.float32)
    every = new_seeds(grey, np.zeros((0, 2), np.float32), spacing, 0.1)
    free = np.ones((150, 200), np.uint8)
    columns, rows = np.floor(occupied).astype(int).T
    free[rows, columns] = 0
    columns, rows = np.floor(every).astype(int).T
    away = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[rows, columns] >= spacing
    found = new_seeds(grey, occupied, spacing, 0.1)
    np.testing.assert_array_equal(found, every[away] if count else every)
    assert ((np.floor(found) - BORDER) % spacing == 0).all()
    assert count == 400 or len(found) > 10


def test_frames_smaller_than_the_border_have_no_seeds():
    assert new_seeds(np.zeros((8, 8), np.uint8), np.ones((3, 2), np.float32), 4, 0.1).shape == (0, 2)
