"""Shapes cut out of run lengths are those cut out of whole masks."""

import numpy as np
import pytest

from core.geometry import encode_mask
from core.overlay.mask_shapes import MaskShape, MaskShapes


def masks():
    rng = np.random.default_rng(0)
    for _ in range(60):
        mask = np.zeros((rng.integers(1, 30), rng.integers(1, 30)), bool)
        for _ in range(rng.integers(0, 4)):
            y, x = rng.integers(0, mask.shape)
            mask[y : y + rng.integers(1, 9), x : x + rng.integers(1, 9)] ^= True
        yield mask
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        mask = np.zeros((5, 7), bool)
        mask[corner] = True
        yield mask
        yield ~mask


def test_a_shape_of_runs_is_that_of_the_mask():
    for mask in masks():
        cut, whole = MaskShape.of_runs(encode_mask(mask), *mask.shape), MaskShape.of(mask)
        assert (cut is None) == (whole is None)
        if cut is not None:
            assert (cut.x, cut.y) == (whole.x, whole.y)
            np.testing.assert_array_equal(cut.pixels, whole.pixels)
            assert len(cut.outlines) == len(whole.outlines)
            for line, other in zip(cut.outlines, whole.outlines, strict=True):
                np.testing.assert_array_equal(line, other)


def test_runs_of_another_size_are_refused():
    runs = encode_mask(np.ones((4, 4), bool))
    with pytest.raises(ValueError, match="runs cover 16 of 20 pixels"):
        MaskShape.of_runs(runs, 5, 4)


def test_what_is_kept_is_bounded_and_the_last_used_stays():
    shapes = MaskShapes(40, 40, capacity=20_000)
    runs = []
    for k in range(40):
        mask = np.zeros((40, 40), bool)
        mask[: k + 1] = True
        runs.append(encode_mask(mask))
        shapes.of(runs[-1])
    assert shapes._held <= 20_000
    assert runs[-1] in shapes._shapes
    assert runs[0] not in shapes._shapes
