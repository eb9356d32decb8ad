"""Batches of pixels to train and to measure on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

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

Pixels = Any
"""(N, S, S, 3) uint8 RGB: an array, or a tensor on the device that trains; the window, which imports this
module to show pairs, has no torch."""


class Reader(Protocol):
    """What cuts patches: `PatchReader`, or `DevicePatchReader` on a GPU."""

    def read(
        self,
        clip: np.ndarray,
        frame: np.ndarray,
        box: np.ndarray,
        flip: np.ndarray,
        colours: np.ndarray | None = None,
    ) -> Pixels:
        """(N,) clips, frames, (N, 4) boxes, (N,) flips, (N, 3, 4) maps of colours → (N, S, S, 3) uint8 RGB,
        wherever it trains."""
        ...


@dataclass(frozen=True, eq=False)
class PatchBatch:
    """What one step sees.

    Attributes:
        patches: the members of a pair or triplet follow one another.
        labels: (B,) int64: 1 for a positive pair, else 0; the class of an image; the trajectory of a triplet.
        drawn: where the patches of pairs and triplets come from; None for images.
    """

    patches: Pixels
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

    def __init__(self, sampler: PairSampler | TripletSampler, reader: Reader) -> None:
        self._sampler, self._reader = sampler, reader
        self.counts = sampler.counts

    def draw(self, count: int, generator: np.random.Generator, part: slice = ALL) -> PatchBatch:
        drawn = self._sampler.draw(count, generator)
        patches = self._reader.read(
            drawn.clip[part].ravel(),
            drawn.frame[part].ravel(),
            drawn.box[part].reshape(-1, 4),
            np.repeat(drawn.flip[part], drawn.clip.shape[1]),
            None if drawn.colours is None else drawn.colours[part].reshape(-1, 3, 4),
        )
        labels = drawn.same if isinstance(drawn, PairBatch) else drawn.trajectory[:, 0]
        return PatchBatch(patches, labels[part].astype(np.int64), drawn)


def patch_batches(
    training_set: TrainingSet,
    method: str,
    regime: str,
    gap: FrameGap,
    reader: Reader,
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
