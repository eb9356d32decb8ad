"""Does the database agree with itself? For `check`, and for tests: no edit may leave a problem."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from core.datasets.clip import Clip
from core.trajectories import schema, store
from core.trajectories.model import KEYFRAMES, Flag, Kind

_TOGETHER = 5_000
"""Paths that are looked at together: only where one of them is wrong is each looked at."""


def problems(connection: Connection) -> list[str]:
    """One sentence for each thing that is wrong; empty for a sound database."""
    found = list(_storage(connection))
    if found:
        return found
    clips = {clip.id: clip for clip in store.clips(connection)}
    return [
        *_spans(connection, clips),
        *_paths(connection),
        *_masks(connection, clips),
        *_judgements(connection),
    ]


def _storage(connection: Connection) -> Iterator[str]:
    """What SQLite itself finds: damaged pages and rows that name rows which do not exist."""
    if connection.dialect.name != "sqlite":
        return
    for (problem,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
        if problem != "ok":
            yield f"The database is damaged ({problem.splitlines()[-1]}); restore the newest of backups/."
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"Row {row} of table {table} names a {parent} that does not exist."


def _spans(connection: Connection, clips: dict[int, Clip]) -> Iterator[str]:
    t, o = schema.trajectory.c, schema.observation.c
    seen = select(
        o.trajectory_id.label("id"),
        func.min(o.frame).label("low"),
        func.max(o.frame).label("high"),
    )
    seen_by_id = seen.group_by(o.trajectory_id).subquery()
    query = (
        select(t.id, t.clip_id, t.kind, t.first, t.last, seen_by_id.c.low, seen_by_id.c.high)
        .outerjoin(seen_by_id, seen_by_id.c.id == t.id)
        .order_by(t.id)
    )
    for row in connection.execute(query):
        clip = clips[row.clip_id]
        if not 0 <= row.first <= row.last < clip.frames:
            yield (
                f"Track {row.id} of {clip.name} runs from frame {row.first} to {row.last}, "
                f"but the clip has {clip.frames} frames."
            )
        if row.kind == Kind.OBJECT and row.low is None:
            yield f"Track {row.id} of {clip.name} has no observations."
        elif row.kind == Kind.OBJECT and (row.low, row.high) != (row.first, row.last):
            yield (
                f"Track {row.id} of {clip.name} says frames {row.first} to {row.last}, "
                f"but its observations run from {row.low} to {row.high}."
            )
        elif row.kind == Kind.POINT and row.low is not None:
            yield f"Track {row.id} of {clip.name} is a point, but has observations of an object."


def _paths(connection: Connection) -> Iterator[str]:
    t = schema.trajectory.c
    query = select(t.id, t.first, t.last, t.xy, t.error, t.origin).where(t.kind == Kind.POINT).order_by(t.id)
    for rows in connection.execute(query).partitions(_TOGETHER):
        if all(_sizes(row) == _expected(row) for row in rows):
            path = np.frombuffer(b"".join(row.xy for row in rows), "<f4")
            if np.isfinite(path).all():
                continue
        yield from _of_paths(rows)


def _of_paths(rows: Sequence[Any]) -> Iterator[str]:
    for row in rows:
        if _sizes(row) != (expected := _expected(row)):
            yield f"Track {row.id} says {expected[2]} frames, but its path holds another number."
        elif not np.isfinite(np.frombuffer(row.xy, "<f4")).all():
            yield f"Track {row.id} has a point that is not a number."


def _expected(row: Any) -> tuple[int, int, int]:
    length = row.last - row.first + 1
    return 8 * length, 4 * length, length


def _sizes(row: Any) -> tuple[int, int, int]:
    return len(row.xy or b""), len(row.error or b""), len(row.origin or b"")


def _masks(connection: Connection, clips: dict[int, Clip]) -> Iterator[str]:
    t, o = schema.trajectory.c, schema.observation.c
    query = (
        select(t.clip_id, o.trajectory_id, o.frame, o.mask)
        .join(schema.trajectory, t.id == o.trajectory_id)
        .where(o.mask.is_not(None))
    )
    for row in connection.execute(query):
        clip = clips[row.clip_id]
        whole = len(row.mask) % 4 == 0
        pixels = int(np.frombuffer(row.mask, "<u4").sum(dtype=np.int64)) if whole else -1
        if pixels != clip.width * clip.height:
            yield (
                f"The mask of track {row.trajectory_id} of {clip.name} at frame {row.frame} "
                f"is not of the clip's size, {clip.width} × {clip.height}."
            )


def _judgements(connection: Connection) -> Iterator[str]:
    """What the densifier said of observations: only keyframes are audited, only known flags are set."""
    o = schema.observation.c
    audited = o.overlap.is_not(None) & (~o.overlap.between(0, 1) | o.origin.not_in(KEYFRAMES))
    known = sum(Flag)
    query = select(o.trajectory_id, o.frame).where(audited | (o.flags.bitwise_and(~int(known)) != 0))
    for row in connection.execute(query.order_by(o.trajectory_id, o.frame)):
        yield f"The audit or the flags of track {row.trajectory_id} at frame {row.frame} make no sense."
