import errno
import json

import numpy as np
import pytest
import torch
from torch import nn

from core.out_of_memory import GPU, MAIN
from core.training.memory import (
    Forecast,
    MemoryRanOutError,
    bytes_alive,
    forecast,
    free_on,
    stage,
    too_much,
    write_memory,
)
from tests.devices import DEVICES


def test_bytes_are_those_of_the_tensors_that_live():
    mib = 1 << 20

    def work():
        first = torch.zeros(mib)  # 4 MiB of float32
        second = first + 1
        del first
        third = second.view(1024, 1024).t()  # of the same bytes
        del second
        third.sum()

    alive = bytes_alive(work)
    assert alive.max() == 8 * mib
    assert alive[-1] == 4 * mib + 4  # the sum


def test_the_largest_batch_that_is_said_to_fit_does_and_a_larger_one_does_not():
    net = nn.Sequential(nn.Linear(500, 2000), nn.ReLU(), nn.Linear(2000, 2000), nn.ReLU(), nn.Linear(2000, 3))

    def step(count):
        net(torch.ones(count, 500)).sum().backward()
        net.zero_grad(set_to_none=True)

    def taken(count):
        return bytes_alive(lambda: step(count)).max()

    found = forecast(step)
    for budget in (30e6, 60e6, 120e6):  # the gradients alone take 20 MB
        fits = found.largest(budget)
        assert found.peak(fits) == pytest.approx(taken(fits))
        assert taken(fits) <= budget < taken(fits + 1)
    assert found.largest(10e6) == 0
    assert taken(1) > 10e6


def test_a_forecast_is_the_highest_of_its_lines():
    lines = Forecast(fixed=np.array([100.0, 0.0, 120.0]), each=np.array([7.0, 10.0, 0.0]))
    assert [lines.peak(batch) for batch in (1, 10, 50)] == [120, 170, 500]
    assert [lines.largest(budget) for budget in (119, 120, 170, 500, 509, 510)] == [0, 2, 10, 50, 50, 51]


def test_memory_that_runs_out_is_named_by_the_work_and_other_errors_stay():
    with pytest.raises(MemoryRanOutError) as ran_out, stage("measuring"):
        torch.empty(1 << 60, dtype=torch.uint8)
    assert (ran_out.value.stage, ran_out.value.memory) == ("measuring", MAIN)
    with pytest.raises(MemoryRanOutError), stage("saving"):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")
    with pytest.raises(RuntimeError, match="mat1"), stage("measuring"):
        torch.ones(2, 3) @ torch.ones(2, 3)
    with pytest.raises(OSError, match="full"), stage("saving"):
        raise OSError(errno.ENOSPC, "full")


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_says_what_is_free(device):
    assert 1 << 20 < free_on(torch.device(device)) < 1 << 50


def test_what_is_short_is_a_sentence_and_a_file_that_offer_a_batch(tmp_path):
    assert too_much("training", 512, 300, GPU) == (
        "There is not enough GPU memory for training with a batch of 512; run it again with a batch of 300 "
        "or less or with device cpu."
    )
    assert "a smaller network." in too_much("training", 512, 0, MAIN)
    write_memory(tmp_path / "results" / "memory.json", "training", 512, 300)
    kept = json.loads((tmp_path / "results" / "memory.json").read_text())
    assert kept == {"stage": "training", "batch": 512, "fits": 300}
