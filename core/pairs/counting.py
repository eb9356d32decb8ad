"""What a run would train on, counted without reading the trajectories, and how it is said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets.clip import Clip
from core.pairs.sampling import FrameGap, trajectories_by_clip
from core.pairs.split import Split
from core.pairs.training_set import KINDS, MINIMUM_SIDE, TrajectorySet
from core.trajectories.extents import Extents
from core.trajectories.model import Kind


@dataclass(frozen=True)
class Counts:
    """Trajectories that can give a pair: kind → name of a clip → how many, above 0."""

    by_kind: Mapping[Kind, Mapping[str, int]]

    @classmethod
    def at_places(cls, counts: Mapping[Kind, Mapping[int, int]], clips: Sequence[Clip]) -> "Counts":
        """From what a sampler counts, by places in `clips`."""
        return cls(
            {
                kind: {clips[place].name: count for place, count in found.items()}
                for kind, found in counts.items()
            }
        )

    @property
    def clips(self) -> list[str]:
        """The clips that have such trajectories, by name."""
        return sorted(set().union(*self.by_kind.values()))

    @property
    def kinds(self) -> list[Kind]:
        """The kinds there are."""
        return [kind for kind, found in self.by_kind.items() if found]

    def of_clips(self, names: Collection[str]) -> "Counts":
        """Those of some clips."""
        return Counts(
            {
                kind: {name: count for name, count in found.items() if name in names}
                for kind, found in self.by_kind.items()
            }
        )

    def total(self, kind: Kind) -> int:
        """Those of a kind, in all clips."""
        return sum(self.by_kind.get(kind, {}).values())

    def words(self, noun: str) -> str:
        """Such as "12 object and 3,000 point tracks"."""
        parts = [f"{self.total(kind):,} {kind}" for kind in self.kinds]
        return f"{' and '.join(parts) or 'no'} {noun}"


def count(extents: Extents, regime: str, gap: FrameGap, minimum_length: int) -> Counts:
    """The trajectories of every clip that can give a pair: those that a run packs and its sampler draws from.

    Args:
        regime: `obj`, `tr` or `objtr`.
        gap: between the frames of a pair.
        minimum_length: observations a point trajectory must have.
    """
    counts: dict[Kind, dict[str, int]] = {}
    for kind in KINDS[regime]:
        counts[kind] = _objects(extents, gap) if kind is Kind.OBJECT else _points(extents, minimum_length)
    return Counts(counts)


def _objects(extents: Extents, gap: FrameGap) -> dict[str, int]:
    clip_ids, ids, frames = extents.objects[extents.sides >= MINIMUM_SIDE].T
    _, starts = np.unique(ids, return_index=True)
    starts = np.sort(starts)
    places, inverse = np.unique(clip_ids[starts], return_inverse=True)
    trajectories = TrajectorySet(
        Kind.OBJECT,
        clip=inverse.astype(np.int32),
        ids=ids[starts],
        offsets=np.append(starts, len(ids)),
        frame=frames.astype(np.int32),
        box=np.zeros((len(ids), 4), np.float32),
    )
    by_place = trajectories_by_clip(trajectories, gap)
    return {extents.names[int(places[place])]: number for place, number in by_place.items()}


def _points(extents: Extents, minimum_length: int) -> dict[str, int]:
    """All that are long enough: they have no gaps, so every one with two observations gives a pair."""
    counts: dict[str, int] = {}
    for clip_id, length, number in extents.points.tolist():
        if length >= max(minimum_length, 2):
            counts[extents.names[clip_id]] = counts.get(extents.names[clip_id], 0) + number
    return counts


NAMED = 10
"""Clips that are named before the others are only counted."""


def material_words(
    training: Counts,
    held_out: Counts,
    split: Split,
    noun: str = "trajectories",
    names: bool = False,
    tracks: str = "",
    waiting: int = 0,
    suggested: int = 0,
) -> str:
    """What trains, is held out and is left out, in one line.

    Args:
        noun: what trajectories are called.
        names: whether clips are named, `NAMED` at most.
        tracks: the filter that those which train passed; empty without one.
        waiting: objects of the clips that train that are only suggested, and do not train.
        suggested: objects that are only suggested, and train.
    """

    def clips(some: Sequence[str]) -> str:
        number = f"{len(some):,} clip{'s' if len(some) != 1 else ''}"
        more = f" and {len(some) - NAMED:,} more" if len(some) > NAMED else ""
        return f"{number} ({', '.join(some[:NAMED])}{more})" if names else number

    parts = [f"{training.words(noun)} of {clips(training.clips)}"]
    if suggested:
        parts[0] += f", {suggested:,} object{'s' if suggested != 1 else ''} of them only suggested"
    if tracks:
        parts[0] += f" after the filter {tracks}"
    if split.held_out:
        parts.append(f"held out: {held_out.words(noun)} of {clips(held_out.clips or split.held_out)}")
    left_out = [clips(split.left_out)] if split.left_out else []
    if waiting:
        left_out.append(f"{waiting:,} suggested object{'s' if waiting != 1 else ''} that nobody accepted")
    if left_out:
        parts.append(f"left out: {' and '.join(left_out)}")
    return "; ".join(parts)


def lost_kinds(
    regime: str, whole: Collection[Kind], training: Counts, noun: str = "trajectories", tracks: str = ""
) -> str:
    """A sentence where a kind that the regime asks for does not train though another does; else empty.

    Args:
        regime: `obj`, `tr` or `objtr`.
        whole: the kinds that there are in all clips, before the filter.
        training: what trains.
        noun: what trajectories are called.
        tracks: the filter that those which train passed; empty without one.
    """
    lost = [kind for kind in KINDS[regime] if kind not in training.kinds]
    if not lost or not training.kinds:
        return ""
    (kind,) = lost  # of two
    if kind in whole and tracks:
        return f"No {kind} {noun} of clips that train pass the filter; the others train alone."
    if kind in whole:
        return f"All {kind} {noun} lie in clips that do not train; the others train alone."
    remedy = {
        Kind.OBJECT: "densify objects first, or choose tr",
        Kind.POINT: "track points first, or choose obj",
    }
    return f"There are no {kind} {noun} to train on, so the others train alone; {remedy[kind]}."


def nothing_left(tracks: str) -> str:
    """A sentence for a filter that no trajectory passes which could train."""
    return f"The filter {tracks} leaves no tracks to train on; choose another one, or none."
