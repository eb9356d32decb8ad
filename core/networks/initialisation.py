"""How a trunk's weights start."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.networks.trunk import Trunk, pool

INITIALISATIONS = ("caffe", "kaiming", "xavier", "calibrated")

LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7")

PIXEL_SCALE = 64.0
"""Standard deviation of mean-subtracted pixels of photographs, about."""


@torch.no_grad()
def initialise(trunk: Trunk, how: str, generator: torch.Generator, images: Tensor | None = None) -> None:
    """Set every weight and bias of a trunk.

    Args:
        trunk: changed in place.
        how: `caffe`: N(0, 0.01) in convolutions, N(0, 0.005) in fc6 and fc7, biases 1 in conv2, conv4,
            conv5, fc6 and fc7 (CaffeNet's fillers). `kaiming`: N(0, 2/inputs), conv1 divided by the
            scale of its pixels so that all activations are near 1. `xavier`: uniform, ±√(3/inputs)
            (Caffe's). `calibrated`: kaiming, then on `images` every channel before its ReLU is
            shifted and scaled to mean 0 and variance 1, layer by layer.
        generator: where the random numbers come from (CPU).
        images: (N, 3, S, S) from `normalise`, on the trunk's device; needed by `calibrated` only.

    The paper does not say how its networks start. Sources: BVLC CaffeNet; He et al., ICCV 2015;
    Krähenbühl et al., ICLR 2016, Section 3.1 (its within-layer step only).
    """
    for name in LAYERS:
        layer = getattr(trunk, name)
        weight = torch.empty(layer.weight.shape)
        bias = torch.zeros(layer.bias.shape)
        inputs = weight[0].numel()
        if how == "caffe":
            weight.normal_(0, 0.01 if name.startswith("conv") else 0.005, generator=generator)
            bias.fill_(0.0 if name in ("conv1", "conv3") else 1.0)
        elif how == "xavier":
            bound = (3 / inputs) ** 0.5
            weight.uniform_(-bound, bound, generator=generator)
        elif how in ("kaiming", "calibrated"):
            weight.normal_(0, (2 / inputs) ** 0.5, generator=generator)
            if name == "conv1":
                weight /= PIXEL_SCALE
        else:
            raise ValueError(f"no initialisation {how!r}")
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    if how == "calibrated":
        if images is None:
            raise ValueError("calibrated initialisation needs images")
        calibrate(trunk, images)


@torch.no_grad()
def calibrate(trunk: Trunk, images: Tensor) -> None:
    """Walk forward; before each ReLU bring every channel to mean 0 and variance 1 over the images.

    For a random start, or for one that was pretrained and is to be fine-tuned.

    Args:
        trunk: changed in place.
        images: (N, 3, S, S) from `normalise`, on the trunk's device.

    Source: Krähenbühl et al., ICLR 2016, Section 3.1 (its within-layer step only).
    """
    between = {
        "conv1": lambda x: trunk.norm1(pool(x)),
        "conv2": lambda x: trunk.norm2(pool(x)),
        "conv5": lambda x: trunk.pool5(x).flatten(1),
    }
    x = images
    for name in LAYERS:
        layer = getattr(trunk, name)
        response = layer(x)
        over = [axis for axis in range(response.dim()) if axis != 1]
        deviation = response.std(over).clamp_min(1e-5)
        layer.weight /= deviation.reshape([-1] + [1] * (layer.weight.dim() - 1))
        layer.bias.copy_((layer.bias - response.mean(over)) / deviation)
        x = functional.relu(layer(x))
        if name in between:
            x = between[name](x)


def scale_pixels(trunk: Trunk) -> None:
    """Let conv1 learn as if the trunk's pixels were divided by `PIXEL_SCALE`; beyond the paper.

    Pixels are some 64 times as large as all other activations, so weights of conv1 that give activations near
    1 are 64 times smaller and their gradient is 64 times larger: one step changes them 4,096 times as much,
    set against their size, as with pixels near 1. They outgrow all others and, where gradients are cut to a
    length, leave the other layers next to nothing of it. Here their gradient is divided by 4,096, which is
    what steps on pixels so divided come to. Call it once, with the trunk on its device.
    """
    trunk.conv1.weight.register_hook(lambda gradient: gradient / PIXEL_SCALE**2)


def initialise_head(layer: nn.Linear, deviation: float, generator: torch.Generator) -> None:
    """A classifier's start: weights N(0, deviation²), biases 0, as Caffe's and Fast R-CNN's heads."""
    with torch.no_grad():
        layer.weight.copy_(torch.empty(layer.weight.shape).normal_(0, deviation, generator=generator))
        layer.bias.zero_()
