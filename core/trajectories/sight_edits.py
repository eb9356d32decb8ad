"""What a person says of an object's sight from a frame on, up to its next keyframe; each a step of undo."""

from dataclasses import dataclass
from typing import Any, ClassVar

from core.errors import StudioError
from core.trajectories import schema
from core.trajectories.journal import Recorder
from core.trajectories.model import KEYFRAMES, Flag, Kind, Origin
from core.trajectories.trajectory_rows import head_of, keyframe_flags, observations_of, set_span


@dataclass(frozen=True)
class _FromHere:
    """An edit of some objects from a frame on."""

    clip_id: int
    trajectory_ids: tuple[int, ...]
    frame: int
    rows: ClassVar[int] = 1

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
            here = observations_of(rows, id).get(self.frame)
            if here is None:
                raise StudioError(f"Track {id} has nothing at frame {self.frame}; draw a box there.")
            flags = keyframe_flags(rows, id, self.frame) & ~Flag.OCCLUDED
            _set(rows, here, flags | (Flag.OCCLUDED if self.occluded else 0))


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
            observations = observations_of(rows, id)
            before = max((frame for frame in observations if frame < self.frame), default=None)
            if before is None:
                raise StudioError(
                    f"Track {id} is not there before frame {self.frame}; trim its start (Ctrl+[) instead."
                )
            if self.outside:
                self._take_out(rows, id, observations, before)
            elif self.frame in observations:
                raise StudioError(f"Track {id} is in sight at frame {self.frame}.")
            else:
                self._bring_back(rows, observations[before])
            set_span(rows, id)

    def _take_out(
        self, rows: Recorder, id: int, observations: dict[int, dict[str, Any]], before: int
    ) -> None:
        later = (f for f, row in observations.items() if f > self.frame and row["origin"] in KEYFRAMES)
        end = min(later, default=max(observations) + 1)
        last, flags = observations[before], keyframe_flags(rows, id, before)
        rows.delete(schema.observation, [(id, frame) for frame in observations if self.frame <= frame < end])
        _set(rows, last, flags | Flag.OUTSIDE)

    def _bring_back(self, rows: Recorder, last: dict[str, Any]) -> None:
        if last["frame"] == self.frame - 1:
            key = (last["trajectory_id"], last["frame"])
            rows.update(schema.observation, {key: {"flags": last["flags"] & ~Flag.OUTSIDE}})
            return
        flags = last["flags"] & ~Flag.OUTSIDE
        new = {**last, "frame": self.frame, "origin": int(Origin.EDITED), "overlap": None, "flags": flags}
        rows.insert(schema.observation, [new])


def _set(rows: Recorder, row: dict[str, Any], flags: int) -> None:
    """Give an observation flags; what was filled becomes a keyframe of a person's."""
    values: dict[str, Any] = {"flags": flags}
    if row["origin"] not in KEYFRAMES:
        values |= {"origin": int(Origin.EDITED), "confidence": 1.0, "overlap": None}
    rows.update(schema.observation, {(row["trajectory_id"], row["frame"]): values})
