"""What the window keeps of what a run reports, be it millions of values."""

from pathlib import Path

import numpy as np
import pytest

from core.events import Filters, Log
from core.runs.run_folder import RunFolder
from studio.runs.reader import Mark, News
from studio.runs.run import LINES_KEPT, NAMES_KEPT, POINTS_KEPT, Curve, Run


def test_a_curve_grows_without_losing_what_was_there() -> None:
    curve = Curve()
    for start in range(0, 5000, 7):
        steps = np.arange(start, start + 7)
        curve.extend(steps, steps**2)
    np.testing.assert_array_equal(curve.steps, np.arange(len(curve)))
    np.testing.assert_array_equal(curve.values, np.arange(len(curve)) ** 2)


@pytest.mark.parametrize("at_once", [1, 7, 50_000, 400_000])
def test_a_long_curve_is_thinned_evenly_and_keeps_its_ends(at_once: int) -> None:
    count = 400_000 if at_once > 7 else 5 * POINTS_KEPT // 2
    curve, steps = Curve(), np.arange(count)
    for start in range(0, count, at_once):
        part = steps[start : start + at_once]
        curve.extend(part, -part)
        assert curve.steps[-1] == part[-1]
    assert POINTS_KEPT // 2 < len(curve) <= POINTS_KEPT + 1
    np.testing.assert_array_equal(curve.values, -curve.steps)
    assert curve.steps[0] == 0
    assert len(set(np.diff(curve.steps[:-1]))) == 1


def test_of_what_a_run_says_without_end_the_window_keeps_the_last_part(tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch()
    run = Run("pretrain", {}, RunFolder(tmp_path))
    for first in range(0, 3 * LINES_KEPT, LINES_KEPT):
        log = [Log(str(number)) for number in range(first, first + LINES_KEPT)]
        curves = {f"{one.text}": (np.zeros(1), np.zeros(1)) for one in log}
        filters = [Filters(int(one.text), "a.npz") for one in log]
        run.take(News(run.status, None, Mark(), metrics=curves, filters=filters, log=log))
    assert [run.log[0].text, run.log[-1].text, run.log_dropped] == ["20000", "29999", 20_000]
    assert len(run.metrics) == NAMES_KEPT
    assert len(run.filters) <= LINES_KEPT
