"""The convolution of pixels, conv1, as a GPU does it fast."""

from torch import Tensor, nn
from torch.nn import functional

CHANNELS = 16
"""Of the blocks of pixels, zeros included: tensor cores of a GPU take multiples of eight."""


class PixelConvolution(nn.Conv2d):
    """A convolution with stride 2 of images with three channels.

    Tensor cores lie idle where there are three channels only. On a GPU it is therefore computed as a
    convolution with stride 1 of blocks of 2 × 2 pixels, the same products in another order: on an H200 in
    bfloat16 in 0.53 of the time, forward and backward (`docs/measurements.md`). Elsewhere it is torch's.
    """

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, C, h, w), as `torch.nn.Conv2d`."""
        return by_blocks(self, images) if images.is_cuda else super().forward(images)


def by_blocks(convolution: nn.Conv2d, images: Tensor) -> Tensor:
    """What a convolution with stride 2 makes of images, by blocks of 2 × 2 pixels.

    Args:
        convolution: of C channels, 4 C ≤ `CHANNELS`, into any number; its kernel's sides are odd.
        images: (N, C, H, W), any memory format.
    """
    assert not isinstance(convolution.padding, str)
    pad, (height, width) = convolution.padding[0], images.shape[2:]
    right, below = pad + (width + 2 * pad) % 2, pad + (height + 2 * pad) % 2
    blocks = _blocks(functional.pad(images, (pad, right, pad, below)))
    kernels = _blocks(functional.pad(convolution.weight, (0, 1, 0, 1)))
    return functional.conv2d(blocks, kernels, convolution.bias)


def _blocks(x: Tensor) -> Tensor:
    """(N, C, H, W) of even sides → (N, `CHANNELS`, H/2, W/2), channels last: blocks of 2 × 2, then zeros."""
    count, channels, height, width = x.shape
    split = x.reshape(count, channels, height // 2, 2, width // 2, 2).permute(0, 2, 4, 1, 3, 5)
    blocks = split.reshape(count, height // 2, width // 2, 4 * channels)
    return functional.pad(blocks, (0, CHANNELS - 4 * channels)).permute(0, 3, 1, 2)
