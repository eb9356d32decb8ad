"""Batches of pixels to train and to measure on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.datasets.patches import PatchReader
from core.datasets.tinting import tinted
from core.pairs.jitter import NO_JITTER, Jitter
from core.pairs.sampling import (
    FrameGap,
    PairBatch,
    PairSampler,
    TripletBatch,
    TripletSampler,
    sampler_of,
)
from core.pairs.training_set import TrainingSet

ALL = slice(None)


@dataclass(frozen=True, eq=False)
class PatchBatch:
    """What one step sees.

    Attributes:
        patches: (N, S, S, 3) uint8 RGB; the members of a pair or triplet follow one another.
        labels: (B,) int64: 1 for a positive pair, else 0; the class of an image; the
            trajectory of a triplet.
        drawn: where the patches of pairs and triplets come from; None for images.
    """

    patches: np.ndarray
    labels: np.ndarray
    drawn: PairBatch | TripletBatch | None = None


class Batches(Protocol):
    """Where a loop draws from."""

    def draw(self, count: int, generator: np.random.Generator, part: slice = ALL) -> PatchBatch:
        """The next `count` pairs, triplets or images, of which only a part is read.

        Args:
            part: of the `count`; all are drawn whatever it is, so that processes which read different parts
                draw the same. `drawn` holds all, patches and labels the part.
        """
        ...


class PatchBatches:
    """Pairs or triplets with their pixels."""

    def __init__(self, sampler: PairSampler | TripletSampler, reader: PatchReader) -> None:
        self._sampler, self._reader = sampler, reader
        self.counts = sampler.counts

    def draw(self, count: int, generator: np.random.Generator, part: slice = ALL) -> PatchBatch:
        drawn = self._sampler.draw(count, generator)
        flip = np.repeat(drawn.flip[part], drawn.clip.shape[1])
        patches = self._reader.read(
            drawn.clip[part].ravel(), drawn.frame[part].ravel(), drawn.box[part].reshape(-1, 4), flip
        )
        if drawn.colours is not None:
            patches = tinted(patches, drawn.colours[part].reshape(-1, 3, 4))
        labels = drawn.same if isinstance(drawn, PairBatch) else drawn.trajectory[:, 0]
        return PatchBatch(patches, labels[part].astype(np.int64), drawn)


def patch_batches(
    training_set: TrainingSet,
    method: str,
    regime: str,
    gap: FrameGap,
    reader: PatchReader,
    frame_bytes: int | None = None,
    jitter: Jitter = NO_JITTER,
) -> PatchBatches:
    """What a method draws, see `sampler_of`, and reads."""
    return PatchBatches(sampler_of(training_set, method, regime, gap, frame_bytes, jitter), reader)


def drawn_once(
    batches: Batches, count: int, size: int, generator: np.random.Generator
) -> Sequence[PatchBatch]:
    """`count` pairs, triplets or images in batches of `size`, to measure on again and again."""
    sizes = [min(size, count - start) for start in range(0, count, size)]
    return [batches.draw(size, generator) for size in sizes]
