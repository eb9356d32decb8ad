"""Find objects in an image with a trained detector, by the rules of Fast R-CNN's `test.py`.

Images are seen at one scale. Several scales augment the training alone: the paper's rows *SA say no more.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.detection.images import resized, scale_of, stacked
from core.detection.nms import nms
from core.networks.fast_rcnn import FastRCNN, rois_of
from core.networks.roi_pool import corner_cells
from core.networks.sizes import ImageSize
from core.training.device import mixed_precision

LARGEST_RATIO = 10.0  # e^10: a delta beyond it is no box


@dataclass(frozen=True)
class Detected:
    """Detections of one class in one image.

    Attributes:
        scores: (K,) float32, 0..1, the surest first.
        boxes: (K, 4) float32 pixels of the image.
        candidates: (C,) float32, the scores before non-maximum suppression.
    """

    scores: np.ndarray
    boxes: np.ndarray
    candidates: np.ndarray


@torch.inference_mode()
def detect(
    net: FastRCNN,
    image: np.ndarray,
    proposals: np.ndarray,
    size: ImageSize,
    device: torch.device,
    *,
    overlap: float = 0.3,
    cap: int = 100,
    amp: bool = False,
) -> list[Detected]:
    """Detections of every class in an image, at one scale, whatever scales the net was trained on.

    Args:
        net: on the device, its deltas no longer normalised; put into evaluation mode.
        image: (H, W, 3) uint8, RGB.
        proposals: (P, 4) float32 pixels of the image.
        size: what the image is brought to.
        overlap: IoU from which a surer detection suppresses another.
        cap: candidates of a class, at most; the surest.
        amp: compute in bfloat16 on a GPU where it is safe.

    Returns:
        One for each class, without the background.
    """
    net.eval()
    scores, boxes = judge(net, image, proposals, size, device, amp)
    # All classes together, and then to the CPU once: a GPU would be waited for class by class.
    best = scores[:, 1:].argsort(dim=0, descending=True, stable=True)[:cap]
    candidates = scores[:, 1:].gather(0, best).T.cpu()
    corners = boxes[:, 1:].gather(0, best[..., None].expand(-1, -1, 4)).transpose(0, 1).cpu()
    found = []
    for surest_first, places in zip(candidates, corners, strict=True):
        kept = nms(places, surest_first, overlap)
        found.append(Detected(surest_first[kept].numpy(), places[kept].numpy(), surest_first.numpy()))
    return found


def judge(
    net: FastRCNN,
    image: np.ndarray,
    proposals: np.ndarray,
    size: ImageSize,
    device: torch.device,
    amp: bool = False,
) -> tuple[Tensor, Tensor]:
    """Every proposal as every class.

    Proposals that fall on the same cells of the map are pooled once; each then moves its own corners
    (in Fast R-CNN all take those of one of them).

    Returns:
        (P, classes + 1) probabilities and (P, classes + 1, 4) boxes, cut at the border of the image.
    """
    height, width = image.shape[:2]
    if len(proposals) == 0:
        return torch.zeros(0, net.classes + 1), torch.zeros(0, net.classes + 1, 4)
    scale = scale_of(width, height, size.short_side, size.long_side)
    boxes = torch.from_numpy(proposals).to(device)
    rois = rois_of([boxes], [scale])
    _, group = torch.unique(corner_cells(rois), dim=0, return_inverse=True)
    first = torch.full((int(group.max()) + 1,), len(group), device=device)
    first.scatter_reduce_(0, group, torch.arange(len(group), device=device), "amin")
    with mixed_precision(device, amp):
        scores, deltas = net(stacked([resized(image, scale, device)]), rois[first])
    return scores.softmax(dim=1)[group], decode(boxes, deltas[group], width, height)


def decode(boxes: Tensor, deltas: Tensor, width: int, height: int) -> Tensor:
    """Boxes moved by deltas (the inverse of `encode` in `targets.py`) and cut at the border of the image.

    Args:
        boxes: (P, 4) float32 pixels.
        deltas: (P, K, 4).

    Returns:
        (P, K, 4) float32 pixels.
    """
    limit = boxes.new_tensor([width, height]).repeat(2)
    return moved(boxes, deltas).clamp_min(0).minimum(limit)


def moved(boxes: Tensor, deltas: Tensor) -> Tensor:
    """Boxes moved by deltas, as `decode`, but not cut."""
    size = (boxes[:, 2:] - boxes[:, :2])[:, None]
    centre = boxes[:, None, :2] + size / 2 + deltas[..., :2] * size
    half = size * deltas[..., 2:].clamp_max(LARGEST_RATIO).exp() / 2
    return torch.cat([centre - half, centre + half], dim=2)


def surest(found: list[Detected], count: int) -> float:
    """The score that the `count` surest candidates of a class, over all images, do not fall below.

    Non-maximum suppression of boxes above a score does not depend on those below, so cutting at this
    score afterwards is what Fast R-CNN does before.
    """
    scores = np.concatenate([each.candidates for each in found]) if found else np.zeros(0)
    return float(np.partition(scores, -count)[-count]) if len(scores) > count else -np.inf
