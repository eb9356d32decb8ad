"""Non-maximum suppression."""

import torch
from torch import Tensor

AT_ONCE = 128
"""Boxes of a class that are held against each other at once; of more, most fall to the first of them."""


def nms(boxes: Tensor, overlap: float) -> Tensor:
    """Which boxes no surer, kept box of the same class overlaps too much.

    Args:
        boxes: (..., N, 4) float pixels, class by class, the surest first; boxes that are equally sure count
            in the order given. Areas are `(x2 - x1) * (y2 - y1)`, which is what Fast R-CNN's + 1 gives for
            the corners of pixels that it stores.
        overlap: a box is dropped from this IoU on (`>=`, as in Fast R-CNN's `nms.pyx`).

    Returns:
        (..., N) bool.
    """
    if boxes.shape[-2] <= AT_ONCE:
        return _settled(boxes, overlap)
    classes = boxes.reshape(-1, *boxes.shape[-2:])
    return torch.stack([_by_blocks(each, overlap) for each in classes]).reshape(boxes.shape[:-1])


def _settled(boxes: Tensor, overlap: float) -> Tensor:
    """All boxes of all classes at once, (..., N, 4) → (..., N) bool.

    Each is dropped if a surer box that still stands suppresses it, until nothing changes. The surest is
    right after the first round, and every round settles at least the next, so this ends with the greedy
    answer.
    """
    falls_to = (pairwise_iou(boxes, boxes) >= overlap).tril(diagonal=-1).float()
    keep = torch.ones(*boxes.shape[:-1], 1, device=boxes.device)
    while True:
        still = (falls_to @ keep == 0).float()
        if torch.equal(still, keep):
            return keep[..., 0] > 0
        keep = still


def _by_blocks(boxes: Tensor, overlap: float) -> Tensor:
    """Many boxes of one class, (N, 4) → (N,) bool: the surest are settled, and those that fall to them go."""
    keep = torch.zeros(len(boxes), dtype=torch.bool, device=boxes.device)
    left = torch.arange(len(boxes), device=boxes.device)
    while len(left):
        block, left = left[:AT_ONCE], left[AT_ONCE:]
        kept = block[_settled(boxes[block], overlap)]
        keep[kept] = True
        left = left[~(pairwise_iou(boxes[kept], boxes[left]) >= overlap).any(dim=0)]
    return keep


def pairwise_iou(a: Tensor, b: Tensor) -> Tensor:
    """(..., N, 4) and (..., M, 4) boxes → (..., N, M) intersection over union; 0 where both are empty."""
    ax1, ay1, ax2, ay2 = a[..., :, None, :].unbind(-1)
    bx1, by1, bx2, by2 = (side.contiguous() for side in b[..., None, :, :].unbind(-1))
    width = (torch.minimum(ax2, bx2) - torch.maximum(ax1, bx1)).clamp_min_(0)
    height = (torch.minimum(ay2, by2) - torch.maximum(ay1, by1)).clamp_min_(0)
    shared = width.mul_(height)
    union = _areas(a)[..., :, None] + _areas(b)[..., None, :] - shared
    return torch.where(union > 0, shared / union.clamp_min(1e-12), 0.0)


def _areas(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).clamp_min(0).prod(dim=-1)
