"""What a person's edits touched, which tracking and densifying again leave as it is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, exists, func, select, true

from core.trajectories import schema, store
from core.trajectories.journal import FOLLOWED
from core.trajectories.model import Kind, Origin, PointTrajectories, Review
from core.trajectories.row_images import unpack
from core.trajectories.table_rows import batches

NEAR = 1.0
"""Pixels within which a point that is tracked again counts as the one that was tracked before."""

_SHARE = 0.5
"""Share of its observations from which a trajectory that is tracked again counts as one that is known."""

_e, _r, _t, _o = schema.edit.c, schema.edit_rows.c, schema.trajectory.c, schema.observation.c


@dataclass(frozen=True, eq=False)
class TouchedPoints:
    """The point trajectories of a clip that stay when it is tracked again.

    Attributes:
        kept: ids of those that a person labelled, reviewed, moved, cut, swapped, joined or brought in.
        replaced: ids of the others.
        deleted: how many a person deleted.
        frame, xy: (K,) and (K, 2), every observation of those that were kept or deleted.
    """

    kept: frozenset[int]
    replaced: tuple[int, ...]
    deleted: int
    frame: np.ndarray
    xy: np.ndarray

    def again(self, points: PointTrajectories) -> np.ndarray:
        """(N,) bool: which of some trajectories are known ones tracked again, half of the way at least."""
        near = _near(points.frame, points.xy, self.frame, self.xy)
        counts = np.bincount(points.owner, near, minlength=len(points))
        return counts >= _SHARE * points.lengths if len(points) else np.zeros(0, bool)


def touched_points(connection: Connection, clip_id: int) -> TouchedPoints:
    """What tracking a clip again keeps, what it replaces, and what it must not bring back."""
    edited: set[int] = set()
    images: dict[int, Any] = {}
    for _, keys, packed in by_person(connection, clip_id, "trajectory"):
        edited.update(key[0] for key in keys)
        if packed:
            images |= {row["id"]: row for row in unpack(packed, len(keys)) if row is not None}
    query = select(_t.id, _t.origin, _t.label, _t.review, _t.first, _t.xy)
    here = connection.execute(query.where(_t.clip_id == clip_id, _t.kind == Kind.POINT)).all()
    kept = [
        row
        for row in here
        if row.id in edited or row.review != Review.OPEN or row.label or bytes([Origin.EDITED]) in row.origin
    ]
    ids = {row.id for row in kept}
    there = {row.id for row in here}
    gone = [
        row
        for id, row in images.items()  # of other clips too, where an edit touched several
        if row["clip_id"] == clip_id and row["xy"] is not None and id not in there
    ]
    paths = [(row.first, row.xy) for row in kept] + [(row["first"], row["xy"]) for row in gone]
    xy = [np.frombuffer(packed, "<f4").reshape(-1, 2) for _, packed in paths]
    frames = [first + np.arange(len(places)) for (first, _), places in zip(paths, xy, strict=True)]
    return TouchedPoints(
        kept=frozenset(ids),
        replaced=tuple(row.id for row in here if row.id not in ids),
        deleted=len(gone),
        frame=np.concatenate([np.zeros(0, np.int64), *frames]),
        xy=np.concatenate([np.zeros((0, 2), np.float32), *xy]),
    )


def touched_frames(
    connection: Connection, clip_id: int, objects: Collection[int]
) -> dict[int, frozenset[int]]:
    """Object → frames that densifying again leaves as they are.

    There a person took something away, or put what is there by cutting, swapping or joining tracks.
    """
    latest: dict[tuple[int, int], bool] = {}
    wanted = set(objects)
    for _, keys, packed in by_person(connection, clip_id, "observation"):
        latest |= {(key[0], key[1]): not packed for key in keys if key[0] in wanted}
    query = select(_o.trajectory_id, _o.frame)
    there: set[tuple[int, int]] = set()
    for some in batches(sorted(wanted)):
        there.update((row[0], row[1]) for row in connection.execute(query.where(_o.trajectory_id.in_(some))))
    found: dict[int, set[int]] = {}
    for (id, frame), was_put in latest.items():
        if was_put is ((id, frame) in there):
            found.setdefault(id, set()).add(frame)
    return {id: frozenset(frames) for id, frames in found.items()}


def carried_frames(
    connection: Connection, clip_id: int, objects: Collection[int], reached: Mapping[int, tuple[int, int]]
) -> set[tuple[int, int]]:
    """Object and frame of what a person carried beyond the first or last frame that densifying again reaches.

    What an edit brought in, as an import does, was not carried.

    Args:
        reached: object → first and last frame that it has then.
    """
    beyond = {
        (one.id, frame)
        for one in store.some_objects(connection, objects)
        for frame, origin in zip(one.frames.tolist(), one.origin.tolist(), strict=True)
        if origin == Origin.PROPAGATED and not reached[one.id][0] <= frame <= reached[one.id][1]
    }
    if not beyond:
        return beyond
    query = (
        select(_e.by_job, _r.number, _r.row_keys)
        .join(schema.edit, _e.id == _r.edit_id)
        .where(_e.state == "done", (_e.clip_id == clip_id) | _e.clip_id.is_(None))
        .where(_r.table_name == "observation")
        .order_by(_r.edit_id, _r.number)
    )
    carried: dict[tuple[int, int], bool] = {}
    for by_job, number, keys in connection.execute(query):
        is_carried = not by_job and number >= FOLLOWED
        carried |= {place: is_carried for key in keys if (place := (key[0], key[1])) in beyond}
    return {place for place, was_carried in carried.items() if was_carried}


def accepted(connection: Connection, objects: Collection[int]) -> set[int]:
    """Which of some objects a person accepted."""
    return {id for id, review in store.reviews(connection, objects).items() if review == Review.ACCEPTED}


def in_words(connection: Connection, clip_ids: Sequence[int], kind: Kind) -> str:
    """What a job would replace in some clips and what it would leave; empty where there is nothing yet."""
    if kind == Kind.POINT:
        found = [touched_points(connection, clip_id) for clip_id in clip_ids]
        replaced, kept = sum(len(one.replaced) for one in found), sum(len(one.kept) for one in found)
        deleted = sum(one.deleted for one in found)
        parts = [f"Replaces {replaced:,} tracked point{'s' if replaced != 1 else ''}"] if replaced else []
        parts += [f"keeps {kept:,} that you edited or reviewed"] if kept else []
        parts += [f"leaves out {deleted:,} that you took away"] if deleted else []
    else:
        replaced, kept = _filled(connection, clip_ids)
        parts = [f"Replaces {replaced:,} filled frame{'s' if replaced != 1 else ''}"] if replaced else []
        parts += [f"keeps {kept:,} that you cut, swapped, joined or accepted"] if kept else []
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _filled(connection: Connection, clip_ids: Sequence[int]) -> tuple[int, int]:
    """How many propagated observations densifying would replace, and how many it would leave."""
    replaced = kept = 0
    for clip_id in clip_ids:
        query = (
            select(_o.trajectory_id, _o.frame)
            .join(schema.trajectory, _t.id == _o.trajectory_id)
            .join(schema.clip, (schema.clip.c.id == _t.clip_id) & (schema.clip.c.annotator == _t.annotator))
            .where(_t.clip_id == clip_id, _o.origin == int(Origin.PROPAGATED))
            .where(_t.review != int(Review.SUGGESTED))
        )
        rows = [(row[0], row[1]) for row in connection.execute(query)]
        ids = {id for id, _ in rows}
        frames, whole = touched_frames(connection, clip_id, ids), accepted(connection, ids)
        left = sum(id in whole or frame in frames.get(id, ()) for id, frame in rows)
        replaced, kept = replaced + len(rows) - left, kept + left
    return replaced, kept


def by_person(
    connection: Connection, clip_id: int, table: str
) -> Iterator[tuple[int, list[list[int]], bytes]]:
    """Edit, keys and images of what a person's edits of a clip that are done wrote, the oldest first.

    What a program wrote after such an edit, as its follow-up, is not among them, nor are observations that
    an edit only brought in, as an import does.
    """
    other = schema.edit_rows.alias().c
    changes = (other.table_name == table) & (func.length(other.images) > 0) & (other.number < FOLLOWED)
    moves = exists().where(other.edit_id == _e.id, changes)
    query = (
        select(_r.edit_id, _r.row_keys, _r.images)
        .join(schema.edit, _e.id == _r.edit_id)
        .where(_e.state == "done", ~_e.by_job, (_e.clip_id == clip_id) | _e.clip_id.is_(None))
        .where(_r.number < FOLLOWED, _r.table_name == table, moves if table == "observation" else true())
        .order_by(_r.edit_id, _r.number)
    )
    yield from ((row[0], row[1], row[2]) for row in connection.execute(query))


def _near(frames: np.ndarray, xy: np.ndarray, known_frames: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(M,) bool: which places have a known one within `NEAR` in the same frame.

    Args:
        frames, xy: (M,) and (M, 2), places in frames.
        known_frames, known: (K,) and (K, 2), the known ones.
    """
    found = np.zeros(len(frames), bool)
    if not len(known) or not len(frames):
        return found
    order = np.argsort(keys := _cells(known_frames, known, (0, 0)), kind="stable")
    keys, places = keys[order], known[order]
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            cells = _cells(frames, xy, (dx, dy))
            first, last = np.searchsorted(keys, cells, "left"), np.searchsorted(keys, cells, "right")
            for step in range(int((last - first).max(initial=0))):
                here = np.flatnonzero(first + step < last)
                apart = xy[here] - places[first[here] + step]
                found[here] |= (apart**2).sum(axis=1) <= NEAR**2
    return found


def _cells(frames: np.ndarray, xy: np.ndarray, shift: tuple[int, int]) -> np.ndarray:
    """(M,) int64: a number for each frame and square of `NEAR` pixels a side."""
    cell = np.floor(xy / NEAR).astype(np.int64) + np.array(shift) + 2**15
    return (np.asarray(frames, np.int64) << 36) + (cell[:, 1] << 18) + cell[:, 0]
