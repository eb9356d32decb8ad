import itertools

import pytest
import torch
from torch import nn

from core.errors import StudioError
from core.training.optimisation import set_learning_rate, sgd
from core.training.schedule import SCHEDULES, cosine, learning_rate, of_new_length, stepped, warm_up


def test_the_parts_by_hand():
    assert [warm_up(step, 4) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    assert warm_up(0, 0) == 1
    assert [round(cosine(step, 4), 6) for step in range(5)] == [1, 0.853553, 0.5, 0.146447, 0]
    assert [round(stepped(step, 2), 6) for step in range(5)] == [1, 1, 0.1, 0.1, 0.01]


@pytest.mark.parametrize("kind", SCHEDULES)
def test_a_schedule_rises_to_its_base_and_never_above(kind):
    rates = [learning_rate(kind, step, 100, 0.03, 10, 40) for step in range(100)]
    assert rates[0] == pytest.approx(0.003)
    assert max(rates) == pytest.approx(0.03)
    assert rates[9] == pytest.approx(0.03)
    assert all(rate > 0 for rate in rates)
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates[9:]))
    assert rates[-1] == pytest.approx(
        {"cosine": 0.03 * cosine(89, 90), "step": 0.0003, "constant": 0.03}[kind]
    )


@pytest.mark.parametrize(
    ("kind", "rise", "then", "now", "follows"),
    [
        ("constant", 0, 20, 40, False),
        ("constant", 2, 20, 40, False),  # the rise is over, and as long
        ("cosine", 0, 20, 40, True),
        ("step", 0, 20, 40, True),  # dropped at step 8 already, which 40 steps would not
        ("step", 0, 30, 40, False),  # would drop at 12: not reached
    ],
)
def test_another_length_is_said_where_the_steps_done_would_have_been_others(kind, rise, then, now, follows):
    def rate(total):
        return lambda step: learning_rate(kind, step, total, 0.1, rise, every=round(0.4 * total))

    said = of_new_length(10, then, now, rate(then), rate(now))
    assert bool(said) == follows
    assert all(f"begun for {then} steps and goes on to {now}: from step 10 on" in text for text in said)


def test_a_run_is_not_made_shorter_than_what_it_has_done():
    assert of_new_length(20, 20, 20, float, float) == []
    assert of_new_length(10, 20, 11, lambda _: 1.0, lambda _: 1.0) == []
    with pytest.raises(StudioError, match="has done 10 steps already; give it more"):
        of_new_length(10, 20, 10, float, float)


def test_biases_learn_twice_as_fast_and_do_not_decay():
    net = nn.Linear(2, 1)
    net.weight.data.fill_(1.0)
    net.bias.data.fill_(1.0)
    optimizer = sgd(net, momentum=0.0, weight_decay=0.1)
    set_learning_rate(optimizer, 0.5)
    net(torch.tensor([[2.0, 3.0]])).sum().backward()  # gradients 2, 3 and 1
    optimizer.step()
    torch.testing.assert_close(net.weight.data, torch.tensor([[1 - 0.5 * (2 + 0.1), 1 - 0.5 * (3 + 0.1)]]))
    torch.testing.assert_close(net.bias.data, torch.tensor([1 - 2 * 0.5 * 1.0]))


def test_frozen_layers_are_left_out():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    net[0].requires_grad_(False)
    optimizer = sgd(net, momentum=0.9, weight_decay=0.1)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 2
