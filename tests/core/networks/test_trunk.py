import pytest
import torch

from core.networks.initialisation import INITIALISATIONS, initialise
from core.networks.normalisation import LocalResponseNorm
from core.networks.sizes import NETWORKS, PAPER, SMALL, TINY
from core.networks.trunk import Trunk, normalise, pool
from tests.devices import DEVICES


def parameters(trunk):
    return sum(parameter.numel() for parameter in trunk.parameters())


def test_the_paper_trunk_has_its_parameters_and_sizes():
    with torch.device("meta"):
        trunk = Trunk(PAPER)
        assert parameters(trunk) == 80_244_352
        sizes = []
        x = torch.empty(1, 3, 227, 227)
        for step in (trunk.conv1, pool, trunk.conv2, pool, trunk.conv3, trunk.conv4, trunk.conv5, pool):
            x = step(x)
            sizes.append(x.shape[-1])
    assert sizes == [111, 55, 27, 13, 13, 13, 13, 6]
    assert PAPER.fc6_inputs == 13_824


@pytest.mark.parametrize("shape", [SMALL, TINY], ids=lambda shape: shape.name)
def test_smaller_trunks_share_the_topology(shape):
    trunk = Trunk(shape)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    images = torch.randn(2, 3, shape.input_size, shape.input_size)
    maps = trunk.features(images)
    assert maps.shape == (2, shape.widths[4], *[shape.map_size(shape.input_size)] * 2)
    pooled = trunk.pool5(maps)
    assert pooled.shape[1:] == (shape.widths[4], shape.pool5_size, shape.pool5_size)
    fc6, fc7 = trunk(images)
    assert fc6.shape == fc7.shape == (2, shape.fc)


def test_an_image_of_any_size_gives_a_map_of_stride_16():
    trunk = Trunk(TINY)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    maps = trunk.features(torch.randn(1, 3, 120, 161))
    assert maps.shape[2:] == (TINY.map_size(120), TINY.map_size(161)) == (7, 10)


@pytest.mark.parametrize("device", DEVICES)
def test_the_norm_is_torchs_forward_and_backward(device):
    reference = torch.nn.LocalResponseNorm(5, 5e-4, 0.75, 2)
    for channels in (1, 3, 24):
        x = (torch.randn(2, channels, 5, 4) * 80).requires_grad_()
        other = x.detach().clone().requires_grad_()
        gradient = torch.randn_like(x)
        y, expected = LocalResponseNorm(channels).to(device)(x.to(device)).cpu(), reference(other)
        y.backward(gradient)
        expected.backward(gradient)
        torch.testing.assert_close(y, expected, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(x.grad, other.grad, rtol=1e-4, atol=1e-5)


def test_the_norm_stays_float32_inside_under_autocast():
    x = torch.full((1, 5, 2, 2), 300.0, dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        y = LocalResponseNorm(5)(x)
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y, LocalResponseNorm(5)(x.float()).bfloat16())


def test_a_trunk_computes_in_float64_for_numerical_checks():
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)).double() * 60
    trunk = Trunk(TINY, dropout=0.0)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    single = trunk(x.float())[1]
    double = trunk.double()(x)[1]
    assert double.dtype == torch.float64
    torch.testing.assert_close(double.float(), single, rtol=1e-4, atol=1e-4)
    y = (torch.rand(1, 7, 2, 2, generator=torch.Generator().manual_seed(2)).double() * 80).requires_grad_()
    assert torch.autograd.gradcheck(LocalResponseNorm(7).double(), y)
    expected = torch.nn.LocalResponseNorm(5, 5e-4, 0.75, 2)(y)
    torch.testing.assert_close(LocalResponseNorm(7)(y), expected, rtol=1e-12, atol=1e-12)


def test_normalise_subtracts_the_mean_per_channel_and_keeps_channels_last():
    images = torch.full((2, 4, 4, 3), 200, dtype=torch.uint8).permute(0, 3, 1, 2)
    pixels = normalise(images)
    assert pixels.dtype == torch.float32
    assert pixels.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(pixels[1, :, 2, 3], 200 - torch.tensor([122.7717, 115.9465, 102.9801]))


def test_dropout_acts_in_training_only():
    trunk = Trunk(TINY)
    initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    images = torch.randn(1, 3, 64, 64) * 60
    trunk.eval()
    assert torch.equal(trunk(images)[1], trunk(images)[1])
    trunk.train()
    assert not torch.equal(trunk(images)[1], trunk(images)[1])


@pytest.mark.parametrize("how", INITIALISATIONS)
def test_initialisation_is_repeatable_and_alive(how):
    images = torch.randn(8, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 64
    trunks = [Trunk(TINY).eval(), Trunk(TINY).eval()]
    for trunk in trunks:
        initialise(trunk, how, torch.Generator().manual_seed(0), images)
    for a, b in zip(trunks[0].parameters(), trunks[1].parameters(), strict=True):
        assert torch.equal(a, b)
    assert trunks[0](images)[1].std() > 0


def test_calibration_gives_every_channel_mean_0_and_variance_1():
    trunk = Trunk(TINY).eval()
    images = torch.randn(16, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 64
    initialise(trunk, "calibrated", torch.Generator().manual_seed(0), images)
    response = trunk.conv1(images)
    torch.testing.assert_close(response.mean((0, 2, 3)), torch.zeros(24), atol=1e-3, rtol=0)
    torch.testing.assert_close(response.std((0, 2, 3)), torch.ones(24), atol=1e-3, rtol=0)
    fc6, _ = trunk(images)
    response = trunk.fc7(fc6)
    torch.testing.assert_close(response.std(0), torch.ones(256), atol=1e-2, rtol=0)


def test_shapes_are_listed_by_name():
    assert list(NETWORKS) == ["paper", "small", "tiny"]
