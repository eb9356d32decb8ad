"""What pretraining minimises, as functions of features."""

import torch
from torch import Tensor
from torch.nn import functional


def association_loss(logits: Tensor, same: Tensor) -> Tensor:
    """Softmax cross entropy of pairs.

    Args:
        logits: (N, 2), for other and same.
        same: (N,) int64, 1 for a positive pair.

    Source: the paper, Section 3 ("trained to classify whether or not the input images belong to the
    same object or point trajectory").
    """
    return functional.cross_entropy(logits.float(), same)


def triplet_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """How far the Euclidean distance to the positive misses being smaller than to the negative by a margin.

    Args:
        anchor, positive, negative: (N, D) features (fc7).
        margin: in units of the features; the paper gives no value.

    Source: the paper, Section 4, baseline 3 (SlowFeat).
    """
    return functional.relu(distance(anchor, positive) - distance(anchor, negative) + margin).mean()


def contrastive_loss(first: Tensor, second: Tensor, same: Tensor, margin: float) -> Tensor:
    """d for positive pairs, max(0, margin - d) for negative ones, averaged; d the Euclidean distance.

    Args:
        first, second: (N, D) features (fc7).
        same: (N,) int64, 1 for a positive pair.

    Source: Mobahi, Collobert and Weston, ICML 2009, which the paper names as what SlowFeat improves
    on; they take the L1 norm, we take SlowFeat's.
    """
    d = distance(first, second)
    return torch.where(same.bool(), d, functional.relu(margin - d)).mean()


def distance(a: Tensor, b: Tensor) -> Tensor:
    """(N, D) and (N, D) → (N,) Euclidean distances, float32; differentiable where they are 0."""
    return (a.float() - b.float()).square().sum(dim=1).add(1e-12).sqrt()
