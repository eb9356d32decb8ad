"""A curve plot draws what it was given, thinned, and says what is under the mouse."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from studio import theme
from studio.plots.curve_plot import DENSE, DOTS, POINTS_DRAWN, CurvePlot, Series, mixed
from studio.plots.plots import Plots
from studio.plots.smoothing import SMOOTHINGS, smoothed
from studio.plots.smoothing_button import SmoothingButton
from studio.window.settings import WindowSettings


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


def test_the_strong_line_is_the_smooth_one(plot: CurvePlot, qtbot: Any) -> None:
    given = series(50)
    plot.show_series([given])
    (_, y), *_ = shown(plot, qtbot, 1)
    np.testing.assert_allclose(y, smoothed(given.values, SMOOTHINGS["medium"] * 49))
    (x, y) = plot._lines[0][0].getOriginalDataset()
    np.testing.assert_array_equal(x, given.steps)
    np.testing.assert_array_equal(y, given.values)


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


@pytest.mark.parametrize("value", [0.6945641279220596, 0.0, -3.0, 1e-9, 12345.678])
def test_the_axes_of_a_single_value_are_sane(plot: CurvePlot, qtbot: Any, value: float) -> None:
    plot.show_series([Series("run", np.array([10.0]), np.array([value]))])
    shown(plot, qtbot, 1)
    view = plot._plot.getViewBox()
    view.prepareForPaint()
    (left, right), (low, high) = view.viewRange()
    assert -5 <= left < 10 < right <= 25
    assert low < value < high
    assert high - low == pytest.approx(0.2 * abs(value) or 1.0)
    axis = plot._plot.getAxis("left")
    levels = axis.tickValues(low, high, 150)
    labels = [text for spacing, ticks in levels[:2] for text in axis.tickStrings(ticks, 1, spacing)]
    assert labels
    assert all(len(text.lstrip("-")) <= 8 for text in labels), labels


def test_a_single_value_stands_in_half_a_decade_of_a_logarithmic_axis(plot: CurvePlot, qtbot: Any) -> None:
    plot._log.click()
    plot.show_series([Series("run", np.array([10.0]), np.array([0.7]))])
    shown(plot, qtbot, 1)
    view = plot._plot.getViewBox()
    view.prepareForPaint()
    low, high = view.viewRange()[1]
    assert high - low == pytest.approx(0.5)
    assert low < np.log10(0.7) < high


def test_a_second_value_gives_the_axes_back_to_the_data(plot: CurvePlot, qtbot: Any) -> None:
    plot.show_series([Series("run", np.array([10.0]), np.array([0.7]))])
    shown(plot, qtbot, 1)
    plot.show_series([Series("run", np.array([10.0, 20.0]), np.array([0.7, 0.699]))])
    qtbot.waitUntil(lambda: len(plot.drawn()[0][0]) == 2)
    view = plot._plot.getViewBox()
    view.prepareForPaint()
    low, high = view.viewRange()[1]
    assert high - low < 0.002


def choose_smoothing(qtbot: Any, plot: CurvePlot, words: str) -> None:
    button = plot.findChild(SmoothingButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(button.choices.isVisible)
    action = next(one for one in button.choices.actions() if words in one.text())
    qtbot.mouseClick(
        button.choices, Qt.MouseButton.LeftButton, pos=button.choices.actionGeometry(action).center()
    )


def test_smoothing_is_chosen_for_all_plots_and_remembered(qtbot: Any, tmp_path: Path) -> None:
    settings = WindowSettings(tmp_path / "settings.ini")
    plots, both = Plots(settings, tmp_path), QWidget()
    qtbot.addWidget(both)
    layout = QVBoxLayout(both)
    one, other = (CurvePlot(name, "Loss (nats)", empty="") for name in ("Loss", "Other"))
    for plot in (one, other):
        layout.addWidget(plot)
        plot.show_series([series(50)])
    plots.join(both)
    both.show()
    shown(other, qtbot, 1)
    choose_smoothing(qtbot, one, "off")
    np.testing.assert_array_equal(other.drawn()[0][1], series(50).values)
    choose_smoothing(qtbot, other, "strong")
    np.testing.assert_allclose(one.drawn()[0][1], smoothed(series(50).values, SMOOTHINGS["strong"] * 49))
    settings.sync()
    again = CurvePlot("Loss", "Loss (nats)", empty="")
    qtbot.addWidget(again)
    Plots(WindowSettings(tmp_path / "settings.ini"), tmp_path).join(again)
    assert "strong" in again.findChild(SmoothingButton).toolTip()


def luminance(colour: QColor) -> float:
    """As WCAG 2.1 defines it."""
    parts = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour.getRgbF()[:3]
    )
    return float(np.dot((0.2126, 0.7152, 0.0722), list(parts)))


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK, theme.PRINT])
def test_raw_values_stand_out_from_what_is_behind_them(colours: theme.Colours) -> None:
    base = QColor(colours.base)
    for name in colours.series:
        for share, least in ((DOTS, 3.0), (DENSE, 1.9)):
            lights = sorted(luminance(one) for one in (mixed(QColor(name), base, share), base))
            assert (lights[1] + 0.05) / (lights[0] + 0.05) >= least, (name, share)


@pytest.mark.parametrize("height", [30, 60, 120, 400])
def test_the_numbers_of_an_axis_do_not_overlap(plot: CurvePlot, height: int) -> None:
    axis = plot._plot.getAxis("left")
    line = QFontMetrics(QApplication.font()).height()
    for top in (1.0, 7.0, 100.0, 0.03, 12_000.0):
        levels = axis.tickSpacing(0.0, top, height)
        assert levels
        assert all(step / top * height >= line for step, _ in levels)
