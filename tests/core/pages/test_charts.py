import math
from xml.etree import ElementTree

import pytest

from core.pages.charts import HEIGHT, WIDTH, Curve, line_chart


def parsed(text):
    return ElementTree.fromstring(text[: text.index("</svg>") + 6])


def test_a_curve_goes_from_left_to_right_and_higher_values_are_higher():
    chart = parsed(line_chart("Loss", [Curve("loss", [0, 50, 100], [4.0, 2.0, 1.0])], "step", "nats"))
    (line,) = chart.iter("polyline")
    places = [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]
    xs, ys = zip(*places, strict=True)
    assert list(xs) == sorted(xs)
    assert list(ys) == sorted(ys)  # falling values lie lower, and y grows downwards
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    # 4, 2 and 1 lie at distances from the bottom that are as 4 : 2 : 1
    bottom = 2 * ys[1] - ys[0]
    assert bottom - ys[2] == pytest.approx((bottom - ys[0]) / 4, abs=0.2)


def test_ticks_are_round_and_labels_name_quantity_and_unit():
    chart = parsed(line_chart("Loss", [Curve("a", [0, 400], [0.0, 0.93])], "step", "loss (nats)"))
    texts = [text.text for text in chart.iter("text")]
    assert {"0", "0.2", "0.8", "100", "400", "step", "loss (nats)"} <= set(texts)


def test_values_that_are_no_numbers_are_left_out():
    chart = parsed(line_chart("Loss", [Curve("a", [0, 1, 2], [1.0, math.nan, math.inf])], "step", "y"))
    (line,) = chart.iter("polyline")
    assert len(line.get("points").split()) == 1
    assert "nothing was measured" in line_chart("Loss", [Curve("a", [0], [math.nan])], "step", "y")


def test_several_curves_have_a_legend_and_names_are_escaped():
    text = line_chart("A & B", [Curve("<a>", [0, 1], [1, 2]), Curve("b", [0, 1], [2, 3], 3)], "x", "y")
    assert "&lt;a&gt;" in text
    assert parsed(text).get("aria-label") == "A & B"
    assert 'class="legend"' in text
    assert '<li class="curve-3"><span></span>b</li>' in text
