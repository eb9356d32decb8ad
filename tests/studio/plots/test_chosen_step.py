"""A click on a curve names the step; a line marks it until it is taken away."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from studio.plots.curve_plot import CurvePlot, Series

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def plot(qtbot: Any) -> CurvePlot:
    plot = CurvePlot("Loss", "Loss (nats)", empty="Nothing yet.")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    qtbot.waitExposed(plot)
    return plot


def place(plot: CurvePlot, step: float, value: float) -> QPoint:
    """Where a step and a value are on the screen."""
    scene = plot._plot.getViewBox().mapViewToScene(QPointF(step, value))
    return plot._plot.mapFromScene(scene)


def test_a_click_tells_the_nearest_step_of_a_curve(plot: CurvePlot, qtbot: Any) -> None:
    steps = np.array([10.0, 20.0, 30.0])
    plot.show_series([Series("run", steps, np.array([1.0, 0.5, 0.7]), smooth=False)])
    view = plot._plot.getViewBox()
    qtbot.waitUntil(lambda: view.viewRange()[0][1] >= 30)
    with qtbot.waitSignal(plot.step_clicked) as told:
        qtbot.mouseClick(plot._plot.viewport(), LEFT, pos=place(plot, 21.8, 0.8))
    assert told.args == [20]


def test_a_click_beside_or_before_any_curve_tells_nothing(plot: CurvePlot, qtbot: Any) -> None:
    told: list[int] = []
    plot.step_clicked.connect(told.append)
    qtbot.mouseClick(plot._plot.viewport(), LEFT, pos=QPoint(250, 100))
    plot.show_series([Series("run", np.array([10.0, 20.0]), np.array([1.0, 0.5]), smooth=False)])
    qtbot.waitUntil(lambda: plot._plot.getViewBox().viewRange()[0][1] >= 20)
    qtbot.mouseClick(plot._plot.viewport(), LEFT, pos=QPoint(2, 2))
    qtbot.wait(50)
    assert told == []


def test_the_chosen_step_is_marked_until_it_is_taken_away(plot: CurvePlot) -> None:
    plot.set_cursor(17)
    assert plot._chosen.isVisible()
    assert plot._chosen.value() == 17
    plot.set_cursor(None)
    assert not plot._chosen.isVisible()
