"""A curve plot draws what it was given, thinned, and says what is under the mouse."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLabel

from studio import theme
from studio.plots.curve_plot import POINTS_DRAWN, CurvePlot, Series
from studio.plots.thinning import smoothed


@pytest.fixture
def plot(qtbot: Any) -> CurvePlot:
    plot = CurvePlot("Loss", "Loss (nats)", empty="Nothing yet.", logarithmic=False)
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    return plot


def series(count: int, **more: Any) -> Series:
    steps = np.arange(1.0, count + 1)
    return Series("run", steps, 1 / steps, **more)


def shown(plot: CurvePlot, qtbot: Any, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    qtbot.waitUntil(lambda: sum(x is not None and len(x) > 0 for x, _ in plot.drawn()) == count)
    return plot.drawn()


def test_values_are_drawn_as_they_are_given(plot: CurvePlot, qtbot: Any) -> None:
    given = series(50, smooth=False)
    plot.show_series([given])
    (x, y), *_ = shown(plot, qtbot, 1)
    np.testing.assert_array_equal(x, given.steps)
    np.testing.assert_array_equal(y, given.values)


def test_the_strong_line_is_the_average(plot: CurvePlot, qtbot: Any) -> None:
    given = series(50)
    plot.show_series([given])
    (_, y), *_ = shown(plot, qtbot, 1)
    np.testing.assert_allclose(y, smoothed(given.values, 0.9))


def test_a_curve_that_grows_is_drawn_anew(plot: CurvePlot, qtbot: Any) -> None:
    plot.show_series([series(50, smooth=False)])
    shown(plot, qtbot, 1)
    plot.show_series([series(70, smooth=False)])
    qtbot.waitUntil(lambda: len(plot.drawn()[0][0]) == 70)


def test_long_curves_are_thinned(plot: CurvePlot, qtbot: Any) -> None:
    plot.show_series([series(100_000, smooth=False)])
    (x, y), *_ = shown(plot, qtbot, 1)
    assert len(x) == POINTS_DRAWN
    assert y.max() == 1.0


def test_several_runs_are_overlaid_and_taken_away_again(plot: CurvePlot, qtbot: Any) -> None:
    plot.show_series([series(10), series(20, colour=1), series(30, colour=2)])
    assert [len(x) for x, _ in shown(plot, qtbot, 3)] == [10, 20, 30]
    plot.show_series([series(5)])
    qtbot.waitUntil(lambda: len(plot.drawn()) == 1 and len(plot.drawn()[0][0]) == 5)


def test_the_empty_plot_says_what_will_appear(plot: CurvePlot, qtbot: Any) -> None:
    empty = next(label for label in plot.findChildren(QLabel) if label.text() == "Nothing yet.")
    assert empty.isVisible()
    plot.show_series([series(5)])
    qtbot.waitUntil(lambda: not empty.isVisible())


def test_the_readout_names_the_step_and_the_value_under_the_mouse(plot: CurvePlot, qtbot: Any) -> None:
    plot.show_series([series(10, smooth=False)])
    shown(plot, qtbot, 1)
    view = plot._plot.getViewBox()
    qtbot.waitUntil(lambda: view.viewRange()[0][1] >= 10)  # it follows the data at the next paint
    plot._plot.scene().sigMouseMoved.emit(view.mapViewToScene(QPointF(4.2, 0.5)))
    texts = [label.text() for label in plot.findChildren(QLabel)]
    assert any("step 4" in text and "0.25" in text for text in texts)


def test_the_logarithmic_axis_leaves_out_what_it_cannot_show(plot: CurvePlot, qtbot: Any) -> None:
    steps = np.arange(4.0)
    plot._log.click()
    plot.show_series([Series("run", steps, np.array([1.0, 0.0, -1.0, 10.0]), smooth=False)])
    (_, y), *_ = shown(plot, qtbot, 1)
    np.testing.assert_array_equal(y, [1.0, np.nan, np.nan, 10.0])


def test_a_change_of_palette_reaches_background_and_lines(plot: CurvePlot, qtbot: Any) -> None:
    plot.show_series([series(5)])
    shown(plot, qtbot, 1)
    palette = QPalette(plot.palette())
    palette.setColor(QPalette.ColorRole.Window, theme.DARK.window)
    plot.setPalette(palette)
    QApplication.processEvents()
    assert plot._plot.backgroundBrush().color().name() == theme.DARK.base
    qtbot.waitUntil(lambda: plot._lines[0][1].opts["pen"].color().name() == theme.DARK.series[0])
