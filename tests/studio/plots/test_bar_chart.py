"""Bars are as long as their values and say them; whiskers stand where they are known."""

import math
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from studio import theme
from studio.plots.bar_chart import Bar, BarChart, whiskers


@pytest.fixture
def chart(qtbot: Any) -> BarChart:
    chart = BarChart("Kinds", "Share (%)", empty="Nothing yet")
    qtbot.addWidget(chart)
    chart.resize(400, 300)
    chart.show()
    return chart


def test_bars_have_lengths_words_and_a_table(chart: BarChart) -> None:
    assert chart._empty.isVisible()
    chart.show_bars([Bar("one", 12.5, "5 of 40"), Bar("none", math.nan, "n/a")], "Other kinds")
    assert not chart._empty.isVisible()
    np.testing.assert_allclose(chart.lengths(), [12.5, 0])
    assert chart.words() == ["5 of 40", "n/a"]
    figure = chart.figure()
    assert figure.title == "Other kinds"
    assert figure.table.columns[:2] == ("kind", "Share (%)")
    assert [row[0] for row in figure.table.rows] == ["one", "none"]
    chart.show_bars([Bar("one", 12.5)])
    assert len(chart.words()) == 1


def test_the_words_of_every_bar_fit(chart: BarChart) -> None:
    chart.show_bars([Bar("long", 100, "1,234 of 5,678"), Bar("short", 1, "1,234 of 5,678")])
    chart.grab()  # texts find their place as they are painted
    for text in chart._texts:
        seen = chart._plot.getViewBox().sceneBoundingRect()
        assert text.sceneBoundingRect().right() <= seen.right() + 1


def test_words_follow_the_theme(chart: BarChart, qapp: Any) -> None:
    chart.show_bars([Bar("one", 1, "1")])
    for name, colours in (("dark", theme.DARK), ("light", theme.LIGHT)):
        theme.apply(qapp, name)
        assert chart._texts[0].color.name() == colours.text


def test_a_click_beside_a_bar_names_it(chart: BarChart, qtbot: Any) -> None:
    chart.show_bars([Bar("one", 1), Bar("two", 2), Bar("three", 3)])
    place = chart._plot.mapFromScene(chart._plot.getViewBox().mapViewToScene(QPointF(2.9, 1.1)))
    with qtbot.waitSignal(chart.bar_clicked) as clicked:
        qtbot.mouseClick(chart._plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == [1]


def test_whiskers_have_two_ends_and_are_left_out_where_one_is_unknown() -> None:
    x, y = whiskers(np.array([3.0, 4.0]), [(1, 2), (math.nan, 5)], 0.25)
    assert list(zip(x.tolist(), y.tolist(), strict=True)) == [
        *((3, 1), (3, 2)),
        *((2.75, 1), (3.25, 1)),
        *((2.75, 2), (3.25, 2)),
    ]
