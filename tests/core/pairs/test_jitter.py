import numpy as np
import pytest

from core import geometry
from core.pairs import jitter
from core.pairs.jitter import GREY, LARGEST_PLACE, colour_maps, moved


def test_moved_boxes_keep_their_aspect_and_stay_within_the_amount():
    boxes = np.tile(np.float32([100, 50, 180, 90]), (20_000, 1))
    found = moved(boxes, 0.1, np.random.default_rng(0)).astype(float)
    sides = found[:, 2:] - found[:, :2]
    np.testing.assert_allclose(sides[:, 0] / sides[:, 1], 2, rtol=1e-4)
    factors = sides[:, 0] / 80
    assert np.exp(-0.1) - 1e-4 <= factors.min() < 0.91
    assert 1.1 < factors.max() <= np.exp(0.1) + 1e-4
    shifts = ((found[:, :2] + found[:, 2:]) / 2 - (140, 70)) / (80, 40)
    assert 0.099 < np.abs(shifts).max() <= 0.1001
    np.testing.assert_allclose(np.abs(shifts).mean(0), 0.05, atol=0.001)


def test_the_furthest_move_leaves_more_than_half_an_overlap():
    box = np.array([0.0, 0.0, 1.0, 1.0])
    worst = 1.0
    for factor in np.exp([-LARGEST_PLACE, 0, LARGEST_PLACE]):
        half = factor / 2
        centre = 0.5 + LARGEST_PLACE
        other = np.array([centre - half, centre - half, centre + half, centre + half])
        worst = min(worst, float(geometry.iou(box[None], other[None])[0]))
    assert 0.5 < worst < 0.6


def mapped(maps, colour):
    return maps[:, :, :3] @ np.asarray(colour, float) + maps[:, :, 3]


def test_without_strength_colours_stay():
    maps = colour_maps((5,), 0.0, np.random.default_rng(0))
    np.testing.assert_allclose(mapped(maps, (10, 200, 90)), np.tile((10, 200, 90), (5, 1)), atol=1e-4)


def test_grey_stays_grey_and_its_brightness_and_contrast_change_as_asked():
    maps = colour_maps((10_000,), 0.4, np.random.default_rng(0)).astype(float)
    dark, middle = mapped(maps, (0, 0, 0)), mapped(maps, (128, 128, 128))
    for colour in (dark, middle):
        np.testing.assert_allclose(colour - colour[:, :1], 0, atol=1e-3)
    brightness = middle[:, 0] / 128
    contrast = 1 - dark[:, 0] / middle[:, 0]
    for factor in (brightness, contrast):
        assert 0.6 - 1e-4 <= factor.min() < 0.61
        assert 1.39 < factor.max() <= 1.4 + 1e-4
    assert abs(np.corrcoef(brightness, contrast)[0, 1]) < 0.05


def test_hue_turns_by_a_quarter_of_the_circle_at_most_at_full_strength():
    maps = colour_maps((10_000,), 0.4, np.random.default_rng(0)).astype(float)
    red = mapped(maps, (150, 100, 100))
    # the angle about the grey axis, from two directions that span the plane across it
    angle = np.arctan2((red[:, 1] - red[:, 2]) * np.sqrt(3) / 2, red[:, 0] - (red[:, 1] + red[:, 2]) / 2)
    turns = angle / (2 * np.pi)
    assert 0.0999 < np.abs(turns).max() <= 0.1001  # 0.4 of a quarter
    assert turns.mean() == pytest.approx(0, abs=0.002)
    assert np.abs(turns).mean() == pytest.approx(0.05, abs=0.002)


def test_saturation_moves_colours_from_or_to_their_grey():
    maps = colour_maps((2_000,), 0.4, np.random.default_rng(0)).astype(float)
    for colour in ((200.0, 60.0, 60.0), (20.0, 90.0, 220.0)):
        grey = mapped(maps, [GREY @ colour] * 3)
        away = np.linalg.norm(mapped(maps, colour) - grey, axis=1) / np.linalg.norm(
            grey - mapped(maps, (0, 0, 0)), axis=1
        )
        usual = np.linalg.norm(np.array(colour) - GREY @ colour) / (GREY @ colour * np.sqrt(3))
        assert (away / usual).min() < 0.75
        assert (away / usual).max() > 1.25


def test_saturation_leaves_lightness_as_it_is(monkeypatch):
    monkeypatch.setattr(jitter, "HUE", 0.0)
    maps = colour_maps((100,), 0.4, np.random.default_rng(0)).astype(float)
    colour = np.array([200.0, 60.0, 90.0])
    found, grey = mapped(maps, colour) @ GREY, mapped(maps, [GREY @ colour] * 3) @ GREY
    np.testing.assert_allclose(found, grey, rtol=1e-5)
