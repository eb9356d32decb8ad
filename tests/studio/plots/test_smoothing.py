"""The smooth line follows its values without lag, at the ends too, and passes over what is missing."""

import numpy as np
import pytest

from studio.plots.smoothing import smoothed


def slow(y: np.ndarray, deviation: float) -> np.ndarray:
    """A weighted least-squares line through the neighbours of each value, by numpy's own solver."""
    found, places = np.full(len(y), np.nan), np.arange(len(y))
    known = np.isfinite(y)
    for place in places[known]:
        weight = np.exp(-0.5 * ((places[known] - place) / deviation) ** 2)
        found[place] = np.polyval(np.polyfit(places[known] - place, y[known], 1, w=np.sqrt(weight)), 0)
    return found


@pytest.mark.parametrize("deviation", [1.0, 3.0, 12.5])
def test_it_is_the_local_line(deviation: float) -> None:
    y = np.random.default_rng(0).normal(3, 2, 150)
    y[[0, 5, 70, 71]] = [np.nan, np.inf, np.nan, -np.inf]
    np.testing.assert_allclose(smoothed(y, deviation), slow(y, deviation), atol=0.01)


@pytest.mark.parametrize("deviation", [0.3, 2.0, 30.0, 1000.0])
def test_a_slope_is_not_bent_at_either_end(deviation: float) -> None:
    y = 5 - 0.01 * np.arange(200)
    np.testing.assert_allclose(smoothed(y, deviation), y, atol=1e-6)


def test_it_does_not_lag_behind_a_step() -> None:
    y = np.repeat([1.0, 0.0], 100)
    smooth = smoothed(y, 5)
    assert smooth[99:101].mean() == pytest.approx(0.5)
    np.testing.assert_allclose(smooth, 1 - smooth[::-1], atol=1e-9)


def test_noise_becomes_less() -> None:
    y = np.random.default_rng(1).normal(size=5000)
    assert smoothed(y, 10).std() < 0.2


def test_nothing_is_smoothed_by_nothing() -> None:
    y = np.array([1.0, np.nan, np.inf, 4.0])
    np.testing.assert_array_equal(smoothed(y, 0.0), [1, np.nan, np.nan, 4])
    assert smoothed(np.zeros(0), 3.0).shape == (0,)
    np.testing.assert_array_equal(smoothed(np.array([np.nan, np.nan]), 3.0), [np.nan, np.nan])
    np.testing.assert_allclose(smoothed(np.array([2.0]), 3.0), [2.0])


def test_a_long_curve_takes_no_longer_than_a_redraw_may() -> None:
    y = np.random.default_rng(2).normal(size=200_000) + 1e6
    smooth = smoothed(y, 6000)
    assert abs(smooth - 1e6).max() < 0.2


def test_a_long_curve_is_smoothed_as_a_short_one_is() -> None:
    """It is reckoned with means of blocks; the line at some places, ends and gaps too, is the exact one's."""
    y = np.sin(np.arange(6001) / 900) + np.random.default_rng(3).normal(0, 0.3, 6001)
    y[2000:2900] = np.nan
    known, smooth = np.flatnonzero(np.isfinite(y)), smoothed(y, 180)
    for place in (0, 1, 450, 1999, 2900, 3000, 4321, 5999, 6000):
        weight = np.exp(-0.5 * ((known - place) / 180) ** 2)
        line = np.polyfit(known - place, y[known], 1, w=np.sqrt(weight))
        assert smooth[place] == pytest.approx(line[1], abs=0.004)
    assert np.isnan(smooth[2000:2900]).all()
