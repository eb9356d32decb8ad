"""Histograms: what is counted, and what is drawn."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from studio.watch.histogram import Counts, Histogram, counted


def test_a_worked_example() -> None:
    found = counted(np.array([0.0, 1.0, 9.0, 10.0, np.nan]), 2, "some", 3)
    np.testing.assert_allclose(found.edges, [0, 5, 10])
    np.testing.assert_array_equal(found.counts, [2, 2])
    assert (found.label, found.colour) == ("some", 3)


def test_whole_numbers_lie_within_ranges_of_equally_many() -> None:
    values = np.array([3, 3, 4, 5, 12], float)
    found = counted(values, 20, whole=True)
    np.testing.assert_allclose(found.edges, np.arange(3, 14) - 0.5)
    np.testing.assert_array_equal(found.counts, [2, 1, 1, 0, 0, 0, 0, 0, 0, 1])
    coarse = counted(values, 4, whole=True)
    assert np.diff(coarse.edges).tolist() == [3.0] * 4
    assert coarse.counts.sum() == 5


@pytest.mark.parametrize("values", [[], [7.0], [np.nan]])
@pytest.mark.parametrize("whole", [True, False])
def test_few_values_are_no_trouble(values: list[float], whole: bool) -> None:
    found = counted(np.array(values, float), 5, whole=whole)
    assert found.counts.sum() == np.isfinite(values).sum()
    assert (np.diff(found.edges) > 0).all()


def test_the_empty_one_says_what_will_appear(qtbot: Any) -> None:
    plot = Histogram("Gap", "Frames", "Pairs", "Nothing yet.")
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.show()
    empty = next(label for label in plot.findChildren(QLabel) if label.text() == "Nothing yet.")
    assert empty.isVisible()
    edges = np.arange(4.0)
    plot.show_counts([Counts("a", edges, np.array([1, 2, 3])), Counts("b", edges, np.array([0, 1, 0]), 1)])
    assert not empty.isVisible()
    x, y = plot._steps[1].getOriginalDataset()
    np.testing.assert_array_equal(x, edges)
    np.testing.assert_array_equal(y, [0, 1, 0])
    plot.show_counts([])
    assert empty.isVisible()


def test_its_figure_has_its_numbers(qtbot: Any) -> None:
    plot = Histogram("Gap", "Frames", "Pairs", "Nothing yet.")
    qtbot.addWidget(plot)
    edges = np.array([0.0, 2.0, 4.0])
    plot.show_counts([Counts("a", edges, np.array([1, 5]))])
    figure = plot.figure()
    assert figure.title == "Gap"
    assert figure.table.columns == ("series", "Frames, from", "Frames, to", "Pairs")
    assert list(figure.table.rows) == [("a", 0.0, 2.0, 1), ("a", 2.0, 4.0, 5)]
    assert figure.legend == ()
