"""What a person says of an object's sight from a frame on, up to its next keyframe; each a step of undo."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.errors import StudioError
from core.trajectories import schema
from core.trajectories.model import KEYFRAMES, Flag, Kind, Origin
from core.trajectories.recorder import Recorder
from core.trajectories.trajectory_rows import head_of, keyframe_flags, origins_of, set_span

_OF_EACH = 50
"""Rows that each track counts for: what lies between two keyframes goes, or is filled again."""


@dataclass(frozen=True)
class _FromHere:
    """An edit of some objects from a frame on."""

    clip_id: int
    trajectory_ids: tuple[int, ...]
    frame: int

    @property
    def rows(self) -> int:
        return _OF_EACH * len(self.trajectory_ids)

    @property
    def named(self) -> str:
        ids = self.trajectory_ids
        return f"track {ids[0]}" if len(ids) == 1 else f"{len(ids):,} tracks"


@dataclass(frozen=True)
class SetOccluded(_FromHere):
    """Say whether objects are hidden in part from a frame on: they have keyframes there afterwards."""

    occluded: bool

    @property
    def text(self) -> str:
        how = "occluded" if self.occluded else "not occluded"
        return f"{self.named[:1].upper()}{self.named[1:]} {how} from frame {self.frame}"

    def write(self, rows: Recorder) -> None:
        for id in self.trajectory_ids:
            if self.frame not in origins_of(rows, id):
                raise StudioError(f"Track {id} has nothing at frame {self.frame}; draw a box there.")
            flags = keyframe_flags(rows, id, self.frame) & ~Flag.OCCLUDED
            _set(rows, id, self.frame, flags | (Flag.OCCLUDED if self.occluded else 0))


@dataclass(frozen=True)
class SetOutside(_FromHere):
    """Say whether objects are out of sight from a frame on.

    What was there up to the next keyframe goes, and what was last seen before becomes a keyframe that says
    so. Back in sight, an object has the keyframe that it went out with, or nothing but that it may be filled
    again where the frame is the first without it.
    """

    outside: bool

    @property
    def text(self) -> str:
        how = "out of sight" if self.outside else "back in sight"
        return f"{self.named[:1].upper()}{self.named[1:]} {how} from frame {self.frame}"

    def write(self, rows: Recorder) -> None:
        for id in self.trajectory_ids:
            head_of(rows, id, Kind.OBJECT)
            origins = origins_of(rows, id)
            before = max((frame for frame in origins if frame < self.frame), default=None)
            if before is None:
                raise StudioError(
                    f"Track {id} is not there before frame {self.frame}; trim its start instead."
                )
            if self.outside:
                self._take_out(rows, id, origins, before)
            elif self.frame in origins:
                raise StudioError(f"Track {id} is in sight at frame {self.frame}.")
            else:
                self._bring_back(rows, id, before)
            set_span(rows, id)

    def _take_out(self, rows: Recorder, id: int, origins: dict[int, int], before: int) -> None:
        later = (frame for frame, origin in origins.items() if frame > self.frame and origin in KEYFRAMES)
        end = min(later, default=max(origins) + 1)
        flags = keyframe_flags(rows, id, before)
        rows.delete(schema.observation, [(id, frame) for frame in origins if self.frame <= frame < end])
        _set(rows, id, before, flags | Flag.OUTSIDE)

    def _bring_back(self, rows: Recorder, id: int, before: int) -> None:
        o = schema.observation
        here = select(o).where(o.c.trajectory_id == id, o.c.frame == before)
        last = dict(rows.connection.execute(here).mappings().one())
        flags = last["flags"] & ~Flag.OUTSIDE
        if before == self.frame - 1:
            rows.update(o, {(id, before): {"flags": flags}})
        else:
            new = {"frame": self.frame, "origin": int(Origin.EDITED), "overlap": None, "flags": flags}
            rows.insert(o, [{**last, **new}])


def _set(rows: Recorder, id: int, frame: int, flags: int) -> None:
    """Give an observation flags; what was filled becomes a keyframe of a person's."""
    o = schema.observation.c
    here = select(o.origin).where(o.trajectory_id == id, o.frame == frame)
    values: dict[str, Any] = {"flags": flags}
    if rows.connection.scalar(here) not in KEYFRAMES:
        values |= {"origin": int(Origin.EDITED), "confidence": 1.0, "overlap": None}
    rows.update(schema.observation, {(id, frame): values})
