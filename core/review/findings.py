"""What a recipe finds: tracks with the frames to look at and a value, as columns, since there may be many."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.identity.proposals import Proposal
from core.tracking.movers import Mover


@dataclass(frozen=True)
class Item:
    """One thing to decide on.

    Attributes:
        clip_id: its clip.
        tracks: ids, one or two.
        first, last: the frames to look at, both included.
        frame: the one of them that shows it best.
        value: what the recipe measures, in its unit.
        note: a whole number that only the recipe's sentence needs.
        proposal: what was found, where tracks and frames do not say all of it: by a network, or among points.
    """

    clip_id: int
    tracks: tuple[int, ...]
    first: int
    last: int
    frame: int
    value: float
    note: int = 0
    proposal: Proposal | Mover | None = None


@dataclass(frozen=True, eq=False)
class Findings:
    """Many items, one a row.

    Attributes:
        clips: (N,) int64, ids.
        tracks: (N, 2) int64, ids; the second 0 where there is one track.
        frames: (N, 3) int32: first, last, and the frame that shows it best.
        values: (N,) float64.
        notes: (N,) int64.
        proposals: row → the proposal that it is about.
    """

    clips: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    tracks: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    frames: np.ndarray = field(default_factory=lambda: np.zeros((0, 3), np.int32))
    values: np.ndarray = field(default_factory=lambda: np.zeros(0))
    notes: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    proposals: Mapping[int, Proposal | Mover] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def item(self, row: int) -> Item:
        """The item of a row."""
        first, last, frame = self.frames[row].tolist()
        tracks = tuple(id for id in self.tracks[row].tolist() if id)
        clip_id, value, note = int(self.clips[row]), float(self.values[row]), int(self.notes[row])
        return Item(clip_id, tracks, first, last, frame, value, note, self.proposals.get(row))

    def take(self, rows: np.ndarray) -> "Findings":
        """Some rows (bool or int index), in that order."""
        rows = np.arange(len(self))[rows]
        kept = {new: self.proposals[old] for new, old in enumerate(rows.tolist()) if old in self.proposals}
        return Findings(
            self.clips[rows], self.tracks[rows], self.frames[rows], self.values[rows], self.notes[rows], kept
        )

    def without_clips(self, ids: Collection[int]) -> "Findings":
        """The same without what lies in some clips."""
        gone = np.isin(self.clips, list(ids))
        if not gone.any():
            return self
        ends = np.flatnonzero(np.diff(gone, prepend=True, append=True))  # clip by clip: a few long runs
        return Findings.join([self._run(*ends[at : at + 2].tolist()) for at in range(0, len(ends), 2)])

    def _run(self, start: int, end: int) -> "Findings":
        """The rows from one to before another, as views."""
        some = slice(start, end)
        kept = {row - start: one for row, one in self.proposals.items() if start <= row < end}
        columns = self.clips[some], self.tracks[some], self.frames[some], self.values[some], self.notes[some]
        return Findings(*columns, kept)

    @staticmethod
    def of_items(items: Sequence[Item]) -> "Findings":
        """A row for each item."""
        return Findings(
            clips=np.array([one.clip_id for one in items], np.int64),
            tracks=np.array([(*one.tracks, 0)[:2] for one in items], np.int64).reshape(-1, 2),
            frames=np.array([(one.first, one.last, one.frame) for one in items], np.int32).reshape(-1, 3),
            values=np.array([one.value for one in items], np.float64),
            notes=np.array([one.note for one in items], np.int64),
            proposals={row: one.proposal for row, one in enumerate(items) if one.proposal is not None},
        )

    @staticmethod
    def join(parts: Sequence["Findings"]) -> "Findings":
        """The rows of several, one after the other."""
        parts = [Findings(), *parts]
        starts = np.cumsum([0, *(len(part) for part in parts)]).tolist()
        return Findings(
            clips=np.concatenate([part.clips for part in parts]),
            tracks=np.concatenate([part.tracks for part in parts]),
            frames=np.concatenate([part.frames for part in parts]),
            values=np.concatenate([part.values for part in parts]),
            notes=np.concatenate([part.notes for part in parts]),
            proposals={
                start + row: one
                for start, part in zip(starts, parts, strict=False)
                for row, one in part.proposals.items()
            },
        )
