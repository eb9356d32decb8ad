"""One trajectory's rows within an edit: read, written, moved."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Row, bindparam, func, select

from core.errors import StudioError
from core.trajectories import schema
from core.trajectories.model import (
    CHOSEN,
    KEYFRAMES,
    EndReason,
    Flag,
    Kind,
    ObjectTrajectory,
    Origin,
    Review,
)
from core.trajectories.recorder import Recorder
from core.trajectories.rule import Column
from core.trajectories.sight import occluded_of

PointPath = tuple[np.ndarray, np.ndarray, np.ndarray]
"""`xy` (L, 2) float32, `error` (L,) float32, `origin` (L,) uint8 of a point trajectory."""

_EMPTY_BOX = "The box is empty; drag it over at least one pixel."
_HEAD = select(schema.trajectory).where(schema.trajectory.c.id == bindparam("id"))


def new_object_row(clip_id: int, label: str, annotator: int, first: int, last: int) -> dict[str, Any]:
    """A row of `trajectory`: an object that a person begins."""
    return {
        "clip_id": clip_id,
        "kind": Kind.OBJECT.value,
        "label": label,
        "review": int(Review.OPEN),
        "annotator": annotator,
        "provenance_id": None,
        "first": first,
        "last": last,
        "end_reason": int(EndReason.UNKNOWN),
    }


def observation_row(
    trajectory_id: int,
    frame: int,
    box: np.ndarray,
    origin: int,
    confidence: float,
    mask: bytes | None,
    overlap: float = np.nan,
    flags: int = 0,
) -> dict[str, Any]:
    """A row of `observation`; without more, one that was never audited and has no flags.

    Raises:
        StudioError: a person drew an empty box.
    """
    x1, y1, x2, y2 = (float(value) for value in box)
    if origin == Origin.EDITED and not (x2 > x1 and y2 > y1):
        raise StudioError(_EMPTY_BOX)
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
        "overlap": None if np.isnan(overlap) else float(overlap),
        "flags": int(flags),
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


def head_of(rows: Recorder, trajectory_id: int, kind: Kind | None = None) -> Row[Any]:
    """The row of a trajectory, of a kind where one is asked for.

    Raises:
        StudioError: there is none.
    """
    head = rows.connection.execute(_HEAD, {"id": trajectory_id}).first()
    if head is None:
        raise StudioError(f"Track {trajectory_id} no longer exists; choose another.")
    if kind is not None and head.kind != kind:
        raise StudioError(f"Track {trajectory_id} is of kind {head.kind}; choose one of kind {kind}.")
    rows.remember(schema.trajectory, (trajectory_id,), dict(head._mapping))
    return head


def observation_columns(ids: Sequence[int], objects: Sequence[ObjectTrajectory]) -> dict[str, Column]:
    """The columns of `observation` of whole objects with these ids, by object, then frame.

    Raises:
        StudioError: a person drew an empty box.
    """

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(one, name) for one in objects])

    boxes, origin, overlap = joined("boxes").astype(np.float64), joined("origin"), joined("overlap")
    x1, y1, x2, y2 = boxes.T
    if ((origin == Origin.EDITED) & ~((x2 > x1) & (y2 > y1))).any():
        raise StudioError(_EMPTY_BOX)
    audited = ~np.isnan(overlap)
    return {
        "trajectory_id": np.repeat(ids, [len(one.frames) for one in objects]),
        "frame": joined("frames"),
        "x1": x1,
        "y1": y1,
        "x2": x2,
        "y2": y2,
        "origin": origin,
        "confidence": joined("confidence"),
        "mask": [mask for one in objects for mask in one.masks],
        "overlap": [
            value if known else None for value, known in zip(overlap.tolist(), audited.tolist(), strict=True)
        ],
        "flags": joined("flags"),
    }


def copy_of(head: Row[Any]) -> dict[str, Any]:
    """A row of `trajectory` without its id, to insert another like it."""
    values = dict(head._mapping)
    del values["id"]
    return values


def origins_of(rows: Recorder, trajectory_id: int) -> dict[int, int]:
    """Frame → origin of an object's observations."""
    o = schema.observation.c
    query = select(o.frame, o.origin).where(o.trajectory_id == trajectory_id)
    return {row.frame: row.origin for row in rows.connection.execute(query)}


_o = schema.observation.c
_SAID = select(_o.frame, _o.origin, _o.flags).order_by(_o.frame)


def _said(rows: Recorder, trajectory_id: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three (K,) int64: frames, origins and flags of an object's observations."""
    found = rows.connection.execute(_SAID.where(_o.trajectory_id == trajectory_id))
    table = np.array([tuple(row) for row in found], np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _is_occluded(frames: np.ndarray, origin: np.ndarray, flags: np.ndarray, frame: int) -> bool:
    """Whether what an object has at a frame, or would have there, is hidden in part; see `sight.py`."""
    end = int(np.searchsorted(frames, frame, "right"))
    goes_on = end > 0 and frames[end - 1] >= frame - 1
    return bool(goes_on and occluded_of(frames[:end], origin[:end], flags[:end])[-1])


def keyframe_flags(rows: Recorder, trajectory_id: int, frame: int) -> int:
    """The flags of a keyframe made at a frame: how its object is filled, and what is said of it there."""
    frames, origin, flags = _said(rows, trajectory_id)
    chosen = flags[(flags & CHOSEN) != 0]
    out = flags[frames == frame] & Flag.OUTSIDE
    said = Flag.OCCLUDED if _is_occluded(frames, origin, flags, frame) else 0
    return int(next(iter(chosen), 0) & CHOSEN) | int(out.sum()) | said


def keep_occluded(rows: Recorder, trajectory_id: int, frame: int) -> None:
    """Before an object is cut at a frame: let what is filled there say itself that it is hidden in part."""
    frames, origin, flags = _said(rows, trajectory_id)
    place = int(np.searchsorted(frames, frame))
    if place == len(frames) or frames[place] != frame or origin[place] in KEYFRAMES:
        return
    if _is_occluded(frames, origin, flags, frame):
        said = {"flags": int(flags[place]) | Flag.OCCLUDED}
        rows.update(schema.observation, {(trajectory_id, frame): said})


def observations_of(rows: Recorder, trajectory_id: int) -> dict[int, dict[str, Any]]:
    """Frame → row of `observation` of an object."""
    o = schema.observation
    query = select(o).where(o.c.trajectory_id == trajectory_id)
    return {row["frame"]: dict(row) for row in rows.connection.execute(query).mappings()}


def move_observations(rows: Recorder, source: int, target: int, frame: int) -> None:
    """Give another object what one has from a frame on."""
    keep_occluded(rows, source, frame)
    moved = {f: row for f, row in observations_of(rows, source).items() if f >= frame}
    rows.delete(schema.observation, [(source, f) for f in moved])
    rows.insert(schema.observation, [{**row, "trajectory_id": target} for row in moved.values()])


def merge_observations(rows: Recorder, ids: Sequence[int]) -> None:
    """Give the first of some objects the observations of all: a keyframe wins, then the earlier object."""
    kept = observations_of(rows, ids[0])
    for trajectory_id in ids[1:]:
        others = observations_of(rows, trajectory_id)
        rows.delete(schema.observation, [(trajectory_id, frame) for frame in others])
        for frame, row in others.items():
            mine = kept.get(frame)
            if mine is None or (mine["origin"] not in KEYFRAMES and row["origin"] in KEYFRAMES):
                kept[frame] = {**row, "trajectory_id": ids[0]}
    there = origins_of(rows, ids[0])
    rows.update(schema.observation, {(ids[0], frame): row for frame, row in kept.items() if frame in there})
    rows.insert(schema.observation, [row for frame, row in kept.items() if frame not in there])
    set_span(rows, ids[0])


def swap_observations(rows: Recorder, a: int, b: int, frame: int) -> None:
    """Exchange what two objects have from a frame on."""
    keep_occluded(rows, a, frame)
    keep_occluded(rows, b, frame)
    ours = {f: row for f, row in observations_of(rows, a).items() if f >= frame}
    theirs = {f: row for f, row in observations_of(rows, b).items() if f >= frame}
    rows.delete(schema.observation, [(a, f) for f in ours] + [(b, f) for f in theirs])
    swapped = [{**row, "trajectory_id": b} for row in ours.values()]
    swapped += [{**row, "trajectory_id": a} for row in theirs.values()]
    rows.insert(schema.observation, swapped)
    set_span(rows, a)
    set_span(rows, b)


def set_span(rows: Recorder, trajectory_id: int) -> None:
    """Make first and last of an object agree with its observations."""
    o, t = schema.observation.c, schema.trajectory.c
    query = select(func.min(o.frame), func.max(o.frame)).where(o.trajectory_id == trajectory_id)
    span = tuple(rows.connection.execute(query).one())
    old = rows.connection.execute(select(t.first, t.last).where(t.id == trajectory_id)).one()
    if span != tuple(old):
        rows.update(schema.trajectory, {(trajectory_id,): {"first": span[0], "last": span[1]}})


def set_heads(rows: Recorder, ids: Sequence[int], **values: Any) -> None:
    """Set columns of some rows of `trajectory`."""
    for trajectory_id in ids[:1]:
        head_of(rows, trajectory_id)
    rows.update(schema.trajectory, {(trajectory_id,): values for trajectory_id in ids})


def set_path(
    rows: Recorder, trajectory_id: int, first: int, path: PointPath, end_reason: EndReason | None = None
) -> None:
    """Replace the whole path of a point trajectory."""
    values = path_values(first, path)
    if end_reason is not None:
        values["end_reason"] = int(end_reason)
    rows.update(schema.trajectory, {(trajectory_id,): values})


def add_path(rows: Recorder, like: Row[Any], first: int, path: PointPath) -> int:
    """Add a point trajectory with the label, review and so on of another; returns its id."""
    (new,) = rows.insert(schema.trajectory, [{**copy_of(like), **path_values(first, path)}])
    return new


def take_out(rows: Recorder, head: Row[Any], first: int, last: int) -> int | None:
    """Cut the frames `first` to `last`, which are not all it has, out of a point trajectory.

    Inside it falls in two; returns the id of the second part, if there is one.
    """
    path = read_path(head)
    before, after = (
        part_of(path, slice(0, max(first - head.first, 0))),
        part_of(path, slice(last + 1 - head.first, None)),
    )
    if len(before[0]) == 0:
        set_path(rows, head.id, last + 1, after)
    else:
        set_path(rows, head.id, head.first, before, EndReason.EDITED)
        if len(after[0]):
            return add_path(rows, head, last + 1, after)
    return None


def swap_paths(rows: Recorder, a: Row[Any], b: Row[Any], frame: int) -> None:
    """Exchange what two point trajectories are from a frame on, why they end included."""
    pa, pb = read_path(a), read_path(b)
    ka, kb = frame - a.first, frame - b.first
    new_a = tuple(np.concatenate((x[:ka], y[kb:])) for x, y in zip(pa, pb, strict=True))
    new_b = tuple(np.concatenate((y[:kb], x[ka:])) for x, y in zip(pa, pb, strict=True))
    set_path(rows, a.id, a.first, (new_a[0], new_a[1], new_a[2]), EndReason(b.end_reason))
    set_path(rows, b.id, b.first, (new_b[0], new_b[1], new_b[2]), EndReason(a.end_reason))


def part_of(path: PointPath, span: slice) -> PointPath:
    """Some of the observations of a path."""
    return path[0][span], path[1][span], path[2][span]


def joined(a: PointPath, b: PointPath, gap: int) -> PointPath:
    """Two paths and a straight line over the `gap` frames between them."""
    weights = (np.arange(1, gap + 1) / (gap + 1))[:, None]
    between = a[0][-1] * (1 - weights) + b[0][0] * weights
    return (
        np.concatenate((a[0], between, b[0])).astype(np.float32),
        np.concatenate((a[1], np.full(gap, np.nan), b[1])).astype(np.float32),
        np.concatenate((a[2], np.full(gap, Origin.PROPAGATED), b[2])).astype(np.uint8),
    )
