"""A detector as other programs take it: an image and boxes in, probabilities and moved boxes out."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.export import Dim

from core.detection.detector_file import FILE, Detector
from core.detection.predict import moved
from core.networks.fast_rcnn import FastRCNN, rois_of
from core.networks.portable import PIXELS, Pixels, Portable
from core.networks.roi_pool import LARGEST_EXPORTED_MAP
from core.networks.sizes import STRIDE

SMALLEST_SIDE = 64
LARGEST_SIDE = LARGEST_EXPORTED_MAP * STRIDE


class PixelDetector(nn.Module):
    """The detector, as `portable_detector` words its inputs and outputs."""

    def __init__(self, net: FastRCNN) -> None:
        super().__init__()
        self.pixels, self.net = Pixels(), net

    def forward(self, image: Tensor, boxes: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        scores, deltas = self.net(self.pixels(image), rois_of([boxes], [scale]))
        return scores.softmax(dim=1), moved(boxes, deltas)


def portable_detector(detector: Detector, header: Mapping[str, str]) -> Portable:
    """A detector, for an image of any size and any number of boxes.

    Args:
        detector: on the CPU.
        header: of its file.
    """
    size, classes = detector.size, len(detector.classes) + 1

    def draw(count: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        height, width = (SMALLEST_SIDE + 37 * count + extra for extra in (0, 16))
        image = torch.rand(1, 3, height, width, generator=generator) * 255
        scale = torch.tensor([0.5 + count % 3])
        corners = torch.rand(2, 5 * count, 2, generator=generator) * torch.tensor([width, height]) / scale
        return image, torch.cat([corners.amin(0), corners.amax(0)], dim=1), scale

    sides = {2: "height", 3: "width"}
    return Portable(
        kind="detector",
        network=detector.net.trunk.network.name,
        tensors=detector.net.state_dict(),
        file=FILE,
        header=header,
        net=PixelDetector(detector.net).eval(),
        inputs={
            "image": f"(1, 3, H, W) {PIXELS}, resized to a short side of {size.short_side} pixels but a long "
            f"side of at most {size.long_side}; H and W from {SMALLEST_SIDE} to {LARGEST_SIDE}",
            "boxes": "(R, 4) float32, x1, y1, x2, y2 in pixels of the image before it was resized",
            "scale": "(1,) float32, by how much it was resized",
        },
        outputs={
            "probabilities": f"(R, {classes}) float32; class 0 is the background, then the classes in order",
            "moved": f"(R, {classes}, 4) float32, each box as each class, in pixels of the image before it "
            "was resized; not cut at its border, overlapping ones not suppressed",
        },
        dynamic={
            "image": {axis: Dim(name, min=SMALLEST_SIDE, max=LARGEST_SIDE) for axis, name in sides.items()},
            "boxes": {0: Dim("R", min=1)},
            "scale": {},
        },
        draw=draw,
    )
