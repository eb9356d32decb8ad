"""What a person decides about frames of an object that the densifier filled, each a step of undo."""

from dataclasses import dataclass

from sqlalchemy import select

from core.errors import StudioError
from core.trajectories import schema
from core.trajectories.model import KEYFRAMES, Flag, Kind
from core.trajectories.recorder import Recorder
from core.trajectories.trajectory_rows import head_of, origins_of, set_span


@dataclass(frozen=True)
class _OfFrames:
    """An edit of the frames `first` to `last`, both included, of an object."""

    clip_id: int
    trajectory_id: int
    first: int
    last: int

    @property
    def rows(self) -> int:
        return self.last - self.first + 1

    @property
    def named(self) -> str:
        where = f"frame {self.first}" if self.first == self.last else f"frames {self.first} to {self.last}"
        return f"{where} of track {self.trajectory_id}"


@dataclass(frozen=True)
class AcceptFill(_OfFrames):
    """Say that what was filled is right though ways of filling disagree: it is not to be checked any more."""

    @property
    def text(self) -> str:
        return f"Accept {self.named}"

    def write(self, rows: Recorder) -> None:
        head_of(rows, self.trajectory_id, Kind.OBJECT)
        o = schema.observation.c
        query = select(o.frame, o.flags).where(
            o.trajectory_id == self.trajectory_id, o.frame.between(self.first, self.last)
        )
        flagged = {
            (self.trajectory_id, row.frame): {"flags": row.flags & ~int(Flag.DISAGREES)}
            for row in rows.connection.execute(query)
            if row.flags & Flag.DISAGREES
        }
        if not flagged:
            raise StudioError(f"Nothing is to be checked in {self.named}.")
        rows.update(schema.observation, flagged)


@dataclass(frozen=True)
class RejectFill(_OfFrames):
    """Take away what was filled; keyframes stay."""

    @property
    def text(self) -> str:
        return f"Reject what fills {self.named}"

    def write(self, rows: Recorder) -> None:
        head_of(rows, self.trajectory_id, Kind.OBJECT)
        origins = origins_of(rows, self.trajectory_id)
        gone = [
            frame
            for frame, origin in origins.items()
            if self.first <= frame <= self.last and origin not in KEYFRAMES
        ]
        if not gone:
            raise StudioError(f"Nothing was filled in {self.named}.")
        if len(gone) == len(origins):
            raise StudioError(
                f"That would leave nothing of track {self.trajectory_id}; reject the track instead."
            )
        rows.delete(schema.observation, [(self.trajectory_id, frame) for frame in gone])
        set_span(rows, self.trajectory_id)
