"""The pairs or triplets that a run will see next, drawn from a copy of its sampler's state."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import StudioError
from core.pretraining.config import PretrainConfig
from core.pretraining.record.pair_log import ROOM, read_chunk
from core.pretraining.record.pair_source import PairSource, SampledStep
from core.pretraining.record.step_files import steps_recorded
from core.trajectories.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class Histogram:
    """`edges`: (bins + 1,) ascending; `counts`: (bins,) int64, of values from an edge up to the next one."""

    edges: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True, eq=False)
class Preview:
    """What the next steps see.

    Attributes:
        source: where they are drawn from; its `clips` are what the batches refer to.
        steps: the next steps, in order.
    """

    source: PairSource
    steps: Sequence[SampledStep]

    def gaps(self) -> Histogram:
        """Pairs by the frames between anchor and last member; the edges are whole frames."""
        gaps = np.concatenate([np.zeros(0, np.int32), *(step.facts.gap for step in self.steps)])
        edges = np.arange(int(gaps.max(initial=0)) + 2)
        return Histogram(edges, np.histogram(gaps, edges)[0])

    def overlaps(self, bins: int = 20) -> Histogram:
        """Pairs by overlap, 0 to 1; without jitter the last bin holds the positive ones."""
        overlaps = np.concatenate([np.zeros(0, np.float32), *(step.facts.overlap for step in self.steps)])
        counts, edges = np.histogram(overlaps[~np.isnan(overlaps)], bins, (0.0, 1.0))
        return Histogram(edges, counts)


def next_batches(folder: Path, count: int) -> Preview:
    """The next batches of a run that runs, was stopped, has ended or has not begun.

    Of a run that goes on meanwhile: those after what it wrote last, a few seconds ago.

    Args:
        folder: the run's.
        count: how many batches.

    Raises:
        StudioError: the run's snapshot or settings are missing or damaged, or it began without keeping
            the state of its sampler.
    """
    source = PairSource.of_run(folder)
    for first in reversed(steps_recorded(folder, ROOM)):
        try:
            chunk = read_chunk(folder, first)
        except StudioError:
            continue
        return _preview(source, chunk.state, chunk.first, chunk.done, count)
    if any((folder / "checkpoints").glob("*.safetensors")):
        raise StudioError("The run did not record its pairs; start a new run to see them.")
    return _preview(source, None, 1, 0, count)


def first_batches(config: PretrainConfig, snapshot: Snapshot, count: int) -> Preview:
    """The first batches of a run with such settings.

    Args:
        config: the run's settings.
        snapshot: the trajectories it would take along, see `core.trajectories.snapshot.take_snapshot`.
        count: how many batches.

    Raises:
        StudioError: nothing would train.
    """
    return _preview(PairSource(snapshot, config), None, 1, 0, count)


def _preview(
    source: PairSource, state: Mapping[str, Any] | None, first: int, done: int, count: int
) -> Preview:
    """The `count` batches after step `done`, from a state before step `first`."""
    numbered = enumerate(source.batches(state), start=first)
    chosen = itertools.islice(numbered, done + 1 - first, done + 1 - first + count)
    return Preview(source, [source.sampled(step, drawn) for step, drawn in chosen])
