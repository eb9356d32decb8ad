"""The classifier on a pair: same trajectory or not."""

import torch
from torch import Tensor, nn

from core.networks.initialisation import initialise_head


class PairHead(nn.Module):
    """A linear two-way classifier on the difference of both stacks' fc6‖fc7.

    `signed` subtracts the candidate from the anchor, as the paper says. A linear layer on it can only
    rank: its score is s(anchor) - s(candidate) plus a bias. It learns because the anchor is always
    centred on the trajectory, so stacks must not be swapped. `abs` takes the difference's absolute
    value, which compares symmetrically; our option.

    Source: the paper, Section 3 ("subtracting the concatenated fc6 and fc7 in the two stacks").
    """

    def __init__(self, fc: int, difference: str, generator: torch.Generator) -> None:
        """`fc`: units of fc6 and of fc7; `difference`: `signed` or `abs`."""
        super().__init__()
        if difference not in ("signed", "abs"):
            raise ValueError(f"no difference {difference!r}")
        self.difference = difference
        self.classifier = nn.Linear(2 * fc, 2)
        initialise_head(self.classifier, 0.01, generator)

    def forward(self, anchor: tuple[Tensor, Tensor], candidate: tuple[Tensor, Tensor]) -> Tensor:
        """fc6 and fc7, each (N, fc), of either stack → (N, 2) logits: other, same."""
        difference = torch.cat(anchor, dim=1) - torch.cat(candidate, dim=1)
        scores: Tensor = self.classifier(difference.abs() if self.difference == "abs" else difference)
        return scores
