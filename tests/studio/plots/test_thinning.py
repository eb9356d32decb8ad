"""Thinned curves keep their extremes; the average equals its recursion."""

import math

import numpy as np
import pytest

from studio.plots.thinning import smoothed, thinned


def slow_average(values: list[float], weight: float) -> list[float]:
    found, total, count = [], 0.0, 0
    for value in values:
        if math.isfinite(value):
            total = weight * total + (1 - weight) * value
            count += 1
        found.append(total / (1 - weight**count) if count else math.nan)
    return found


@pytest.mark.parametrize("weight", [0.5, 0.9, 0.97])
def test_the_average_is_its_recursion(weight: float) -> None:
    values = np.random.default_rng(0).normal(3, 2, 1500)
    values[[0, 5, 700, 701]] = [np.nan, np.inf, np.nan, -np.inf]
    np.testing.assert_allclose(smoothed(values, weight), slow_average(values.tolist(), weight), rtol=1e-9)


def test_the_average_starts_at_the_first_value() -> None:
    np.testing.assert_allclose(smoothed(np.array([4.0, 4.0, 4.0]), 0.95), 4.0)
    assert smoothed(np.zeros(0), 0.9).shape == (0,)


def test_short_curves_are_drawn_whole() -> None:
    x = np.arange(10.0)
    shown, values = thinned(x, x**2, 10)
    np.testing.assert_array_equal(shown, x)
    np.testing.assert_array_equal(values, x**2)


def test_thinned_curves_keep_every_stretch_s_extremes_and_order() -> None:
    x = np.arange(100_000.0)
    y = np.random.default_rng(1).normal(size=len(x))
    y[[123, 54_321]] = [50.0, -50.0]
    y[2000:2400] = np.nan
    shown, values = thinned(x, y, 2000)
    assert len(shown) == 2000
    assert (np.diff(shown) >= 0).all()
    np.testing.assert_array_equal(y[shown.astype(int)], values)
    assert np.nanmax(values) == 50.0
    assert np.nanmin(values) == -50.0
    for start in range(0, 100_000, 100):
        if np.isfinite(y[start : start + 100]).all():
            inside = (shown >= start) & (shown < start + 100)
            assert values[inside].max() == y[start : start + 100].max()
            assert values[inside].min() == y[start : start + 100].min()
