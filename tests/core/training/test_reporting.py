import json
import math

import pytest
import torch

from core.errors import StudioError
from core.events import Metric, Progress
from core.training.checkpoint import Resumed
from core.training.reporting import Ledger

CPU = torch.device("cpu")


def add(ledger, *values):
    ledger.add(*(torch.tensor(value) for value in values))


def test_means_are_over_the_steps_since_the_last():
    ledger = Ledger(Resumed(), 100, CPU)
    for loss in (1.0, 2.0, 6.0):
        add(ledger, loss, 0.5)
    assert ledger.means() == [3.0, 0.5]
    add(ledger, 7.0, 1.0)
    assert ledger.means() == [7.0, 1.0]
    assert ledger.step == 4


def test_what_is_due_every_so_often_is_due_at_the_end_too():
    ledger = Ledger(Resumed(step=3), 11, CPU)
    due = []
    for _ in range(8):
        add(ledger, 1.0)
        if ledger.due(4):
            due.append(ledger.step)
    assert due == [4, 8, 11]


def test_events_come_once_and_in_order():
    ledger = Ledger(Resumed(), 5, CPU)
    add(ledger, 1.0)
    ledger.report(loss=2.0, rate=0.1)
    ledger.progress("Training")
    expected = [Metric("loss", 1, 2.0), Metric("rate", 1, 0.1), Progress(1, 5, "Training")]
    taking = ledger.take()
    assert next(taking) == expected[0]
    assert ledger.events == expected[1:]
    assert list(taking) == expected[1:]
    assert list(ledger.take()) == []


def test_a_ledger_goes_on_from_what_was_kept_with_another_interval_too():
    first = Ledger(Resumed(), 20, CPU)
    for loss in (0.1, 0.2):  # no binary fractions: not a bit may be lost
        add(first, loss, 1.0)
    first.report(loss=5.0)
    kept = json.loads(json.dumps(first.state()))
    second = Ledger(Resumed(2, kept, {"report_every": 10}), 20, CPU)
    assert list(second.take()) == [Metric("loss", 2, 5.0)]
    for ledger in (first, second):
        add(ledger, 0.4, 0.0)
    assert first.means() == second.means()
    assert second.step == 3


@pytest.mark.parametrize(("name", "step", "steps"), [("sums", 13, 3), ("losses", 14, 4)])
def test_the_sums_of_earlier_checkpoints_are_taken_over(name, step, steps):
    """Those of revision c46a0da: no count, and fine-tuning called its sums losses."""
    old = {name: [steps * 2.0, steps * 0.5], "events": []}
    ledger = Ledger(Resumed(step, old, {"report_every": 10}), 100, CPU)
    add(ledger, 2.0, 0.5)
    assert ledger.means() == [2.0, 0.5]
    reported = Ledger(Resumed(13, {name: [0.0, 0.0]}, {"report_every": 10}), 100, CPU)  # it had ended there
    add(reported, 3.0, 0.5)
    assert reported.means() == [3.0, 0.5]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_no_number_is_a_sentence(value):
    ledger = Ledger(Resumed(), 20, CPU)
    add(ledger, 1.0, 1.0)
    with pytest.raises(StudioError, match=r"no longer a number at step 2; start again with a lower"):
        add(ledger, value, 1.0)


def test_elsewhere_than_on_a_cpu_sums_are_looked_at_only_where_something_is_due():
    """`meta` stands for a GPU: whoever asks for the value of a tensor there is refused."""
    meta = torch.device("meta")
    ledger = Ledger(Resumed(), 20, meta)
    for _ in range(3):
        ledger.add(torch.zeros((), device=meta), torch.zeros((), device=meta))
        assert not ledger.due(4)
    ledger.add(torch.zeros((), device=meta), torch.zeros((), device=meta))
    with pytest.raises((RuntimeError, NotImplementedError)):
        ledger.due(4)
