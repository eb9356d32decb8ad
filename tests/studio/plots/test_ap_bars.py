"""Bars stand as high as the average precisions they were given."""

import math
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QLabel

from core.datasets.voc import CLASSES
from core.evaluation.table1 import paper_rows
from core.events import ClassAP
from studio.plots.ap_bars import ApBars, BarSeries, Quoted


@pytest.fixture
def bars(qtbot: Any) -> ApBars:
    bars = ApBars()
    qtbot.addWidget(bars)
    bars.resize(900, 300)
    bars.show()
    return bars


def run(label: str, aps: dict[str, float], colour: int = 0) -> BarSeries:
    return BarSeries(label, {name: ClassAP(name, ap, 10) for name, ap in aps.items()}, colour)


def test_bars_fill_in_as_classes_come(bars: ApBars) -> None:
    bars.show_runs([run("a", {"aeroplane": 0.5})], None)
    expected = np.zeros(21)
    expected[0] = expected[20] = 50
    np.testing.assert_allclose(bars.heights(0), expected)
    bars.show_runs([run("a", {"aeroplane": 0.5, "tvmonitor": 0.1})], None)
    expected[19], expected[20] = 10, 30
    np.testing.assert_allclose(bars.heights(0), expected)


def test_runs_stand_side_by_side_without_touching(bars: ApBars) -> None:
    bars.show_runs([run("a", {"cat": 0.2}), run("b", {"cat": 0.4}, 1)], None)
    assert bars.heights(0)[7] == pytest.approx(20)
    assert bars.heights(1)[7] == pytest.approx(40)
    first, second = (one.opts for one in bars._bars)
    right_of_first = first["x"][7] + first["width"] / 2
    assert right_of_first < second["x"][7] - second["width"] / 2
    bars.show_runs([run("a", {"cat": 0.2})], None)
    assert not bars._bars[1].isVisible()


def test_the_mean_leaves_out_classes_without_objects(bars: ApBars) -> None:
    one = BarSeries("a", {"cat": ClassAP("cat", 0.4, 3), "dog": ClassAP("dog", math.nan, 0)})
    bars.show_runs([one], None)
    assert one.mean == pytest.approx(0.4)
    assert [text.isVisible() for text in bars._absent].index(True) == CLASSES.index("dog")
    assert sum(text.isVisible() for text in bars._absent) == 1


def test_the_paper_s_figures_are_marks_named_as_quoted(bars: ApBars) -> None:
    quoted = Quoted("RandomNet", {name: place / 100 for place, name in enumerate(bars.groups)})
    bars.show_runs([run("a", {"cat": 0.2})], quoted)
    np.testing.assert_allclose(bars.marks(), np.arange(21))
    texts = " ".join(label.text() for label in bars.findChildren(QLabel))
    assert "RandomNet, quoted: Table 1 of the paper" in texts


def test_hovering_shows_numbers_and_object_counts(bars: ApBars) -> None:
    bars.show_runs([run("a", {"cat": 0.25})], None)
    view = bars._plot.getViewBox()
    bars._plot.scene().sigMouseMoved.emit(view.mapViewToScene(QPointF(7.1, 10)))
    texts = " ".join(label.text() for label in bars.findChildren(QLabel))
    assert "25.0 % of 10 objects" in texts


def test_clicking_a_group_names_its_class(bars: ApBars, qtbot: Any) -> None:
    bars.show_runs([run("a", {"cat": 0.25})], None)
    scene = bars._plot.getViewBox().mapViewToScene(QPointF(7.0, 10))
    place: QPoint = bars._plot.mapFromScene(scene)
    with qtbot.waitSignal(bars.class_clicked) as clicked:
        qtbot.mouseClick(bars._plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == ["cat"]


def test_only_the_left_button_chooses_a_class(bars: ApBars, qtbot: Any) -> None:
    """The right one opens the menu of the plot."""
    bars.show_runs([run("a", {"cat": 0.25})], None)
    place = bars._plot.mapFromScene(bars._plot.getViewBox().mapViewToScene(QPointF(7.0, 10)))
    with qtbot.assertNotEmitted(bars.class_clicked):
        qtbot.mouseClick(bars._plot.viewport(), Qt.MouseButton.RightButton, pos=place)


def test_without_runs_the_plot_says_what_will_appear(bars: ApBars) -> None:
    empty = next(label for label in bars.findChildren(QLabel) if "fill in" in label.text())
    assert empty.isVisible()
    bars.show_runs([run("a", {"cat": 0.25})], None)
    assert not empty.isVisible()


def test_nothing_is_written_over_quoted_figures(bars: ApBars) -> None:
    bars.show_runs([], None)
    assert not bars._empty.isHidden()
    bars.show_runs([], Quoted("RandomNet", {"cat": 0.2}))
    assert bars._empty.isHidden()


def test_intervals_are_whiskers_and_columns(bars: ApBars) -> None:
    one = run("a", {"cat": 0.2, "dog": 0.4})
    other = BarSeries("b", one.class_aps, 1, {"cat": (0.1, 0.3), "mean": (0.2, 0.5), "cow": (0.1, 0.2)})
    bars.show_runs([one, other], None)
    assert bars.intervals() == {(1, "cat"): (10, 30), (1, "mean"): (20, 50)}
    x, y = bars._whiskers.getOriginalDataset()
    assert y[:2].tolist() == [10, 30]
    middle = bars._bars[1].opts["x"][CLASSES.index("cat")]
    assert x[:2].tolist() == pytest.approx([middle, middle])
    rows = {(row[0], row[1]): row[4:] for row in bars.figure().table.rows}
    assert rows["b", "cat"] == (10, 30)
    assert np.isnan(rows["a", "cat"]).all()
    bars.show_runs([one], None)
    assert bars.intervals() == {}


def test_the_chosen_class_is_set_apart(bars: ApBars) -> None:
    bars.set_class("cat")
    assert bars._band.getRegion() == (6.5, 7.5)
    bars.set_class("")
    assert not bars._band.isVisible()


def test_the_reason_against_a_quoted_row_names_the_run_where_there_are_several() -> None:
    row = paper_rows()[0]
    assert Quoted.of(row, [("", "other set")]).remark.endswith("; not comparable: other set")
    several = Quoted.of(row, [("a", "other set"), ("b", ""), ("c", "other year")])
    assert several.remark.endswith("; not comparable with “a” (other set), nor 1 more")


OWN = ("bare head", "helmet", "person with a high-visibility vest")


def own(label: str, classes: tuple[str, ...], ap: float = 0.5) -> BarSeries:
    return BarSeries(label, {name: ClassAP(name, ap, 3) for name in classes}, classes=classes)


def heads(bars: ApBars) -> list[str]:
    (ticks,) = bars._plot.getAxis("bottom")._tickLevels
    return [text.strip() for _, text in ticks]


def test_runs_of_other_classes_have_bars_of_these(bars: ApBars) -> None:
    bars.show_runs([own("a", OWN)], None)
    assert bars.groups == [*OWN, "mean"]
    np.testing.assert_allclose(bars.heights(0), [50] * 4)
    assert heads(bars) == ["bare head", "helmet", "person with a h…", "mean"]
    bars.set_class("helmet")
    assert bars._band.getRegion() == (0.5, 1.5)
    bars.show_runs([own("a", OWN), run("b", {"cat": 0.4}, 1)], None)
    assert bars.groups == [*OWN, *CLASSES, "mean"]
    assert bars.heights(1)[bars.groups.index("cat")] == pytest.approx(40)
    bars.set_class("cat")
    assert bars._band.getRegion() == (9.5, 10.5)
    bars.show_runs([run("b", {"dog": 0.4})], None)
    assert bars.groups == [*CLASSES, "mean"]
    assert bars._band.getRegion() == (6.5, 7.5)
    bars.show_runs([own("a", OWN)], None)
    assert not bars._band.isVisible()


def test_of_very_many_classes_some_are_named_below_and_all_are_read(bars: ApBars) -> None:
    classes = tuple(f"class {number}" for number in range(80))
    bars.show_runs([own("a", classes)], None)
    assert len(bars.heights(0)) == 81
    assert 5 < len(heads(bars)) < 60
    view = bars._plot.getViewBox()
    bars._plot.scene().sigMouseMoved.emit(view.mapViewToScene(QPointF(41.1, 10)))
    assert "<b>class 41</b>" in " ".join(label.text() for label in bars.findChildren(QLabel))
    assert len(bars._table().rows) == 81
