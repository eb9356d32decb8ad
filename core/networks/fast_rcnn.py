"""Fast R-CNN: the trunk over a whole image, RoI pooling in place of pool5, two heads on fc7."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.networks.initialisation import initialise_head
from core.networks.roi_pool import roi_max_pool
from core.networks.trunk import Trunk


class FastRCNN(nn.Module):
    """Scores the proposals of images as classes or background, and refines their corners by class.

    RoIs are pooled to the size of pool5 (6 × 6 for the paper's trunk), so fc6 and fc7 are taken over
    as they are. Class 0 is the background.

    Source: Girshick, ICCV 2015, Section 2; heads N(0, 0.01) and N(0, 0.001), biases 0.
    """

    def __init__(self, trunk: Trunk, classes: int, generator: torch.Generator) -> None:
        """Args: classes: object classes, without the background. generator: of the heads' weights (CPU)."""
        super().__init__()
        self.trunk, self.classes = trunk, classes
        self.cls_score = nn.Linear(trunk.network.fc, classes + 1)
        self.bbox_pred = nn.Linear(trunk.network.fc, 4 * (classes + 1))
        initialise_head(self.cls_score, 0.01, generator)
        initialise_head(self.bbox_pred, 0.001, generator)

    def forward(self, images: Tensor, rois: Tensor) -> tuple[Tensor, Tensor]:
        """Judge RoIs.

        Args:
            images: (N, 3, H, W) float32 from `normalise`.
            rois: (R, 5) float32 from `rois_of`; cut at the border of the images.

        Returns:
            Scores before the softmax, (R, classes + 1), and box deltas, (R, classes + 1, 4), both float32:
            under autocast the RoI pooling and the two heads, which decide the order of the scores, stay so.
        """
        maps = self.trunk.features(images).float()
        pooled = roi_max_pool(maps, _inside(rois, *images.shape[2:]), self.trunk.network.pool5_size)
        _, fc7 = self.trunk.fully_connected(pooled)
        with torch.autocast(fc7.device.type, enabled=False):
            fc7 = fc7.float()
            return self.cls_score(fc7), self.bbox_pred(fc7).unflatten(1, (self.classes + 1, 4))

    def freeze(self, layers: int) -> None:
        """Keep conv1 … conv`layers` (0 … 5) as they are in training."""
        for number in range(1, layers + 1):
            for parameter in getattr(self.trunk, f"conv{number}").parameters():
                parameter.requires_grad_(False)


def _inside(rois: Tensor, height: int, width: int) -> Tensor:
    """RoIs cut at the border of images; proposals of another program may lie anywhere."""
    image, x1, y1, x2, y2 = rois.unbind(1)
    x1, x2 = x1.clamp(0, width), x2.clamp(0, width)
    return torch.stack([image, x1, y1.clamp(0, height), x2, y2.clamp(0, height)], dim=1)


def rois_of(boxes: Sequence[Tensor], scales: Sequence[float | Tensor]) -> Tensor:
    """RoIs of the images of a batch, as `roi_max_pool` takes them.

    This is where our boxes become Fast R-CNN's: their last pixel is inside, and they are scaled
    together with the image after that.

    Args:
        boxes: for each image (R, 4) float32, in pixels of the image before it was resized.
        scales: for each image the factor by which it was resized, or a tensor of it.

    Returns:
        (R1 + R2 + …, 5) float32.
    """
    rois = []
    for number, (each, scale) in enumerate(zip(boxes, scales, strict=True)):
        inclusive = each - each.new_tensor([0, 0, 1, 1])
        rois.append(torch.cat([each.new_full((each.shape[0], 1), number), inclusive * scale], dim=1))
    return torch.cat(rois)
