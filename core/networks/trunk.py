"""The convolutional stack that is kept: conv1 … fc7."""

import functools

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.networks.normalisation import LocalResponseNorm
from core.networks.pixel_convolution import PixelConvolution
from core.networks.sizes import Network

MEAN_RGB = (122.7717, 115.9465, 102.9801)
"""Fast R-CNN's pixel means (its PIXEL_MEANS is BGR) on the scale [0, 255]."""


class Trunk(nn.Module):
    """C(7,96,2)-RL-P(3,2)-N-C(5,384,2)-RL-P(3,2)-N-C(3,512,1)-RL-C(3,512,1)-RL-C(3,384,1)-RL-P(3,2)-FC-RL-FC-RL.

    80,244,352 parameters at paper size, whose maps are 111-55-27-13-13-13-13-6 wide for an input of
    227. Weights are uninitialised by intent until `initialise` or `load_trunk` sets them.

    Source: the paper, Section 3. It gives no padding, input size, pooling mode, constants of N or
    dropout; ours are conv1 pad 0, conv2 pad 1, input 227, ceil-mode pooling and CNN-M's constants. Dropout
    on fc6 and fc7 is what the settings say: 0.5 in fine-tuning by Fast R-CNN's schedules, else none.
    """

    def __init__(self, network: Network, dropout: float = 0.5) -> None:
        super().__init__()
        self.network, self.dropout = network, dropout
        c1, c2, c3, c4, c5 = network.widths
        self.conv1 = PixelConvolution(3, c1, 7, stride=2, padding=network.pads[0])
        self.norm1 = LocalResponseNorm(c1)
        self.conv2 = nn.Conv2d(c1, c2, 5, stride=2, padding=network.pads[1])
        self.norm2 = LocalResponseNorm(c2)
        self.conv3 = nn.Conv2d(c2, c3, 3, padding=1)
        self.conv4 = nn.Conv2d(c3, c4, 3, padding=1)
        self.conv5 = nn.Conv2d(c4, c5, 3, padding=1)
        self.fc6 = nn.Linear(network.fc6_inputs, network.fc)
        self.fc7 = nn.Linear(network.fc, network.fc)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The features of whole patches.

        Args:
            images: (N, 3, S, S) float32 from `normalise`, S the network's `input_size`.

        Returns:
            fc6 and fc7, each (N, fc), after ReLU and, in training, dropout.
        """
        return self.fully_connected(self.pool5(self.features(images)))

    def features(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) from `normalise` → the conv5 map (N, C, h, w), stride 16, before pool5."""
        # Max pooling and ReLU commute; pooling first leaves ReLU a quarter of the work.
        x = self.norm1(functional.relu(pool(self.conv1(images)), inplace=True))
        x = self.norm2(functional.relu(pool(self.conv2(x)), inplace=True))
        x = functional.relu(self.conv3(x), inplace=True)
        x = functional.relu(self.conv4(x), inplace=True)
        return functional.relu(self.conv5(x), inplace=True)

    def pool5(self, maps: Tensor) -> Tensor:
        """(N, C, h, w) conv5 map of whole patches → (N, C, p, p), p the network's `pool5_size`."""
        return pool(maps)

    def fully_connected(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, p, p) from `pool5` or from RoI pooling → fc6 and fc7, each (N, fc)."""
        fc6 = functional.dropout(functional.relu(self.fc6(pooled.flatten(1))), self.dropout, self.training)
        fc7 = functional.dropout(functional.relu(self.fc7(fc6)), self.dropout, self.training)
        return fc6, fc7


def pool(x: Tensor) -> Tensor:
    """P(3, 2) as Caffe pools: rounded up."""
    return functional.max_pool2d(x, 3, stride=2, ceil_mode=True)


def normalise(images: Tensor) -> Tensor:
    """Pixels as the trunk takes them: float32 minus the mean, on the scale [0, 255].

    Args:
        images: (N, 3, H, W) uint8 or float, RGB, any memory format, on any device.

    Returns:
        (N, 3, H, W) float32 of the same memory format and device.

    Caffe's networks take BGR; ours take RGB, with the same means reordered. Weights of a Caffe
    network need their conv1 channels in reverse order.
    """
    return images.float() - _mean(images.device)


@functools.cache
def _mean(device: torch.device) -> Tensor:
    """(3, 1, 1) float32; sent to a device once, as the host waits for that."""
    return torch.tensor(MEAN_RGB, device=device)[:, None, None]
