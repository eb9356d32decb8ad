"""What a person does to trajectories, each a step of undo (see `journal.py`).

Frames count from 0, boxes and points are in pixels of the frame. Where the two kinds differ, the
docstring says so. A trajectory that is split keeps its id for the first part.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Row, func, select

from core.errors import StudioError
from core.trajectories import schema, store
from core.trajectories.journal import Rows
from core.trajectories.model import KEYFRAMES, EndReason, Kind, Origin, Review

PointPath = tuple[
    np.ndarray, np.ndarray, np.ndarray
]  # xy (L, 2) float32, error (L,) float32, origin (L,) uint8


@dataclass(frozen=True, eq=False)
class AddObject:
    """Start an object trajectory with one keyframe; `box` (4,), `mask` run lengths or None."""

    clip_id: int
    label: str
    frame: int
    box: np.ndarray
    mask: bytes | None = None
    annotator: int = 0

    @property
    def text(self) -> str:
        return f"New object {self.label}".rstrip()

    def write(self, rows: Rows) -> None:
        head = {
            "clip_id": self.clip_id,
            "kind": Kind.OBJECT.value,
            "label": self.label,
            "review": int(Review.OPEN),
            "annotator": self.annotator,
            "provenance_id": None,
            "first": self.frame,
            "last": self.frame,
            "end_reason": int(EndReason.UNKNOWN),
        }
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

    @property
    def text(self) -> str:
        return f"Edit track {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Rows) -> None:
        _head(rows, self.trajectory_id, Kind.OBJECT)
        if not (self.box[2] > self.box[0] and self.box[3] > self.box[1]):
            raise StudioError("The box is empty; drag it over at least one pixel.")
        row = observation_row(self.trajectory_id, self.frame, self.box, Origin.EDITED, 1.0, self.mask)
        if self.frame in _frames(rows, self.trajectory_id):
            rows.update(schema.observation, {(self.trajectory_id, self.frame): row})
        else:
            rows.insert(schema.observation, [row])
        _set_span(rows, self.trajectory_id)


@dataclass(frozen=True)
class MakeKeyframe:
    """Confirm the propagated observation of an object at a frame as it is."""

    clip_id: int
    trajectory_id: int
    frame: int

    @property
    def text(self) -> str:
        return f"Keyframe of track {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Rows) -> None:
        origin = _frames(rows, self.trajectory_id).get(self.frame)
        if origin is None:
            raise StudioError(
                f"Track {self.trajectory_id} has nothing at frame {self.frame}; draw a box there."
            )
        if origin in KEYFRAMES:
            raise StudioError(f"Track {self.trajectory_id} already has a keyframe at frame {self.frame}.")
        values = {"origin": int(Origin.EDITED), "confidence": 1.0}
        rows.update(schema.observation, {(self.trajectory_id, self.frame): values})


@dataclass(frozen=True)
class MovePoint:
    """Put one observation of a point trajectory elsewhere."""

    clip_id: int
    trajectory_id: int
    frame: int
    x: float
    y: float

    @property
    def text(self) -> str:
        return f"Move point {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Rows) -> None:
        head = _head(rows, self.trajectory_id, Kind.POINT)
        if not head.first <= self.frame <= head.last:
            raise StudioError(f"Point {self.trajectory_id} has no observation at frame {self.frame}.")
        xy, error, origin = (array.copy() for array in read_path(head))
        place = self.frame - head.first
        xy[place], error[place], origin[place] = (self.x, self.y), 0, Origin.EDITED
        _set_path(rows, head.id, head.first, (xy, error, origin))


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

    @property
    def text(self) -> str:
        return f"Repair point {self.trajectory_id}"

    def write(self, rows: Rows) -> None:
        head = _head(rows, self.trajectory_id, Kind.POINT)
        if not head.first <= self.frame <= self.frame + len(self.xy) - 1 <= head.last:
            raise StudioError(f"Point {self.trajectory_id} no longer covers those frames; try again.")
        span = slice(self.frame - head.first, self.frame - head.first + len(self.xy))
        path = tuple(array.copy() for array in read_path(head))
        for array, new in zip(path, (self.xy, self.error, self.origin), strict=True):
            array[span] = new
        _set_path(rows, head.id, head.first, (path[0], path[1], path[2]))


@dataclass(frozen=True)
class DeleteObservation:
    """Take away what a trajectory has at one frame; a point trajectory falls in two there."""

    clip_id: int
    trajectory_id: int
    frame: int

    @property
    def text(self) -> str:
        return f"Delete track {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Rows) -> None:
        head = _head(rows, self.trajectory_id)
        if head.kind == Kind.OBJECT:
            frames = _frames(rows, head.id)
            there, alone = self.frame in frames, len(frames) == 1
        else:
            there, alone = head.first <= self.frame <= head.last, head.first == head.last
        if not there:
            raise StudioError(f"Track {head.id} has nothing at frame {self.frame} to delete.")
        if alone:
            DeleteTrajectories(self.clip_id, (head.id,)).write(rows)
        elif head.kind == Kind.OBJECT:
            rows.delete(schema.observation, [(head.id, self.frame)])
            _set_span(rows, head.id)
        else:
            place = self.frame - head.first
            path = read_path(head)
            before, after = _part(path, slice(0, place)), _part(path, slice(place + 1, None))
            if len(before[0]) == 0:
                _set_path(rows, head.id, self.frame + 1, after)
            else:
                _set_path(rows, head.id, head.first, before, EndReason.EDITED)
                if len(after[0]):
                    _add_path(rows, head, self.frame + 1, after)


@dataclass(frozen=True)
class DeleteTrajectories:
    """Delete whole trajectories."""

    clip_id: int
    trajectory_ids: tuple[int, ...]

    @property
    def text(self) -> str:
        return f"Delete {_named(self.trajectory_ids)}"

    def write(self, rows: Rows) -> None:
        for trajectory_id in self.trajectory_ids[:1]:
            _head(rows, trajectory_id)
        o = schema.observation.c
        for some in store.batches(self.trajectory_ids):
            query = select(o.trajectory_id, o.frame).where(o.trajectory_id.in_(some))
            rows.delete(schema.observation, [tuple(row) for row in rows.connection.execute(query)])
        rows.delete(schema.trajectory, [(trajectory_id,) for trajectory_id in self.trajectory_ids])


@dataclass(frozen=True)
class Split:
    """Cut a trajectory: the frames from `frame` on become a new one."""

    clip_id: int
    trajectory_id: int
    frame: int

    @property
    def text(self) -> str:
        return f"Split track {self.trajectory_id} at frame {self.frame}"

    def write(self, rows: Rows) -> None:
        head = _head(rows, self.trajectory_id)
        if not head.first < self.frame <= head.last:
            raise StudioError(
                f"Track {head.id} runs from frame {head.first} to {head.last}; split it at a frame inside."
            )
        if head.kind == Kind.OBJECT:
            (new,) = rows.insert(schema.trajectory, [_copy(head)])
            _move_observations(rows, head.id, new, self.frame)
            _set_span(rows, head.id)
            _set_span(rows, new)
        else:
            place = self.frame - head.first
            path = read_path(head)
            _set_path(rows, head.id, head.first, _part(path, slice(0, place)), EndReason.EDITED)
            _add_path(rows, head, self.frame, _part(path, slice(place, None)))


@dataclass(frozen=True)
class Merge:
    """Make one trajectory of several; the one that starts first keeps its id.

    Objects may share frames: there a keyframe wins, then the earlier trajectory. Points may not;
    the gap between them is filled by straight lines, marked as propagated.
    """

    clip_id: int
    trajectory_ids: tuple[int, ...]

    @property
    def text(self) -> str:
        return f"Merge {_named(self.trajectory_ids)}"

    def write(self, rows: Rows) -> None:
        heads = [_head(rows, trajectory_id) for trajectory_id in dict.fromkeys(self.trajectory_ids)]
        heads.sort(key=lambda head: (head.first, head.id))
        if len(heads) < 2 or len({head.kind for head in heads}) > 1:
            raise StudioError("Select at least two tracks of one kind, objects or points, to merge them.")
        first = heads[0]
        if first.kind == Kind.OBJECT:
            self._merge_objects(rows, [head.id for head in heads])
        else:
            path, end = read_path(first), first.last
            for head in heads[1:]:
                if head.first <= end:
                    raise StudioError(
                        f"Points {first.id} and {head.id} overlap in time; trim one of them, then merge."
                    )
                path, end = _joined(path, read_path(head), head.first - end - 1), head.last
            _set_path(rows, first.id, first.first, path, EndReason(heads[-1].end_reason))
        rows.delete(schema.trajectory, [(head.id,) for head in heads[1:]])

    def _merge_objects(self, rows: Rows, ids: Sequence[int]) -> None:
        kept = _observations(rows, ids[0])
        for trajectory_id in ids[1:]:
            others = _observations(rows, trajectory_id)
            rows.delete(schema.observation, [(trajectory_id, frame) for frame in others])
            for frame, row in others.items():
                mine = kept.get(frame)
                if mine is None or (mine["origin"] not in KEYFRAMES and row["origin"] in KEYFRAMES):
                    kept[frame] = {**row, "trajectory_id": ids[0]}
        there = _frames(rows, ids[0])
        changed = {(ids[0], frame): row for frame, row in kept.items() if frame in there}
        rows.update(schema.observation, changed)
        rows.insert(schema.observation, [row for frame, row in kept.items() if frame not in there])
        _set_span(rows, ids[0])


@dataclass(frozen=True)
class Swap:
    """Exchange what two trajectories of one kind are from a frame on (an identity swap, undone)."""

    clip_id: int
    first_id: int
    second_id: int
    frame: int

    @property
    def text(self) -> str:
        return f"Swap tracks {self.first_id} and {self.second_id} from frame {self.frame}"

    def write(self, rows: Rows) -> None:
        a, b = _head(rows, self.first_id), _head(rows, self.second_id)
        if a.kind != b.kind or a.id == b.id:
            raise StudioError("Select two tracks of one kind, objects or points, to swap them.")
        for head in (a, b):
            if not head.first < self.frame <= head.last:
                raise StudioError(
                    f"Track {head.id} does not run through frame {self.frame}; it cannot be swapped."
                )
        if a.kind == Kind.OBJECT:
            ours = {f: row for f, row in _observations(rows, a.id).items() if f >= self.frame}
            theirs = {f: row for f, row in _observations(rows, b.id).items() if f >= self.frame}
            rows.delete(schema.observation, [(a.id, f) for f in ours] + [(b.id, f) for f in theirs])
            swapped = [{**row, "trajectory_id": b.id} for row in ours.values()]
            swapped += [{**row, "trajectory_id": a.id} for row in theirs.values()]
            rows.insert(schema.observation, swapped)
            _set_span(rows, a.id)
            _set_span(rows, b.id)
        else:
            pa, pb = read_path(a), read_path(b)
            ka, kb = self.frame - a.first, self.frame - b.first
            new_a = tuple(np.concatenate((x[:ka], y[kb:])) for x, y in zip(pa, pb, strict=True))
            new_b = tuple(np.concatenate((y[:kb], x[ka:])) for x, y in zip(pa, pb, strict=True))
            _set_path(rows, a.id, a.first, (new_a[0], new_a[1], new_a[2]), EndReason(b.end_reason))
            _set_path(rows, b.id, b.first, (new_b[0], new_b[1], new_b[2]), EndReason(a.end_reason))


@dataclass(frozen=True)
class Trim:
    """Keep only the frames `first` to `last`, both included."""

    clip_id: int
    trajectory_id: int
    first: int
    last: int

    @property
    def text(self) -> str:
        return f"Trim track {self.trajectory_id} to frames {self.first} to {self.last}"

    def write(self, rows: Rows) -> None:
        head = _head(rows, self.trajectory_id)
        first, last = max(self.first, head.first), min(self.last, head.last)
        if (first, last) == (head.first, head.last):
            raise StudioError(
                f"Track {head.id} has nothing outside frames {self.first} to {self.last} to trim."
            )
        if head.kind == Kind.OBJECT:
            frames = _frames(rows, head.id)
            gone = [(head.id, frame) for frame in frames if not first <= frame <= last]
            if len(gone) == len(frames):
                raise StudioError(f"Trimming would leave nothing of track {head.id}; delete it instead.")
            rows.delete(schema.observation, gone)
            _set_span(rows, head.id)
        else:
            if first > last:
                raise StudioError(f"Trimming would leave nothing of point {head.id}; delete it instead.")
            path = _part(read_path(head), slice(first - head.first, last - head.first + 1))
            reason = EndReason.EDITED if last < head.last else EndReason(head.end_reason)
            _set_path(rows, head.id, first, path, reason)


@dataclass(frozen=True)
class Relabel:
    """Name trajectories."""

    clip_id: int
    trajectory_ids: tuple[int, ...]
    label: str

    @property
    def text(self) -> str:
        return f"Label {_named(self.trajectory_ids)} {self.label!r}"

    def write(self, rows: Rows) -> None:
        _set_heads(rows, self.trajectory_ids, label=self.label[:255])


@dataclass(frozen=True)
class SetReview:
    """Accept, reject or reopen trajectories."""

    clip_id: int
    trajectory_ids: tuple[int, ...]
    review: Review

    @property
    def text(self) -> str:
        verb = {Review.OPEN: "Reopen", Review.ACCEPTED: "Accept", Review.REJECTED: "Reject"}[self.review]
        return f"{verb} {_named(self.trajectory_ids)}"

    def write(self, rows: Rows) -> None:
        _set_heads(rows, self.trajectory_ids, review=int(self.review))


@dataclass(frozen=True)
class ChooseAnnotator:
    """Choose whose objects of a clip are shown and used."""

    clip_id: int
    annotator: int

    @property
    def text(self) -> str:
        return f"Use annotator {self.annotator + 1}"

    def write(self, rows: Rows) -> None:
        rows.update(schema.clip, {(self.clip_id,): {"annotator": self.annotator}})


def observation_row(
    trajectory_id: int, frame: int, box: np.ndarray, origin: int, confidence: float, mask: bytes | None
) -> dict[str, Any]:
    """A row of `observation`."""
    x1, y1, x2, y2 = (float(value) for value in box)
    return {
        "trajectory_id": trajectory_id,
        "frame": int(frame),
        "x1": x1,
        "y1": y1,
        "x2": x2,
        "y2": y2,
        "origin": int(origin),
        "confidence": float(confidence),
        "mask": mask,
    }


def path_values(first: int, path: PointPath) -> dict[str, Any]:
    """The columns of `trajectory` that hold a point trajectory's path."""
    xy, error, origin = path
    return {
        "first": int(first),
        "last": int(first) + len(xy) - 1,
        "xy": np.ascontiguousarray(xy, "<f4").tobytes(),
        "error": np.ascontiguousarray(error, "<f4").tobytes(),
        "origin": np.ascontiguousarray(origin, np.uint8).tobytes(),
    }


def read_path(head: Row[Any]) -> PointPath:
    """The path kept in a row of `trajectory`; read-only views."""
    xy = np.frombuffer(head.xy, "<f4").reshape(-1, 2)
    return xy, np.frombuffer(head.error, "<f4"), np.frombuffer(head.origin, np.uint8)


def _head(rows: Rows, trajectory_id: int, kind: Kind | None = None) -> Row[Any]:
    query = select(schema.trajectory).where(schema.trajectory.c.id == trajectory_id)
    head = rows.connection.execute(query).first()
    if head is None:
        raise StudioError(f"Track {trajectory_id} no longer exists; choose another.")
    if kind is not None and head.kind != kind:
        raise StudioError(f"Track {trajectory_id} is of kind {head.kind}; choose one of kind {kind}.")
    return head


def _copy(head: Row[Any]) -> dict[str, Any]:
    values = dict(head._mapping)
    del values["id"]
    return values


def _frames(rows: Rows, trajectory_id: int) -> dict[int, int]:
    """Frame → origin of an object's observations."""
    o = schema.observation.c
    query = select(o.frame, o.origin).where(o.trajectory_id == trajectory_id)
    return {row.frame: row.origin for row in rows.connection.execute(query)}


def _observations(rows: Rows, trajectory_id: int) -> dict[int, dict[str, Any]]:
    o = schema.observation
    query = select(o).where(o.c.trajectory_id == trajectory_id)
    return {row["frame"]: dict(row) for row in rows.connection.execute(query).mappings()}


def _move_observations(rows: Rows, source: int, target: int, frame: int) -> None:
    moved = {f: row for f, row in _observations(rows, source).items() if f >= frame}
    rows.delete(schema.observation, [(source, f) for f in moved])
    rows.insert(schema.observation, [{**row, "trajectory_id": target} for row in moved.values()])


def _set_span(rows: Rows, trajectory_id: int) -> None:
    """Make first and last of an object agree with its observations."""
    o, t = schema.observation.c, schema.trajectory.c
    query = select(func.min(o.frame), func.max(o.frame)).where(o.trajectory_id == trajectory_id)
    span = tuple(rows.connection.execute(query).one())
    old = rows.connection.execute(select(t.first, t.last).where(t.id == trajectory_id)).one()
    if span != tuple(old):
        rows.update(schema.trajectory, {(trajectory_id,): {"first": span[0], "last": span[1]}})


def _set_heads(rows: Rows, ids: Sequence[int], **values: Any) -> None:
    for trajectory_id in ids[:1]:
        _head(rows, trajectory_id)
    rows.update(schema.trajectory, {(trajectory_id,): values for trajectory_id in ids})


def _set_path(
    rows: Rows, trajectory_id: int, first: int, path: PointPath, end_reason: EndReason | None = None
) -> None:
    values = path_values(first, path)
    if end_reason is not None:
        values["end_reason"] = int(end_reason)
    rows.update(schema.trajectory, {(trajectory_id,): values})


def _add_path(rows: Rows, like: Row[Any], first: int, path: PointPath) -> None:
    rows.insert(schema.trajectory, [{**_copy(like), **path_values(first, path)}])


def _part(path: PointPath, span: slice) -> PointPath:
    return path[0][span], path[1][span], path[2][span]


def _joined(a: PointPath, b: PointPath, gap: int) -> PointPath:
    weights = (np.arange(1, gap + 1) / (gap + 1))[:, None]
    between = a[0][-1] * (1 - weights) + b[0][0] * weights
    return (
        np.concatenate((a[0], between, b[0])).astype(np.float32),
        np.concatenate((a[1], np.full(gap, np.nan), b[1])).astype(np.float32),
        np.concatenate((a[2], np.full(gap, Origin.PROPAGATED), b[2])).astype(np.uint8),
    )


def _named(ids: Sequence[int]) -> str:
    return f"track {ids[0]}" if len(ids) == 1 else f"{len(ids)} tracks"
