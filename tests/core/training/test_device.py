import os

import pytest
import torch

from core.errors import StudioError
from core.networks.initialisation import initialise
from core.networks.sizes import TINY
from core.networks.trunk import Trunk
from core.training.device import choose_device, compile_for_gpu, mixed_precision, prepare
from core.training.group import device_of
from core.usable_cores import usable_cores
from tests.devices import DEVICES


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_is_the_one_that_was_named(device):
    assert choose_device(device).type == device


@pytest.mark.parametrize("device", DEVICES)
def test_a_process_computes_on_the_device_that_was_named(device):
    assert device_of(choose_device(device)).type == device


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("on_gpu", "on_cpu"), [(True, False), (False, True), (False, False)])
def test_half_precision_is_taken_only_on_the_device_that_it_is_wanted_on(device, on_gpu, on_cpu):
    with mixed_precision(torch.device(device), on_gpu, on_cpu):
        product = torch.ones(2, 2, device=device) @ torch.ones(2, 2, device=device)
    wanted = on_gpu if device == "cuda" else on_cpu
    assert product.dtype == (torch.bfloat16 if wanted else torch.float32)


def test_auto_is_the_gpu_where_there_is_one():
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_a_sentence():
    with pytest.raises(StudioError, match="choose device cpu or auto"):
        choose_device("cuda")


def test_a_seed_decides_torch_s_random_numbers():
    prepare(3)
    first = torch.rand(4)
    prepare(3)
    assert torch.equal(first, torch.rand(4))
    prepare(4)
    assert not torch.equal(first, torch.rand(4))


@pytest.fixture
def restored():
    """Puts torch's backends and threads back as they were."""
    cudnn, matmul, threads = torch.backends.cudnn, torch.backends.cuda.matmul, torch.get_num_threads()
    kept = cudnn.deterministic, cudnn.benchmark, cudnn.conv.fp32_precision, matmul.fp32_precision
    yield
    cudnn.deterministic, cudnn.benchmark, cudnn.conv.fp32_precision, matmul.fp32_precision = kept
    torch.set_num_threads(threads)


def test_runs_repeat_and_precision_is_chosen_whatever_was_set_before(restored):
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    cudnn.deterministic, cudnn.benchmark = False, True
    cudnn.conv.fp32_precision, matmul.fp32_precision = "ieee", "tf32"
    prepare(0)
    assert (cudnn.deterministic, cudnn.benchmark) == (True, False)
    assert (cudnn.conv.fp32_precision, matmul.fp32_precision) == ("tf32", "ieee")
    prepare(0, deterministic=False)
    assert (cudnn.deterministic, cudnn.benchmark) == (False, True)
    assert (cudnn.conv.fp32_precision, matmul.fp32_precision) == ("tf32", "ieee")


def test_all_cores_that_may_be_used_are_used_unless_the_environment_says_how_many(restored, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    torch.set_num_threads(7)
    prepare(0)
    assert torch.get_num_threads() == usable_cores()
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    torch.set_num_threads(7)
    prepare(0)
    assert torch.get_num_threads() == 7


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system binds no process to cores")
def test_cores_that_are_denied_are_not_counted():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, list(allowed)[:1])
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert usable_cores() == len(allowed)


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch's own compiler
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU that torch can use")
def test_a_compiled_network_has_the_same_parameters_and_gives_the_same_but_for_rounding(restored):
    prepare(0, deterministic=False)
    trunk = Trunk(TINY, dropout=0.0).to("cuda")
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    images = torch.rand(4, 3, TINY.input_size, TINY.input_size, device="cuda")
    (expected, _), names = trunk(images), list(trunk.state_dict())
    expected.sum().backward()
    gradient, trunk.conv1.weight.grad = trunk.conv1.weight.grad, None
    compile_for_gpu(trunk)
    found, _ = trunk(images)
    found.sum().backward()
    assert list(trunk.state_dict()) == names
    torch.testing.assert_close(found, expected, rtol=1e-2, atol=1e-3 * float(expected.abs().max()))
    largest = float(gradient.abs().max())
    torch.testing.assert_close(trunk.conv1.weight.grad, gradient, rtol=2e-2, atol=1e-2 * largest)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_that_it_knows_compiling_is_refused_in_a_sentence():
    with pytest.raises(StudioError, match="set compiled to false"):
        compile_for_gpu(torch.nn.Linear(1, 1))
