"""The pairs or triplets of a run, drawn and described without their pixels and without a network."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import config as settings
from core import geometry
from core.datasets.clip import Clip
from core.errors import StudioError
from core.pairs.counting import nothing_left
from core.pairs.jitter import Jitter
from core.pairs.sampling import FrameGap, PairBatch, PairSampler, TripletBatch, TripletSampler, sampler_of
from core.pairs.split import Split, split_clips
from core.pairs.training_set import TrainingSet, build_training_set
from core.pretraining.config import PretrainConfig
from core.trajectories.model import Kind
from core.trajectories.snapshot import ClipSnapshot, Snapshot, read_snapshot

Drawn = PairBatch | TripletBatch


@dataclass(frozen=True, eq=False)
class PairFacts:
    """What is known of the pairs or triplets of a batch; a batch has B of M members each.

    Attributes:
        clip: B names.
        clip_id: (B,) int64, rows of the project's database.
        kind: B kinds of the anchor's trajectory.
        gap: (B,) int32, frames between the anchor and the last member.
        overlap: (B,) float32, IoU of the last member's box with the box that the anchor's trajectory has in
            that frame; 1 for a positive pair, NaN where the trajectory is not observed there.
        origin: (B, M) uint8, `Origin` of the observation that each patch is cut at or, for a hard negative,
            beside.
    """

    clip: tuple[str, ...]
    clip_id: np.ndarray
    kind: tuple[Kind, ...]
    gap: np.ndarray
    overlap: np.ndarray
    origin: np.ndarray


@dataclass(frozen=True, eq=False)
class SampledStep:
    """What a step sees.

    Attributes:
        step: counted from 1.
        drawn: its pairs or triplets; `clip` are places in `PairSource.clips`.
        facts: of the same pairs, in the same order.
    """

    step: int
    drawn: Drawn
    facts: PairFacts


class PairSource:
    """Draws the very pairs or triplets that a run trains on, from its snapshot and settings.

    Attributes:
        config: of the run.
        clips: what `clip` of a batch refers to; a `PatchReader` of them cuts the patches.
        training_set: the trajectories of the clips that train.
    """

    def __init__(self, snapshot: Snapshot, config: PretrainConfig) -> None:
        """
        Raises:
            StudioError: no trajectory would train, or the clips held out are not there.
        """
        if config.method == "caltech101":
            raise StudioError("Method caltech101 learns from labelled images; there are no pairs to show.")
        self.config, self._contents = config, snapshot.clips
        self.training_set = training_set_of(snapshot, config)
        self.clips: tuple[Clip, ...] = self.training_set.clips
        self._sampler = training_sampler(self.training_set, config)

    @classmethod
    def of_run(cls, folder: Path) -> "PairSource":
        """That of a run's folder.

        Raises:
            StudioError: its settings or snapshot are missing or damaged, or no trajectory trains.
        """
        return cls(read_snapshot(folder / "snapshot"), config_of_run(folder))

    def batches(self, state: Mapping[str, Any] | None = None) -> Iterator[Drawn]:
        """Batch after batch without end.

        Args:
            state: of the sampler, as a run keeps it; None for that of a run which has not begun.
        """
        generator = np.random.default_rng(self.config.seed)
        if state is not None:
            generator.bit_generator.state = dict(state)
        while True:
            yield self._sampler.draw(self.config.batch, generator)

    def sampled(self, step: int, drawn: Drawn) -> SampledStep:
        """A batch with what is known of its pairs."""
        return SampledStep(step, drawn, self.facts(drawn))

    def facts(self, drawn: Drawn) -> PairFacts:
        """What is known of the pairs or triplets of a batch."""
        count, members = drawn.frame.shape
        ids = drawn.trajectory
        if ids.ndim == 1:  # of a pair both patches belong to one trajectory
            ids = np.repeat(ids[:, None], members, axis=1)
        contents = [self._contents[place] for place in drawn.clip[:, 0].tolist()]
        origin, own = np.zeros((count, members), np.uint8), np.full((count, 4), np.nan, np.float32)
        kinds = []
        for row, content in enumerate(contents):
            for member in range(members):
                frame = int(drawn.frame[row, member])
                _, origin[row, member], _ = self._observation(content, int(ids[row, member]), frame)
            kind, _, own[row] = self._observation(content, int(ids[row, 0]), int(drawn.frame[row, -1]))
            kinds.append(kind)
        return PairFacts(
            clip=tuple(content.clip.name for content in contents),
            clip_id=np.array([content.clip.id for content in contents], np.int64),
            kind=tuple(kinds),
            gap=np.abs(drawn.frame[:, -1] - drawn.frame[:, 0]).astype(np.int32),
            overlap=np.where(np.isnan(own[:, 0]), np.nan, geometry.iou(drawn.box[:, -1], own)),
            origin=origin,
        )

    def _observation(
        self, content: ClipSnapshot, trajectory: int, frame: int
    ) -> tuple[Kind, int, np.ndarray]:
        """Kind of a trajectory, origin and box of its observation in a frame; NaN where there is none."""
        nowhere = np.full(4, np.nan, np.float32)
        for one in content.objects:
            if one.id == trajectory:
                place = int(np.searchsorted(one.frames, frame))
                if place < len(one.frames) and one.frames[place] == frame:
                    return Kind.OBJECT, int(one.origin[place]), one.boxes[place]
                return Kind.OBJECT, 0, nowhere
        points, (number,) = content.points, np.flatnonzero(content.points.ids == trajectory)
        place = int(points.offsets[number] + frame - points.first[number])
        if not points.offsets[number] <= place < points.offsets[number + 1]:
            return Kind.POINT, 0, nowhere
        half = np.float32(self.config.patch_size / 2)
        box = np.concatenate([points.xy[place] - half, points.xy[place] + half])
        return Kind.POINT, int(points.origin[place]), box


def config_of_run(folder: Path) -> PretrainConfig:
    """The settings in a run's folder.

    Raises:
        StudioError: they are missing, damaged, or no settings of pretraining.
    """
    values = settings.settings_in(folder)
    return settings.from_dict(PretrainConfig, values)


def training_sampler(training_set: TrainingSet, config: PretrainConfig) -> PairSampler | TripletSampler:
    """What draws the pairs or triplets that a run trains on.

    Raises:
        StudioError: the regime finds no trajectories.
    """
    gap = FrameGap(config.gap_shortest, config.gap_longest)
    jitter = Jitter(config.place_jitter, config.colour_jitter)
    return sampler_of(training_set, config.method, config.regime, gap, config.frame_bytes, jitter)


def training_set_of(snapshot: Snapshot, config: PretrainConfig) -> TrainingSet:
    """The trajectories of the clips that train.

    Raises:
        StudioError: the clips held out are not there, or none would be left.
    """
    uses = {content.clip.name: content.clip.use for content in snapshot.clips}
    split = split_clips(uses, config.held_out, config.split_seed)
    whole = build_training_set(
        snapshot,
        patch_size=config.patch_size,
        minimum_length=config.minimum_length,
        suggestions=config.suggestions,
    )
    return what_trains(whole, snapshot, split, config)


def what_trains(whole: TrainingSet, snapshot: Snapshot, split: Split, config: PretrainConfig) -> TrainingSet:
    """What of the trajectories of a snapshot trains: those that pass the filter, of the clips that train.

    Raises:
        StudioError: the filter leaves none.
    """
    training = whole.of_clips(split.training)
    names = set(split.training)
    contents = (content for content in snapshot.clips if content.clip.name in names)
    chosen = training.of_filter(contents, config.wanted)
    if training.sets(config.regime) and not chosen.sets(config.regime):
        raise StudioError(nothing_left(config.tracks))
    return chosen


def state_text(state: Mapping[str, Any]) -> str:
    """The state of a sampler as one line of JSON."""
    return json.dumps(state, sort_keys=True)
