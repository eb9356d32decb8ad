"""Thinned curves keep their extremes."""

import numpy as np

from studio.plots.thinning import thinned


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
