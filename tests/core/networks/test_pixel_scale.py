import torch

from core.networks.initialisation import PIXEL_SCALE, initialise, scale_pixels
from core.networks.sizes import TINY
from core.networks.trunk import Trunk
from core.training.optimisation import set_learning_rate, sgd


def test_scaled_pixels_learn_what_divided_pixels_learn():
    trunks = Trunk(TINY, 0.0), Trunk(TINY, 0.0)
    for trunk in trunks:
        initialise(trunk, "kaiming", torch.Generator().manual_seed(0))
    ours, divided = trunks
    divided.conv1.weight.data *= PIXEL_SCALE
    scale_pixels(ours)
    pixels = PIXEL_SCALE * torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    for trunk, images in ((ours, pixels), (divided, pixels / PIXEL_SCALE)):
        optimizer = sgd(trunk, 0.9, 0.01)
        for _ in range(3):
            set_learning_rate(optimizer, 0.1)
            optimizer.zero_grad()
            (trunk(images)[1] - 1).square().mean().backward()
            optimizer.step()
    ours.conv1.weight.data *= PIXEL_SCALE
    for one, other in zip(ours.parameters(), divided.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)
    begun = Trunk(TINY, 0.0)
    initialise(begun, "kaiming", torch.Generator().manual_seed(0))
    moved = (ours.conv1.weight / PIXEL_SCALE - begun.conv1.weight).norm() / begun.conv1.weight.norm()
    assert moved > 0.01
