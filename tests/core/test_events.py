import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.events import LARGEST, ClassAP, Filters, Log, Metric, Progress, from_json, part_of, to_json

counts = st.integers(0, 2**53)
events = st.one_of(
    st.builds(Progress, counts, counts, st.text()),
    st.builds(Metric, st.text(max_size=200), counts, st.floats(-LARGEST, LARGEST)),
    st.builds(Filters, counts, st.just("results/filters-7.npz")),
    st.builds(ClassAP, st.text(max_size=200), st.floats(0, 1), counts),
    st.builds(Log, st.text(), st.sampled_from(["info", "warning"])),
)


@given(events)
def test_an_event_comes_back_from_its_line(event):
    line = to_json(event, 12.5)
    assert "\n" not in line
    assert from_json(line) == event


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200])
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
    "line",
    [
        *("", "{", "[]", "7", "null", '"x"', '{"event": "Nonsense"}', '{"event": "Metric", "extra": 1}'),
        *('{"event": ["Metric"]}', "[" * 5000, '{"event": "Metric", "name": "a", "step": 1, "value": "1"}'),
        '{"event": "Metric", "name": "loss", "step": "x", "value": 1}',
        '{"event": "Metric", "name": "loss", "step": %s, "value": 1}' % ("9" * 400),
        '{"event": "Metric", "name": "loss", "step": null, "value": 1}',
        '{"event": "Metric", "name": "loss", "step": 1, "value": [1]}',
        '{"event": "Metric", "name": ["loss"], "step": 1, "value": 1}',
        '{"event": "Metric", "time": "now", "name": "loss", "step": 1, "value": 1}',
        '{"event": "Filters", "step": 999999, "path": 5}',
        '{"event": "Filters", "step": 1, "path": "../../a.npz"}',
        '{"event": "Filters", "step": 1, "path": "/a.npz"}',
        '{"event": "Filters", "step": 1, "path": "C:a.npz"}',
        r'{"event": "Filters", "step": 1, "path": "\\\\a.npz"}',
        r'{"event": "Filters", "step": 1, "path": "results\\\\..\\\\..\\\\a.npz"}',
        '{"event": "ClassAP", "name": "cat", "ap": 1.5, "objects": 3}',
        '{"event": "Progress", "step": 1, "total": -1}',
        '{"event": "Log", "text": 5}',
    ],
)
def test_a_line_that_is_not_an_event_is_a_value_error(line):
    with pytest.raises(ValueError):
        from_json(line)


@given(events, st.data())
def test_a_line_cut_short_is_a_value_error(event, data):
    line = to_json(event, 0.0)
    with pytest.raises(ValueError):
        from_json(line[: data.draw(st.integers(0, len(line) - 1))])
