import numpy as np
import pytest

from core.datasets.synthetic import render_clip
from core.tracking.optical_flow import DisFlow, follow, inside, sample


def slow_sample(field, x, y):
    """Bilinear by hand: the four pixels around, each weighted by the area opposite."""
    height, width = field.shape[:2]
    x, y = min(max(x - 0.5, 0), width - 1), min(max(y - 0.5, 0), height - 1)
    c, r = min(int(x), width - 2), min(int(y), height - 2)
    u, v = x - c, y - r
    return (
        field[r, c] * (1 - u) * (1 - v)
        + field[r, c + 1] * u * (1 - v)
        + field[r + 1, c] * (1 - u) * v
        + field[r + 1, c + 1] * u * v
    )


@pytest.mark.parametrize("channels", [(), (2,)])
def test_sampling_is_bilinear_about_the_centres_of_pixels(channels):
    rng = np.random.default_rng(0)
    field = rng.normal(size=(9, 13, *channels)).astype(np.float32)
    xy = rng.uniform((-2, -2), (15, 11), (700, 2)).astype(np.float32)
    expected = [slow_sample(field, x, y) for x, y in xy.astype(float)]
    np.testing.assert_allclose(sample(field, xy), expected, atol=1e-4)


def test_sampling_takes_any_shape_of_points_and_none():
    field = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert sample(field, np.full((2, 5, 2), 0.5, np.float32)).shape == (2, 5)
    assert sample(np.dstack([field, field]), np.zeros((0, 2), np.float32)).shape == (0, 2)
    assert sample(field, np.array([[0.5, 0.5], [3.5, 2.5]], np.float32)).tolist() == [0, 11]


def test_the_forward_backward_test_by_hand():
    """Limit 0.01 (|w|² + |w'|²) + 0.5: for 10 px there and back about 2.5, for 0 px 0.5, squared."""
    forward = np.zeros((8, 40, 2), np.float32)
    backward = np.zeros((8, 40, 2), np.float32)
    forward[..., 0] = 10
    backward[..., 0] = -10
    xy = np.array([[5.5, 4.5]], np.float32)
    for miss, passes in ((0.0, True), (1.5, True), (1.7, False)):
        backward[..., 1] = miss
        to, error, good = follow(forward, backward, xy)
        np.testing.assert_allclose(to, [[15.5, 4.5]])
        np.testing.assert_allclose(error, [miss], rtol=1e-6)
        assert good[0] == passes
    still = np.zeros_like(forward)
    for miss, passes in ((0.7, True), (0.72, False)):
        backward[:] = (0, miss)
        assert follow(still, backward, xy)[2][0] == passes


def test_a_point_within_the_frame():
    xy = np.array([[0, 0], [9.9, 4.9], [10, 2], [0.5, 2], [-0.1, 2]])
    np.testing.assert_array_equal(inside(xy, 10, 5), [True, True, False, True, False])
    np.testing.assert_array_equal(inside(xy, 10, 5, 1), [False, False, False, False, False])


@pytest.mark.parametrize(("fine", "limit"), [(False, 0.2), (True, 0.15)])
def test_flow_is_near_the_truth_of_a_drawn_clip(fine, limit):
    clip = render_clip(5, frames=2)
    rows, columns = np.mgrid[8:232:3, 8:312:3]
    xy = np.stack([columns.ravel(), rows.ravel()], axis=1) + 0.5
    flow = sample(DisFlow(fine).flow(*clip.frames), xy)
    truth, seen = clip.position(0, xy, 1) - xy, clip.visible(0, xy, 1)
    assert np.linalg.norm(truth, axis=1).mean() > 0.5
    assert np.median(np.linalg.norm(flow - truth, axis=1)[seen]) < limit
