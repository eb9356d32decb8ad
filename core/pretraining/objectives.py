"""What each method minimises, as one module: the trunk, its head and their loss.

Called with images (N, 3, S, S) from `normalise` and labels (B,) int64, as a `PatchBatch` brings them, each
judges the B pairs, triplets or images.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from core.networks.initialisation import initialise_head
from core.networks.pair_head import PairHead
from core.networks.trunk import Trunk
from core.pretraining.losses import (
    association_loss,
    contrastive_loss,
    distance,
    nce_logits,
    nce_loss,
    triplet_loss,
)


class Judged(NamedTuple):
    """What an objective makes of a batch of B pairs, triplets or images, float32.

    Attributes:
        loss: (), what is minimised.
        losses: (B,) of each, without gradient.
        scores: (B,) without gradient, how much each is what it should be taken for if it is positive:
            the probability of the same trajectory, less the distance, how much nearer the positive is
            than the negative, the probability of the label or of the own positive.
        right: (B,) 1 where it is classified or ranked correctly, else 0.
    """

    loss: Tensor
    losses: Tensor
    scores: Tensor
    right: Tensor


class Objective(nn.Module):
    """What the loop trains; `trunk` is what is kept."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk


class Association(Objective):
    """AssociationNet: classify pairs as of one trajectory or not. Correct: the label has the higher logit."""

    def __init__(self, trunk: Trunk, difference: str, generator: torch.Generator) -> None:
        """`difference`: `signed` or `abs`, see `PairHead`."""
        super().__init__(trunk)
        self.head = PairHead(trunk.network.fc, difference, generator)

    def forward(self, images: Tensor, same: Tensor) -> Judged:
        fc6, fc7 = self.trunk(images)
        logits = self.head((fc6[0::2], fc7[0::2]), (fc6[1::2], fc7[1::2]))
        losses = association_loss(logits, same)
        return _judged(losses, logits.float().softmax(dim=1)[:, 1], logits.argmax(dim=1) == same)


class Contrastive(Objective):
    """Positive pairs near in fc7, others a margin apart. Correct: within half of it, or beyond."""

    def __init__(self, trunk: Trunk, margin: float) -> None:
        super().__init__(trunk)
        self.margin = margin

    def forward(self, images: Tensor, same: Tensor) -> Judged:
        _, fc7 = self.trunk(images)
        anchor, candidate = fc7[0::2], fc7[1::2]
        losses = contrastive_loss(anchor, candidate, same, self.margin)
        apart = distance(anchor, candidate)
        return _judged(losses, -apart, (apart < self.margin / 2) == same.bool())


class SlowFeat(Objective):
    """Triplets ranked by distance in fc7. Correct: the positive is nearer than the negative."""

    def __init__(self, trunk: Trunk, margin: float) -> None:
        super().__init__(trunk)
        self.margin = margin

    def forward(self, images: Tensor, _labels: Tensor) -> Judged:
        _, fc7 = self.trunk(images)
        anchor, positive, negative = fc7[0::3], fc7[1::3], fc7[2::3]
        nearer = distance(anchor, negative) - distance(anchor, positive)
        return _judged(triplet_loss(anchor, positive, negative, self.margin), nearer, nearer > 0)


class Nce(Objective):
    """Each anchor's positive among those of the batch and its hard negative, in fc7; beyond the paper.

    Correct: its own is the likest of all. The labels are the trajectories.
    """

    def __init__(self, trunk: Trunk, temperature: float) -> None:
        super().__init__(trunk)
        self.temperature = temperature

    def forward(self, images: Tensor, trajectory: Tensor) -> Judged:
        _, fc7 = self.trunk(images)
        logits = nce_logits(fc7[0::3], fc7[1::3], fc7[2::3], trajectory, self.temperature)
        losses = nce_loss(logits)
        own = torch.arange(len(logits), device=logits.device)
        return _judged(losses, (-losses).exp(), logits.argmax(dim=1) == own)


class Classification(Objective):
    """Caltech101Net: classify an image from fc7. Correct: the label has the highest logit."""

    def __init__(self, trunk: Trunk, classes: int, generator: torch.Generator) -> None:
        super().__init__(trunk)
        self.classifier = nn.Linear(trunk.network.fc, classes)
        initialise_head(self.classifier, 0.01, generator)

    def forward(self, images: Tensor, classes: Tensor) -> Judged:
        _, fc7 = self.trunk(images)
        logits = self.classifier(fc7).float()
        losses = nn.functional.cross_entropy(logits, classes, reduction="none")
        return _judged(losses, (-losses).exp(), logits.argmax(dim=1) == classes)


def _judged(losses: Tensor, scores: Tensor, right: Tensor) -> Judged:
    return Judged(losses.mean(), losses.detach(), scores.detach(), right.float())
