import math
from xml.etree import ElementTree

import pytest

from core.demo.dots import Dots, dot_chart
from core.evaluation.intervals import Interval

FIRST = Dots("Ours & co", [40.0, 50.0], Interval(45.0, 6.0, 2))
SECOND = Dots("Theirs", [38.0, 36.0], Interval(37.0, 2.0, 2))


def parts(chart, name):
    return [element for element in ElementTree.fromstring(chart).iter() if element.get("class") == name]


def test_a_dot_lies_where_its_value_is_and_says_its_seed():
    dots = parts(dot_chart("mAP", [FIRST, SECOND], [7, 8], "mAP (%)"), "dot")
    heights = {dot.find("title").text: float(dot.get("cy")) for dot in dots}
    assert set(heights) == {"seed 7: 40.0", "seed 8: 50.0", "seed 7: 38.0", "seed 8: 36.0"}
    point = (heights["seed 7: 40.0"] - heights["seed 8: 50.0"]) / 10
    assert point > 0  # y grows downwards
    assert heights["seed 8: 36.0"] - heights["seed 7: 38.0"] == pytest.approx(2 * point, abs=0.2)


def test_dots_of_the_same_seed_are_joined():
    chart = dot_chart("mAP", [FIRST, SECOND], [7, 8], "mAP (%)")
    heights = [float(dot.get("cy")) for dot in parts(chart, "dot")]
    lines = [(float(line.get("y1")), float(line.get("y2"))) for line in parts(chart, "pair-line")]
    assert lines == [(heights[0], heights[2]), (heights[1], heights[3])]


def test_mean_and_interval_stand_beside_their_dots():
    chart = dot_chart("mAP", [FIRST], [7, 8], "mAP (%)")
    (span,), (mean,) = parts(chart, "span"), parts(chart, "mean")
    middle = float(mean.get("y1"))
    assert float(span.get("y1")) - middle == pytest.approx(middle - float(span.get("y2")), abs=0.2)
    tops = [float(dot.get("cy")) for dot in parts(chart, "dot")]
    assert middle == pytest.approx(sum(tops) / 2, abs=0.2)
    assert float(span.get("y2")) < min(tops)  # 51 lies above 50


def test_the_line_at_zero_is_seen_even_where_no_value_comes_near_it():
    chart = dot_chart("Difference", [FIRST], [7, 8], "points", zero="equal")
    (line,) = parts(chart, "reference")
    assert float(line.get("y1")) > max(float(dot.get("cy")) for dot in parts(chart, "dot"))
    assert parts(dot_chart("mAP", [FIRST], [7, 8], "points"), "reference") == []


def test_one_seed_has_no_interval_and_what_was_not_measured_is_said():
    chart = dot_chart("mAP", [Dots("Ours", [40.0], Interval(40.0, math.nan, 1))], [7], "mAP (%)")
    (span,) = parts(chart, "span")
    assert span.get("y1") == span.get("y2")
    nothing = Dots("Ours", [math.nan], Interval(math.nan, math.nan, 1))
    assert "nothing was measured" in dot_chart("A & B", [nothing], [7], "mAP (%)")
    assert "A &amp; B" in dot_chart("A & B", [nothing], [7], "mAP (%)")
