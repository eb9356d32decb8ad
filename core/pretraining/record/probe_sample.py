"""A few patches of a project that a run looks at again and again: the same ones in every run.

`queries` show the pinned trajectories, `gallery` those among which their neighbours are looked for, `asked`
and `answers` held-out trajectories in two frames each, for recall. The choice depends on the trajectories
alone, not on the seed of the run, so that runs on the same data can be laid side by side.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core import geometry
from core.errors import StudioError
from core.pairs.training_set import TrainingSet, TrajectorySet

PINNED = 8
"""Trajectories whose neighbours are shown where nobody has pinned any."""

GALLERY = 112
"""Trajectories beside the pinned ones among which neighbours are looked for."""

RETRIEVED = 56
"""Held-out trajectories that are asked for at most."""

FEWEST = 10
"""Of fewer held-out trajectories recall says nothing: chance alone finds half of them among five."""

_APART = 0.5
"""IoU in which trajectories that are asked for may begin beside one another at most, in any frames."""


@dataclass(frozen=True, eq=False)
class ProbeSample:
    """S patches one after the other: queries, gallery, asked, answers.

    Attributes:
        trajectory: (S,) int64, ids.
        clip: (S,) int32, places in `TrainingSet.clips`.
        frame: (S,) int32.
        box: (S, 4) float32, pixels of the frame.
        queries, gallery, asked, answers: rows; `asked` and `answers` go together and may be empty.
    """

    trajectory: np.ndarray
    clip: np.ndarray
    frame: np.ndarray
    box: np.ndarray
    queries: range
    gallery: range
    asked: range
    answers: range


def choose(
    training: TrainingSet, held_out: TrainingSet | None, regime: str, pinned: Sequence[int] = ()
) -> ProbeSample:
    """The sample of a run.

    Args:
        training: the trajectories of clips that train.
        held_out: those of clips that only measure; None where there are none.
        regime: `obj`, `tr` or `objtr`.
        pinned: ids, of clips of either sort; empty for `PINNED` of those that train.

    Raises:
        StudioError: a pinned trajectory is not there, or not among those of the regime.
    """
    generator = np.random.default_rng(0)
    known = training.sets(regime)
    measured = held_out.sets(regime) if held_out else ()
    spread = list(itertools.islice(_spread(known, generator), max(PINNED, GALLERY)))
    queries = _pinned((*known, *measured), pinned) if pinned else spread[:PINNED]
    asked = list(itertools.islice(_distinct(_spread(measured, generator)), RETRIEVED))
    asked = asked if len(asked) >= FEWEST else []
    parts = [
        [one.near(0.5) for one in queries],
        # Another frame of each, which a network that has learnt finds, among other trajectories.
        [one.near(0.1) for one in queries] + [one.near(generator.random()) for one in spread],
        [one.near(0.15) for one in asked],
        [one.near(0.85) for one in asked],
    ]
    ends = np.cumsum([0, *(len(part) for part in parts)]).tolist()
    rows = [row for part in parts for row in part]
    return ProbeSample(
        np.array([row.trajectory for row in rows], np.int64),
        np.array([row.clip for row in rows], np.int32),
        np.array([row.frame for row in rows], np.int32),
        np.array([row.box for row in rows], np.float32).reshape(-1, 4),
        *(range(start, end) for start, end in itertools.pairwise(ends)),
    )


@dataclass(frozen=True, eq=False)
class _Patch:
    trajectory: int
    clip: int
    frame: int
    box: np.ndarray


@dataclass(frozen=True, eq=False)
class _Trajectory:
    """One of a set, by its number in it."""

    set: TrajectorySet
    number: int

    def near(self, share: float) -> _Patch:
        """The patch at a share, 0 to 1, of the trajectory's observations."""
        start, end = self.set.offsets[self.number : self.number + 2].tolist()
        place = min(start + int(share * (end - start)), end - 1)
        return _Patch(
            int(self.set.ids[self.number]),
            int(self.set.clip[self.number]),
            int(self.set.frame[place]),
            self.set.box[place],
        )


def _spread(sets: Sequence[TrajectorySet], generator: np.random.Generator) -> Iterator[_Trajectory]:
    """All trajectories of some sets in random order: of every kind and clip one, then of each another."""
    kind = np.concatenate([np.zeros(0, np.int64), *(np.full(len(one), k) for k, one in enumerate(sets))])
    number = np.concatenate([np.zeros(0, np.int64), *(np.arange(len(one)) for one in sets)])
    clip = np.concatenate([np.zeros(0, np.int64), *(one.clip for one in sets)])
    mixed = generator.permutation(len(kind))
    grouped = mixed[np.lexsort((clip[mixed], kind[mixed]))]
    starts = np.flatnonzero(np.diff(kind[grouped], prepend=-1) | np.diff(clip[grouped], prepend=-1))
    rank = np.arange(len(grouped)) - np.repeat(starts, np.diff(np.append(starts, len(grouped))))
    rank_of = np.empty(len(grouped), np.int64)
    rank_of[grouped] = rank
    for row in mixed[np.argsort(rank_of[mixed], kind="stable")].tolist():
        yield _Trajectory(sets[kind[row]], int(number[row]))


def _distinct(trajectories: Iterator[_Trajectory]) -> Iterator[_Trajectory]:
    """Those that do not begin upon one that has come before: nobody could tell their patches apart."""
    boxes: dict[int, list[np.ndarray]] = {}
    for one in trajectories:
        first = one.near(0.15)
        others = boxes.setdefault(first.clip, [])
        if not others or geometry.iou(np.stack(others), first.box[None]).max() < _APART:
            others.append(first.box)
            yield one


def _pinned(sets: Sequence[TrajectorySet], ids: Sequence[int]) -> list[_Trajectory]:
    found = []
    for id in ids:
        places = [(one, np.flatnonzero(one.ids == id)) for one in sets]
        there = [_Trajectory(one, int(place[0])) for one, place in places if len(place)]
        if not there:
            raise StudioError(
                f"Trajectory {id} is pinned but is not one of those that this run trains or measures on; "
                "pin another one."
            )
        found += there[:1]
    return found
