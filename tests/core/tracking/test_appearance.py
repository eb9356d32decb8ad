import numpy as np

from core.datasets.synthetic import render_clip
from core.tracking.appearance import SIDE, correlation, levelled, patches


def test_a_patch_is_the_pixels_about_a_point_without_mean_and_of_norm_1():
    level = np.random.default_rng(0).normal(size=(40, 60)).astype(np.float32)
    xy = np.array([[20.5, 12.5], [30.75, 20.0]], np.float32)
    found = patches(level, xy).reshape(2, SIDE, SIDE)
    square = level[7:18, 15:26] - level[7:18, 15:26].mean()
    np.testing.assert_allclose(found[0], square / np.linalg.norm(square), atol=1e-6)
    # at 30.75, 20.0 a quarter of the way to the right, half way up
    rows = 0.5 * level[14:25] + 0.5 * level[15:26]
    square = 0.75 * rows[:, 25:36] + 0.25 * rows[:, 26:37]
    square -= square.mean()
    np.testing.assert_allclose(found[1], square / np.linalg.norm(square), atol=1e-4)


def test_more_points_than_opencv_takes_rows():
    level = np.random.default_rng(0).normal(size=(20, 20)).astype(np.float32)
    xy = np.random.default_rng(1).uniform(0, 20, (40_000, 2)).astype(np.float32)
    np.testing.assert_allclose(patches(level, xy)[-5:], patches(level, xy[-5:]), atol=1e-6)


def test_what_is_flat_resembles_nothing():
    flat = np.random.default_rng(0).normal(128, 1, (2, 40, 40)).astype(np.uint8)
    xy = np.array([[20.5, 20.5]], np.float32)
    assert correlation(*(patches(levelled(grey), xy) for grey in flat))[0] < 0.5


def test_the_edge_of_a_shadow_changes_little():
    image = render_clip(6, frames=1, width=200, height=150, noise=0).frames[0].mean(axis=2)
    light = 1 - 0.45 / (1 + np.exp(-(np.arange(200) - 100) / 3))
    shaded = (image * light).astype(np.uint8)
    xy = np.stack([np.full(100, 100.5), np.linspace(20, 130, 100)], axis=1).astype(np.float32)
    plain = correlation(*(patches(grey.astype(np.float32), xy) for grey in (image, shaded)))
    level = correlation(*(patches(levelled(grey.astype(np.uint8)), xy) for grey in (image, shaded)))
    assert np.quantile(level, 0.05) > 0.8
    assert np.quantile(plain, 0.05) < 0.6
