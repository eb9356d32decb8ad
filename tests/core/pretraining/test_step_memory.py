import json

import pytest
import torch

from core.errors import StudioError
from core.networks.initialisation import initialise
from core.networks.sizes import SMALL, TINY
from core.networks.trunk import Trunk, normalise
from core.pretraining.config import PretrainConfig
from core.pretraining.objectives import Association
from core.pretraining.step_memory import StepMemory, rough_need, step_forecast
from core.training.memory import bytes_alive, stage

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def objective():
    trunk = Trunk(TINY, dropout=0.5)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    return Association(trunk, "abs", torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def need(objective):
    return step_forecast(objective, 2, PretrainConfig(), on_gpu=False)


def test_a_forecast_is_what_a_large_step_takes_and_changes_nothing(objective):
    weights = {name: value.clone() for name, value in objective.state_dict().items()}
    torch.manual_seed(3)
    state = torch.get_rng_state()
    found = step_forecast(objective, 2, PretrainConfig(), on_gpu=False)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, weights[name]) for name, value in objective.state_dict().items())
    assert all(parameter.grad is None for parameter in objective.parameters())

    def step():
        patches = torch.zeros((2 * 40, 3, 64, 64), dtype=torch.uint8)
        objective(normalise(patches), torch.zeros(40, dtype=torch.int64)).loss.backward()

    momenta = sum(parameter.nbytes for parameter in objective.parameters())
    taken = bytes_alive(step).max() + momenta
    objective.zero_grad(set_to_none=True)
    assert found.peak(40) == pytest.approx(taken, rel=0.05)


@pytest.mark.parametrize("network", [TINY, SMALL])
def test_the_rough_need_is_more_than_the_need(network):
    trunk = Trunk(network, dropout=0.0)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    objective = Association(trunk, "abs", torch.Generator().manual_seed(0))
    found = step_forecast(objective, 2, PretrainConfig(), on_gpu=False)
    for batch in (1, 64, 1000):
        assert rough_need(objective, 2, batch) > found.peak(batch)


def told(need, free, config, rough=1e15):
    return StepMemory(rough, lambda: need, free, config, CPU)


def test_where_there_is_ample_room_nothing_is_tried(tmp_path):
    memory = StepMemory(25.0, lambda: pytest.fail("looked"), 100, PretrainConfig(), CPU)
    assert not memory.shortage(tmp_path)


def test_half_the_precision_takes_less(objective, need):
    half = step_forecast(objective, 2, PretrainConfig(), on_gpu=True)
    assert 0.4 < half.peak(64) / need.peak(64) < 0.9


def test_a_batch_that_fits_is_offered_where_the_one_asked_for_does_not(tmp_path, need):
    free = int(need.peak(48))
    enough = told(need, free, PretrainConfig(batch=48))
    assert not enough.shortage(tmp_path)
    assert not (tmp_path / "results").exists()
    short = told(need, free, PretrainConfig(batch=64))
    said = short.shortage(tmp_path)
    assert short.fits == 48
    assert "for a step of training with a batch of 64; run it again with a batch of 48 or less." in said
    kept = json.loads((tmp_path / "results" / "memory.json").read_text())
    assert kept == {"stage": "a step of training", "batch": 64, "fits": 48}
    shared = told(need, int(need.peak(32)), PretrainConfig(batch=64, processes=2))
    assert not shared.shortage(tmp_path)
    assert shared.fits == 64
    assert not told(need, None, PretrainConfig()).shortage(tmp_path)


@pytest.mark.parametrize(("free", "offered"), [(None, 48), (48, 48), (20, 20), (0, 0)])
def test_memory_that_runs_out_all_the_same_is_a_sentence_with_a_smaller_batch(tmp_path, need, free, offered):
    bytes_free = None if free is None else int(need.peak(free)) if free else 1
    memory = told(need, bytes_free, PretrainConfig(batch=64))
    said = "for measuring on clips with a batch of 64"
    with (
        pytest.raises(StudioError, match=said),
        memory.in_a_sentence(tmp_path),
        stage("measuring on clips"),
    ):
        torch.empty(1 << 60, dtype=torch.uint8)
    assert json.loads((tmp_path / "results" / "memory.json").read_text())["fits"] == offered
