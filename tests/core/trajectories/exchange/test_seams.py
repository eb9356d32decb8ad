import numpy as np
import pytest

from core.polygons import fill, outline
from core.trajectories.exchange.seams import joined


@pytest.mark.parametrize("seed", range(20))
def test_sewn_rings_fill_the_same_pixels(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((14, 20)) < rng.choice([0.1, 0.5, 0.9])
    mask[3, 4] = True
    np.testing.assert_array_equal(fill([joined(outline(mask))], 14, 20), mask)
