"""Batches of pixels to train and to measure on."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.pairs.patches import PatchReader
from core.pairs.sampling import FrameGap, PairBatch, PairSampler, TripletSampler
from core.pairs.training_set import TrainingSet


@dataclass(frozen=True, eq=False)
class Batch:
    """What one step sees.

    Attributes:
        patches: (N, S, S, 3) uint8 RGB; the members of a pair or triplet follow one another.
        labels: (B,) int64: 1 for a positive pair, else 0; the class of an image; 0 for a triplet.
    """

    patches: np.ndarray
    labels: np.ndarray


class Batches(Protocol):
    """Where a loop draws from."""

    def draw(self, count: int, generator: np.random.Generator) -> Batch:
        """The next `count` pairs, triplets or images."""
        ...


class PatchBatches:
    """Pairs or triplets with their pixels."""

    def __init__(self, sampler: PairSampler | TripletSampler, reader: PatchReader) -> None:
        self._sampler, self._reader = sampler, reader
        self.counts = sampler.counts

    def draw(self, count: int, generator: np.random.Generator) -> Batch:
        drawn = self._sampler.draw(count, generator)
        members = drawn.clip.shape[1]
        patches = self._reader.read(
            drawn.clip.ravel(), drawn.frame.ravel(), drawn.box.reshape(-1, 4), np.repeat(drawn.flip, members)
        )
        same = drawn.same if isinstance(drawn, PairBatch) else np.zeros(count, bool)
        return Batch(patches, same.astype(np.int64))


def patch_batches(
    training_set: TrainingSet, method: str, regime: str, gap: FrameGap, reader: PatchReader
) -> PatchBatches:
    """What a method draws: triplets for `slowfeat`, else pairs.

    Raises:
        StudioError: the regime finds no trajectories.
    """
    sampler = TripletSampler if method == "slowfeat" else PairSampler
    return PatchBatches(sampler(training_set, regime, gap), reader)


def drawn_once(batches: Batches, count: int, size: int, generator: np.random.Generator) -> Sequence[Batch]:
    """`count` pairs, triplets or images in batches of `size`, to measure on again and again."""
    sizes = [min(size, count - start) for start in range(0, count, size)]
    return [batches.draw(size, generator) for size in sizes]


class DrawnAhead:
    """Draws the next batch in a thread while the last one is learnt from.

    Batches are those that drawing one after the other gives.

    Attributes:
        state: the generator's after the last batch taken, from which a resumed run goes on; the generator
            itself may be a batch ahead.
    """

    def __init__(self, batches: Batches, count: int, generator: np.random.Generator) -> None:
        """`count`: pairs, triplets or images in a batch; nothing is drawn yet."""
        self._batches, self._count, self._generator = batches, count, generator
        self.state = generator.bit_generator.state
        self._executor = ThreadPoolExecutor(1)
        self._next: Future[Batch] | None = None

    def take(self, *, more: bool) -> Batch:
        """The next batch; the one after it is begun if there will be `more`.

        Raises:
            StudioError: a frame or an image cannot be read.
        """
        batch = (self._next or self._begin()).result()
        self.state = self._generator.bit_generator.state
        self._next = self._begin() if more else None
        return batch

    def close(self) -> None:
        """Wait for what is being drawn, and drop it."""
        self._executor.shutdown(cancel_futures=True)

    def _begin(self) -> "Future[Batch]":
        return self._executor.submit(self._batches.draw, self._count, self._generator)
