"""Seconds left by a clock of the test's own."""

import pytest

from core.events import Progress
from core.runs.pace import Pace


def test_after_boxes_from_a_cache_the_time_left_is_that_of_training():
    """5,011 boxes a second's thousandth each, then 40,000 steps of training, 60 a second."""
    pace, total = Pace(), 5_011 + 40_000
    for step in range(1, 5_012):
        pace.seconds_left(step / 1000, Progress(step, total))
    for step in range(1, 40_001):
        left = pace.seconds_left(5.011 + step / 60, Progress(5_011 + step, total))
        if step >= 70 * 60:
            assert left == pytest.approx((40_000 - step) / 60, rel=0.001)


def test_of_slow_units_the_last_ones_tell():
    pace = Pace()
    assert pace.seconds_left(0, Progress(0, 10)) is None
    assert pace.seconds_left(100, Progress(0, 10)) is None
    assert pace.seconds_left(200, Progress(1, 10)) == pytest.approx(200 * 9)
    assert pace.seconds_left(250, Progress(1, 10)) == pytest.approx(250 * 9)
    assert pace.seconds_left(300, Progress(2, 10)) == pytest.approx(100 * 8)
    assert pace.seconds_left(500, Progress(2, 10)) == pytest.approx(300 * 8)


@pytest.mark.parametrize("other", [Progress(50, 200), Progress(2, 100)])
def test_another_total_or_a_step_back_begins_anew(other):
    pace = Pace()
    pace.seconds_left(0, Progress(0, 100))
    assert pace.seconds_left(10, Progress(40, 100)) == pytest.approx(15)
    assert pace.seconds_left(11, other) is None
    later = Progress(other.step + 1, other.total)
    assert pace.seconds_left(13, later) == pytest.approx(2 * (later.total - later.step))


def test_a_job_that_is_done_has_nothing_left():
    pace = Pace()
    pace.seconds_left(0, Progress(0, 10))
    assert pace.seconds_left(5, Progress(10, 10)) == 0
    assert pace.seconds_left(6, Progress(12, 10)) == 0
