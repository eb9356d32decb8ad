import pytest
import torch

from core.networks.pixel_convolution import PixelConvolution, by_blocks
from tests.devices import DEVICES


@pytest.mark.parametrize(("height", "width"), [(227, 227), (64, 65), (33, 40)])
@pytest.mark.parametrize("pad", [0, 2, 3])
@pytest.mark.parametrize("device", DEVICES)
def test_by_blocks_it_is_the_convolution_of_torch_gradients_included(height, width, pad, device):
    torch.manual_seed(height)
    convolution = PixelConvolution(3, 8, 7, stride=2, padding=pad).to(device, torch.float64)
    images = torch.randn(2, 3, height, width, dtype=torch.float64, device=device, requires_grad=True)
    expected = torch.nn.functional.conv2d(images, convolution.weight, convolution.bias, 2, pad)
    found = by_blocks(convolution, images)
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)
    weights = torch.randn_like(expected)
    inputs = (images, convolution.weight, convolution.bias)
    wanted = torch.autograd.grad((expected * weights).sum(), inputs)
    for gradient, one in zip(torch.autograd.grad((found * weights).sum(), inputs), wanted, strict=True):
        torch.testing.assert_close(gradient, one, rtol=1e-11, atol=1e-11)


def test_on_a_cpu_it_is_torchs_to_the_last_bit():
    convolution = PixelConvolution(3, 8, 7, stride=2)
    images = torch.randn(2, 3, 33, 40)
    assert torch.equal(convolution(images), torch.nn.Conv2d.forward(convolution, images))
