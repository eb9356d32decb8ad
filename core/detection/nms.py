"""Non-maximum suppression."""

import torch
from torch import Tensor


def nms(boxes: Tensor, scores: Tensor, overlap: float) -> Tensor:
    """The boxes that no surer, kept box overlaps too much. Equal scores count in the order given.

    Args:
        boxes: (N, 4) float pixels. Areas are `(x2 - x1) * (y2 - y1)`, which is what Fast R-CNN's + 1
            gives for the corners of pixels that it stores.
        scores: (N,) float.
        overlap: a box is dropped from this IoU on (`>=`, as in Fast R-CNN's `nms.pyx`).

    Returns:
        (K,) int64 into boxes, the surest first.
    """
    order = scores.argsort(descending=True, stable=True)
    return order[standing(boxes[order], overlap)]


def standing(boxes: Tensor, overlap: float) -> Tensor:
    """Which boxes no surer, kept box of the same class overlaps too much.

    They are settled for all of them at once: each is dropped if a surer box that still stands suppresses
    it, until nothing changes. The surest is right after the first round, and every round settles at least
    the next, so this ends with the greedy answer.

    Args:
        boxes: (..., N, 4), class by class, the surest first.

    Returns:
        (..., N) bool.
    """
    suppresses = (pairwise_iou(boxes, boxes) >= overlap).triu(diagonal=1)
    keep = torch.ones(boxes.shape[:-1], dtype=torch.bool, device=boxes.device)
    while True:
        still = ~(suppresses & keep[..., None]).any(dim=-2)
        if torch.equal(still, keep):
            return keep
        keep = still


def pairwise_iou(a: Tensor, b: Tensor) -> Tensor:
    """(..., N, 4) and (..., M, 4) boxes → (..., N, M) intersection over union; 0 where both are empty."""
    corner = torch.maximum(a[..., :, None, :2], b[..., None, :, :2])
    sides = (torch.minimum(a[..., :, None, 2:], b[..., None, :, 2:]) - corner).clamp_min(0)
    shared = sides.prod(dim=-1)
    union = _areas(a)[..., :, None] + _areas(b)[..., None, :] - shared
    return torch.where(union > 0, shared / union.clamp_min(1e-12), 0.0)


def _areas(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).clamp_min(0).prod(dim=-1)
