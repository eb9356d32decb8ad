"""What a person does to a trajectory at one frame or a few, each a step of undo (see `journal.py`).

Frames count from 0, boxes and points are in pixels of the frame. Where the two kinds differ, the
docstring says so.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sqlalchemy import select

from core.errors import StudioError
from core.trajectories import schema, store
from core.trajectories.model import (
    CHOSEN,
    FILLINGS,
    KEYFRAMES,
    Flag,
    Kind,
    ObjectTrajectory,
    Origin,
)
from core.trajectories.recorder import Recorder
from core.trajectories.sight_edits import SetOutside
from core.trajectories.trajectory_edits import DeleteTrajectories
from core.trajectories.trajectory_rows import (
    head_of,
    keyframe_flags,
    new_object_row,
    observation_row,
    origins_of,
    read_path,
    set_path,
    set_span,
    take_out,
)


@dataclass(frozen=True, eq=False)
class AddObject:
    """Start an object trajectory with one keyframe; `box` (4,), `mask` run lengths or None."""

    clip_id: int
    label: str
    frame: int
    box: np.ndarray
    mask: bytes | None = None
    annotator: int = 0
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"New object {self.label}".rstrip()

    def write(self, rows: Recorder) -> None:
        head = new_object_row(self.clip_id, self.label, self.annotator, self.frame, self.frame)
        (trajectory_id,) = rows.insert(schema.trajectory, [head])
        observation = observation_row(trajectory_id, self.frame, self.box, Origin.EDITED, 1.0, self.mask)
        rows.insert(schema.observation, [observation])


@dataclass(frozen=True, eq=False)
class SetObservation:
    """Give an object a keyframe: `box` (4,), `mask` run lengths or None, drawn by a person."""

    clip_id: int
    trajectory_id: int
    frame: int
    box: np.ndarray
    mask: bytes | None
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Edit track {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Recorder) -> None:
        head_of(rows, self.trajectory_id, Kind.OBJECT)
        flags = keyframe_flags(rows, self.trajectory_id, self.frame)
        row = observation_row(
            self.trajectory_id, self.frame, self.box, Origin.EDITED, 1.0, self.mask, flags=flags
        )
        if self.frame in origins_of(rows, self.trajectory_id):
            rows.update(schema.observation, {(self.trajectory_id, self.frame): row})
        else:
            rows.insert(schema.observation, [row])
        set_span(rows, self.trajectory_id)


@dataclass(frozen=True)
class MakeKeyframe:
    """Confirm the propagated observation of an object at a frame as it is."""

    clip_id: int
    trajectory_id: int
    frame: int
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Keyframe of track {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Recorder) -> None:
        origin = origins_of(rows, self.trajectory_id).get(self.frame)
        if origin is None:
            raise StudioError(
                f"Track {self.trajectory_id} has nothing at frame {self.frame}; draw a box there."
            )
        if origin in KEYFRAMES:
            raise StudioError(f"Track {self.trajectory_id} already has a keyframe at frame {self.frame}.")
        flags = keyframe_flags(rows, self.trajectory_id, self.frame)
        values = {"origin": int(Origin.EDITED), "confidence": 1.0, "overlap": None, "flags": flags}
        rows.update(schema.observation, {(self.trajectory_id, self.frame): values})


GOES_OUT = "goes out of sight after this keyframe; take that back first (O in the next frame)."
"""Why a keyframe stays one."""


@dataclass(frozen=True)
class DemoteKeyframe:
    """Let a keyframe of an object count as filled; its shape stays until it is filled again."""

    clip_id: int
    trajectory_id: int
    frame: int
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"No keyframe of track {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Recorder) -> None:
        origins = origins_of(rows, self.trajectory_id)
        if origins.get(self.frame) not in KEYFRAMES:
            raise StudioError(f"Track {self.trajectory_id} has no keyframe at frame {self.frame}.")
        if sum(origin in KEYFRAMES for origin in origins.values()) == 1:
            raise StudioError(f"This is the only keyframe of track {self.trajectory_id}; it needs one.")
        if keyframe_flags(rows, self.trajectory_id, self.frame) & Flag.OUTSIDE:
            raise StudioError(f"Track {self.trajectory_id} {GOES_OUT}")
        values = {"origin": int(Origin.PROPAGATED), "overlap": None, "flags": 0}
        rows.update(schema.observation, {(self.trajectory_id, self.frame): values})


@dataclass(frozen=True)
class MoveKeyframe:
    """Give a keyframe of an object, shape and flags, to another frame between the keyframes beside it.

    Where what is filled goes on behind it, its old frame counts as filled until it is filled again; else the
    object begins or ends at the keyframe, as it did, or has nothing between its keyframes, as before.
    """

    clip_id: int
    trajectory_id: int
    frame: int
    to: int
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Move keyframe of track {self.trajectory_id} from frame {self.frame} to {self.to}"

    def write(self, rows: Recorder) -> None:
        head_of(rows, self.trajectory_id, Kind.OBJECT)
        origins, o = origins_of(rows, self.trajectory_id), schema.observation.c
        keys = {frame for frame, origin in origins.items() if origin in KEYFRAMES}
        if self.frame not in keys:
            raise StudioError(f"Track {self.trajectory_id} has no keyframe at frame {self.frame}.")
        low, high = sorted((self.frame, self.to))
        if low == high or low < 0 or keys & set(range(low, high + 1)) != {self.frame}:
            raise StudioError("A keyframe moves to a free frame between the keyframes beside it.")
        here = (o.trajectory_id == self.trajectory_id) & (o.frame == self.frame)
        row = dict(rows.connection.execute(select(schema.observation).where(here)).mappings().one())
        left = self.frame if self.to == low else max((key for key in keys if key < low), default=None)
        goes_on = min(origins) < low if self.to == high else max(origins) > high
        beside = {self.frame - 1, self.frame + 1} & origins.keys() - keys
        if goes_on and beside and not (left is not None and self._goes_out(rows, left)):
            filled = {"origin": int(Origin.PROPAGATED), "overlap": None, "flags": 0}
            rows.update(schema.observation, {(self.trajectory_id, self.frame): filled})
        else:
            gone = [frame for frame in origins if low <= frame <= high and frame != self.to]
            rows.delete(schema.observation, [(self.trajectory_id, frame) for frame in gone])
        moved = {**row, "frame": self.to, "origin": int(Origin.EDITED), "overlap": None}
        if self.to in origins:
            rows.update(schema.observation, {(self.trajectory_id, self.to): moved})
        else:
            rows.insert(schema.observation, [moved])
        set_span(rows, self.trajectory_id)

    def _goes_out(self, rows: Recorder, keyframe: int) -> bool:
        """Whether the object is not seen after a keyframe."""
        o = schema.observation.c
        flags = select(o.flags).where(o.trajectory_id == self.trajectory_id, o.frame == keyframe)
        return bool((rows.connection.scalar(flags) or 0) & Flag.OUTSIDE)


@dataclass(frozen=True, eq=False)
class CarryObservations:
    """Give an object what was found by carrying it on from a frame; keyframes on the way stay.

    Attributes:
        frame: where it was carried on from.
        found: propagated observations.
    """

    clip_id: int
    trajectory_id: int
    frame: int
    found: ObjectTrajectory

    @property
    def text(self) -> str:
        way = "back" if len(self.found.frames) and self.found.frames[0] < self.frame else "on"
        return f"Carry track {self.trajectory_id} {way} from frame {self.frame}"

    @property
    def rows(self) -> int:
        return len(self.found.frames)

    def write(self, rows: Recorder) -> None:
        rows.by_program = True
        head_of(rows, self.trajectory_id, Kind.OBJECT)
        origins, found = origins_of(rows, self.trajectory_id), self.found
        new = {
            frame: observation_row(self.trajectory_id, frame, box, Origin.PROPAGATED, confidence, mask)
            for frame, box, confidence, mask in zip(
                found.frames.tolist(), found.boxes, found.confidence, found.masks, strict=True
            )
            if origins.get(frame) not in KEYFRAMES
        }
        replaced = {(self.trajectory_id, frame): row for frame, row in new.items() if frame in origins}
        rows.update(schema.observation, replaced)
        rows.insert(schema.observation, [row for frame, row in new.items() if frame not in origins])
        set_span(rows, self.trajectory_id)


@dataclass(frozen=True)
class SetFilling:
    """Choose how objects are filled between their keyframes, which remember it: a method of `FILLINGS`."""

    clip_id: int
    trajectory_ids: tuple[int, ...]
    method: str
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        count = len(self.trajectory_ids)
        whose = f"track {self.trajectory_ids[0]}" if count == 1 else f"{count:,} tracks"
        return f"Fill {whose} {FILLING_WORDS[self.method]}"

    def write(self, rows: Recorder) -> None:
        o = schema.observation.c
        query = select(o.trajectory_id, o.frame, o.flags)
        keys = o.origin.in_([int(origin) for origin in KEYFRAMES])
        chosen: dict[tuple[int, int], dict[str, int]] = {}
        for some in store.batches(self.trajectory_ids):
            for id, frame, flags in rows.connection.execute(query.where(o.trajectory_id.in_(some), keys)):
                chosen[id, frame] = {"flags": (flags & ~CHOSEN) | FILLINGS[self.method]}
        rows.update(schema.observation, chosen)


FILLING_WORDS = {"box": "straight", "shape": "by shape", "flow": "by flow"}
"""Method of `FILLINGS` → how a person calls it."""


@dataclass(frozen=True)
class MovePoint:
    """Put one observation of a point trajectory elsewhere."""

    clip_id: int
    trajectory_id: int
    frame: int
    x: float
    y: float
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Move point {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Recorder) -> None:
        head = head_of(rows, self.trajectory_id, Kind.POINT)
        if not head.first <= self.frame <= head.last:
            raise StudioError(f"Point {self.trajectory_id} has no observation at frame {self.frame}.")
        xy, error, origin = (array.copy() for array in read_path(head))
        place = self.frame - head.first
        xy[place], error[place], origin[place] = (self.x, self.y), 0, Origin.EDITED
        set_path(rows, head.id, head.first, (xy, error, origin))


@dataclass(frozen=True, eq=False)
class SetPath:
    """Replace part of a point trajectory's path, as path repair does.

    `xy` (K, 2), `origin` (K,) and `error` (K,) stand for the frames from `frame` on.
    """

    clip_id: int
    trajectory_id: int
    frame: int
    xy: np.ndarray
    error: np.ndarray
    origin: np.ndarray
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Repair point {self.trajectory_id}"

    def write(self, rows: Recorder) -> None:
        head = head_of(rows, self.trajectory_id, Kind.POINT)
        if not head.first <= self.frame <= self.frame + len(self.xy) - 1 <= head.last:
            raise StudioError(f"Point {self.trajectory_id} no longer covers those frames; try again.")
        span = slice(self.frame - head.first, self.frame - head.first + len(self.xy))
        path = tuple(array.copy() for array in read_path(head))
        for array, new in zip(path, (self.xy, self.error, self.origin), strict=True):
            array[span] = new
        set_path(rows, head.id, head.first, (path[0], path[1], path[2]))


@dataclass(frozen=True)
class DeleteObservation:
    """Take away what a trajectory has at one frame; a point trajectory falls in two there.

    An object that goes out of sight after it does so a frame earlier.
    """

    clip_id: int
    trajectory_id: int
    frame: int
    rows: ClassVar[int] = 1

    @property
    def text(self) -> str:
        return f"Delete track {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Recorder) -> None:
        head = head_of(rows, self.trajectory_id)
        frames: dict[int, int] = {}
        if head.kind == Kind.OBJECT:
            frames = origins_of(rows, head.id)
            there, alone = self.frame in frames, len(frames) == 1
        else:
            there, alone = head.first <= self.frame <= head.last, head.first == head.last
        if not there:
            raise StudioError(f"Track {head.id} has nothing at frame {self.frame} to delete.")
        if alone:
            DeleteTrajectories(self.clip_id, (head.id,)).write(rows)
        elif head.kind == Kind.OBJECT:
            goes_out = keyframe_flags(rows, head.id, self.frame) & Flag.OUTSIDE
            if goes_out and min(frames) < self.frame:
                SetOutside(self.clip_id, (head.id,), self.frame, True).write(rows)
            else:
                rows.delete(schema.observation, [(head.id, self.frame)])
                set_span(rows, head.id)
        else:
            new = take_out(rows, head, self.frame, self.frame)
            if new is not None:
                rows.text = f"{self.text}; what follows is {new}"
