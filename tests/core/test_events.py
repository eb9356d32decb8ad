import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import ClassAP, Filters, Log, Metric, Progress, from_json, part_of, to_json

numbers = st.floats(allow_nan=False, allow_infinity=False)
events = st.one_of(
    st.builds(Progress, st.integers(), st.integers(), st.text()),
    st.builds(Metric, st.text(), st.integers(), numbers),
    st.builds(Filters, st.integers(), st.text()),
    st.builds(ClassAP, st.text(), numbers, st.integers()),
    st.builds(Log, st.text(), st.sampled_from(["info", "warning"])),
)


@given(events)
def test_an_event_comes_back_from_its_line(event):
    line = to_json(event, 12.5)
    assert "\n" not in line
    assert from_json(line) == event


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_know_is_null_and_comes_back_as_nan(value):
    line = to_json(Metric("loss", 3, value), 0.0)
    assert json.loads(line)["value"] is None
    assert math.isnan(from_json(line).value)


def test_a_line_says_what_happened_and_when():
    assert json.loads(to_json(Progress(2, 9, "cars1"), 1.23456)) == {
        "event": "Progress",
        "time": 1.235,
        "step": 2,
        "total": 9,
        "what": "cars1",
        "count": "",
    }


def test_a_part_of_a_job_counts_along_and_says_its_own_count():
    def part():
        yield Progress(1, 60, "Fine-tuning")
        yield Progress(8, 9, "Detecting", "picture 2 of 3")

    first, second = part_of(part(), 100, 860)
    assert first == Progress(101, 860, "Fine-tuning", "step 1 of 60")
    assert second == Progress(108, 860, "Detecting", "picture 2 of 3")
    (deeper,) = part_of(iter_of(first), 0, 1000)
    assert deeper == Progress(101, 1000, "Fine-tuning", "step 1 of 60")


def iter_of(*events):
    yield from events


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "7", "null", '"x"', '{"event": "Nonsense"}', '{"event": "Metric", "extra": 1}']
)
def test_a_line_that_is_not_an_event_is_a_value_error(line):
    with pytest.raises(ValueError):
        from_json(line)


@given(events, st.data())
def test_a_line_cut_short_is_a_value_error(event, data):
    line = to_json(event, 0.0)
    with pytest.raises(ValueError):
        from_json(line[: data.draw(st.integers(0, len(line) - 1))])
