"""What pretraining minimises, as functions of features."""

import math

import torch
from torch import Tensor
from torch.nn import functional


def association_loss(logits: Tensor, same: Tensor) -> Tensor:
    """Softmax cross entropy of each pair.

    Args:
        logits: (N, 2), for other and same.
        same: (N,) int64, 1 for a positive pair.

    Returns:
        (N,) float32.

    Source: the paper, Section 3 ("trained to classify whether or not the input images belong to the
    same object or point trajectory").
    """
    return functional.cross_entropy(logits.float(), same, reduction="none")


MARGIN = 1 / 16
"""Of `usual_margin`: the root mean square difference of two patches' features that is asked for."""


def usual_margin(width: int) -> float:
    """A margin that means the same at every size of a network: a Euclidean distance in fc7 of that width.

    The Euclidean distance between features grows with the root of their number: with kaiming weights, two
    patches begin about 0.35 √width apart at every size. So does this margin, 1/16 √width: 1 for tiny (fc7
    of 256), 2 for small (1024), 4 for the paper's (4096), each about 0.17 of that distance. The paper
    asks for "a certain margin" and gives no value; features are not brought to unit length, which it does
    not mention.
    """
    return MARGIN * math.sqrt(width)


def triplet_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) of each; d the Euclidean distance.

    Args:
        anchor, positive, negative: (N, D) features (fc7).
        margin: in units of the features; see `usual_margin`.

    Returns:
        (N,) float32.

    Source: the paper, Section 4, baseline 3 (SlowFeat).
    """
    return functional.relu(distance(anchor, positive) - distance(anchor, negative) + margin)


def contrastive_loss(first: Tensor, second: Tensor, same: Tensor, margin: float) -> Tensor:
    """d for positive pairs, max(0, margin - d) for negative ones; d the Euclidean distance.

    Args:
        first, second: (N, D) features (fc7).
        same: (N,) int64, 1 for a positive pair.
        margin: in units of the features; see `usual_margin`.

    Returns:
        (N,) float32.

    Source: Mobahi, Collobert and Weston, ICML 2009, which the paper names as what SlowFeat improves
    on; they take the L1 norm, we take SlowFeat's.
    """
    d = distance(first, second)
    return torch.where(same.bool(), d, functional.relu(margin - d))


def nce_logits(
    anchor: Tensor, positive: Tensor, negative: Tensor, trajectory: Tensor, temperature: float
) -> Tensor:
    """How like each anchor is to all that it is compared with: the cosine of features ÷ temperature.

    Args:
        anchor, positive, negative: (N, D) features (fc7); the negative of each is its own hard one.
        trajectory: (N,) int64; positives of an anchor's own trajectory, but for its own, are left out.
        temperature: the smaller, the more the likest of the others count.

    Returns:
        (N, N + 1) float32: every positive in turn, the anchor's own on the diagonal, then its negative;
        -inf for what is left out.
    """
    anchor, positive, negative = (
        functional.normalize(x.float(), dim=1) for x in (anchor, positive, negative)
    )
    likeness = torch.cat([anchor @ positive.T, (anchor * negative).sum(dim=1, keepdim=True)], dim=1)
    own = trajectory[:, None] == trajectory[None, :]
    left_out = functional.pad(own & ~torch.eye(len(own), dtype=torch.bool, device=own.device), (0, 1))
    return (likeness / temperature).masked_fill(left_out, -torch.inf)


def nce_loss(logits: Tensor) -> Tensor:
    """Softmax cross entropy of each anchor's own positive among all of `nce_logits`: (N, N + 1) → (N,).

    Beyond the paper. Source: van den Oord, Li and Vinyals, 2018 (InfoNCE), with the paper's hard negative
    as one more of the others.
    """
    return functional.cross_entropy(logits, torch.arange(len(logits), device=logits.device), reduction="none")


def distance(a: Tensor, b: Tensor) -> Tensor:
    """(N, D) and (N, D) → (N,) Euclidean distances, float32; differentiable where they are 0."""
    return (a.float() - b.float()).square().sum(dim=1).add(1e-12).sqrt()
