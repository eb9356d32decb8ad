"""Pairs and triplets as cards, with what is known of them in words."""

from collections.abc import Sequence, Set

import numpy as np

from core.datasets.clip import Clip
from core.pairs.sampling import PairBatch
from core.percent import percent
from core.pretraining.record.pair_source import SampledStep
from core.trajectories.model import Origin
from studio.watch.card_layout import Card
from studio.watch.patch_cutter import Patch

MEMBERS = {2: ("anchor", "candidate"), 3: ("anchor", "positive", "negative")}


def pair_cards(
    sampled: SampledStep,
    clips: Sequence[Clip],
    losses: np.ndarray | None = None,
    rejected: Set[int] = frozenset(),
) -> list[Card]:
    """A card for each pair or triplet of a step.

    Args:
        clips: what the batch refers to.
        losses: (B,) of each; the cards are then ordered by it, the worst first.
        rejected: ids of trajectories that are rejected by now.
    """
    count = len(sampled.drawn.clip)
    order = np.arange(count) if losses is None else np.argsort(-losses, kind="stable")
    return [
        _card(sampled, clips, row, None if losses is None else float(losses[row]), rejected)
        for row in order.tolist()
    ]


def _card(
    sampled: SampledStep, clips: Sequence[Clip], row: int, loss: float | None, rejected: Set[int]
) -> Card:
    drawn, facts = sampled.drawn, sampled.facts
    members = drawn.clip.shape[1]
    ids = np.broadcast_to(drawn.trajectory.reshape(len(drawn.clip), -1), drawn.clip.shape)[row].tolist()
    origins = [Origin(int(value)).name.lower() for value in facts.origin[row]]
    patches = tuple(
        Patch(
            clips[int(drawn.clip[row, member])],
            int(drawn.frame[row, member]),
            tuple(drawn.box[row, member].tolist()),
            trajectory=int(ids[member]),
            flip=bool(drawn.flip[row]),
            note=f"{MEMBERS[members][member]}, {facts.kind[row]} {origins[member]}"
            + (", mirrored" if drawn.flip[row] else ""),
        )
        for member in range(members)
    )
    what = "triplet"
    if isinstance(drawn, PairBatch):
        what = "same" if drawn.same[row] else "different"
    overlap = facts.overlap[row]
    known = "overlap not known" if np.isnan(overlap) else f"overlap {percent(overlap)}"
    return Card(
        groups=(patches,),
        lines=(
            what if loss is None else f"{what} · loss {loss:.3g}",
            f"{facts.gap[row]} frames apart",
            f"{known} · {' → '.join(dict.fromkeys(origins))}",
        ),
        struck=not rejected.isdisjoint(ids),
    )
