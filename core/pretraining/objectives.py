"""What each method minimises, as one module: the trunk, its head and their loss.

Called with images (N, 3, S, S) from `normalise` and labels (B,) int64, as a `PatchBatch` brings them, each
gives the loss and the share of the B that are classified or ranked correctly, both scalars.
"""

import torch
from torch import Tensor, nn

from core.networks.initialisation import initialise_head
from core.networks.pair_head import PairHead
from core.networks.trunk import Trunk
from core.pretraining.losses import association_loss, contrastive_loss, distance, triplet_loss


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

    def forward(self, images: Tensor, same: Tensor) -> tuple[Tensor, Tensor]:
        fc6, fc7 = self.trunk(images)
        logits = self.head((fc6[0::2], fc7[0::2]), (fc6[1::2], fc7[1::2]))
        return association_loss(logits, same), _share(logits.argmax(dim=1) == same)


class Contrastive(Objective):
    """Positive pairs near in fc7, others a margin apart. Correct: within half of it, or beyond."""

    def __init__(self, trunk: Trunk, margin: float) -> None:
        super().__init__(trunk)
        self.margin = margin

    def forward(self, images: Tensor, same: Tensor) -> tuple[Tensor, Tensor]:
        _, fc7 = self.trunk(images)
        anchor, candidate = fc7[0::2], fc7[1::2]
        near = distance(anchor, candidate) < self.margin / 2
        return contrastive_loss(anchor, candidate, same, self.margin), _share(near == same.bool())


class SlowFeat(Objective):
    """Triplets ranked by distance in fc7. Correct: the positive is nearer than the negative."""

    def __init__(self, trunk: Trunk, margin: float) -> None:
        super().__init__(trunk)
        self.margin = margin

    def forward(self, images: Tensor, _labels: Tensor) -> tuple[Tensor, Tensor]:
        _, fc7 = self.trunk(images)
        anchor, positive, negative = fc7[0::3], fc7[1::3], fc7[2::3]
        right = distance(anchor, positive) < distance(anchor, negative)
        return triplet_loss(anchor, positive, negative, self.margin), _share(right)


class Classification(Objective):
    """Caltech101Net: classify an image from fc7. Correct: the label has the highest logit."""

    def __init__(self, trunk: Trunk, classes: int, generator: torch.Generator) -> None:
        super().__init__(trunk)
        self.classifier = nn.Linear(trunk.network.fc, classes)
        initialise_head(self.classifier, 0.01, generator)

    def forward(self, images: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        _, fc7 = self.trunk(images)
        logits = self.classifier(fc7).float()
        return nn.functional.cross_entropy(logits, classes), _share(logits.argmax(dim=1) == classes)


def _share(right: Tensor) -> Tensor:
    return right.float().mean()
