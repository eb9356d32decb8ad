"""Reading the project's database: functions that take a connection and return plain values."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, case, delete, func, select, update

from core.datasets.clip import MOST_PIXELS, Clip, Use
from core.errors import StudioError
from core.trajectories import schema
from core.trajectories.damage import decoding
from core.trajectories.held_rows import hold_values, insert_one_held, update_held
from core.trajectories.model import KEYFRAMES, Kind, ObjectTrajectory, Origin, PointTrajectories, Review
from core.trajectories.table_rows import batches

_COUNTED = (Review.ACCEPTED, Review.REJECTED, Review.SUGGESTED)


@dataclass(frozen=True, kw_only=True)
class ClipSummary:
    """A clip as lists show it.

    Attributes:
        clip: the clip.
        annotated: frames that hold a keyframe of any object.
        objects, points: trajectories of each kind.
        accepted, rejected, suggested: trajectories of either kind whose review is so.
    """

    clip: Clip
    annotated: int
    objects: int
    points: int
    accepted: int
    rejected: int
    suggested: int = 0


def clips(connection: Connection, ids: Collection[int] | None = None) -> list[Clip]:
    """The clips of some ids, all where None, by name."""
    query = select(schema.clip, schema.root.c.path).join(schema.root).order_by(schema.clip.c.name)
    if ids is not None:
        query = query.where(schema.clip.c.id.in_(ids))
    with decoding("A clip"):
        return [_clip(row) for row in connection.execute(query)]


def clip(connection: Connection, name: str) -> Clip:
    """The clip of a name.

    Raises:
        StudioError: there is none; the sentence lists what there is.
    """
    query = select(schema.clip, schema.root.c.path).join(schema.root).where(schema.clip.c.name == name)
    with decoding(f"Clip {name}"):
        row = connection.execute(query).first()
        if row is not None:
            return _clip(row)
    names = ", ".join(connection.scalars(select(schema.clip.c.name).order_by(schema.clip.c.name)))
    raise StudioError(f"There is no clip {name!r} in this project; it holds {names or 'none yet'}.")


def summaries(connection: Connection, clip_ids: Collection[int] | None = None) -> list[ClipSummary]:
    """Clips (all where None) with their counts, by name; only the chosen annotator's objects count."""
    t, c, o = schema.trajectory.c, schema.clip.c, schema.observation.c
    shown = (t.kind == Kind.POINT) | (t.annotator == c.annotator)
    if clip_ids is not None:
        shown &= t.clip_id.in_(clip_ids)
    counts = (
        select(
            t.clip_id,
            func.sum(case((t.kind == Kind.OBJECT, 1), else_=0)),
            func.sum(case((t.kind == Kind.POINT, 1), else_=0)),
            *(func.sum(case((t.review == int(review), 1), else_=0)) for review in _COUNTED),
        )
        .join(schema.clip, t.clip_id == c.id)
        .where(shown)
        .group_by(t.clip_id)
    )
    by_clip = {row[0]: tuple(int(value) for value in row[1:]) for row in connection.execute(counts)}
    annotated = (
        select(t.clip_id, func.count(func.distinct(o.frame)))
        .join(schema.observation, o.trajectory_id == t.id)
        .join(schema.clip, t.clip_id == c.id)
        .where(shown, o.origin.in_([int(origin) for origin in KEYFRAMES]))
        .group_by(t.clip_id)
    )
    keyed: dict[int, int] = {row[0]: row[1] for row in connection.execute(annotated)}
    names = ("objects", "points", "accepted", "rejected", "suggested")
    return [
        ClipSummary(
            clip=one,
            annotated=keyed.get(one.id, 0),
            **dict(zip(names, by_clip.get(one.id, (0,) * len(names)), strict=True)),
        )
        for one in clips(connection, clip_ids)
    ]


def points(connection: Connection, clip_id: int) -> PointTrajectories:
    """The point trajectories of a clip, by id."""
    t = schema.trajectory.c
    query = select(t.id, t.first, t.last, t.end_reason, t.review, t.label, t.xy, t.error, t.origin)
    rows = connection.execute(query.where(t.clip_id == clip_id, t.kind == Kind.POINT)).all()
    return _points(sorted(rows, key=itemgetter(0)))  # a database would move the paths to sort them


def objects(connection: Connection, clip_id: int, annotator: int | None = None) -> list[ObjectTrajectory]:
    """The object trajectories of a clip, by id; of one annotator, or of all where it is None."""
    t = schema.trajectory.c
    where = [t.clip_id == clip_id, t.kind == Kind.OBJECT]
    if annotator is not None:
        where.append(t.annotator == annotator)
    return _objects(connection, where)


def some_objects(
    connection: Connection, ids: Iterable[int], annotator: int | None = None
) -> list[ObjectTrajectory]:
    """The object trajectories of an annotator, or of any where it is None, among some ids, by id."""
    t = schema.trajectory.c
    where = [t.id.in_(list(ids)), t.kind == Kind.OBJECT]
    if annotator is not None:
        where.append(t.annotator == annotator)
    return _objects(connection, where)


def some_points(connection: Connection, ids: Iterable[int]) -> PointTrajectories:
    """The point trajectories among some ids, by id."""
    t = schema.trajectory.c
    query = select(t.id, t.first, t.last, t.end_reason, t.review, t.label, t.xy, t.error, t.origin)
    rows: list[Any] = []
    for some in batches(sorted(ids)):
        found = query.where(t.id.in_(some), t.kind == Kind.POINT).order_by(t.id)
        rows += connection.execute(found).all()
    return _points(rows)


def reviews(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Id → `Review` of the trajectories among some ids."""
    t, found = schema.trajectory.c, {}
    for some in batches(sorted(ids)):
        rows = connection.execute(select(t.id, t.review).where(t.id.in_(some)))
        found.update({int(id): int(review) for id, review in rows})
    return found


def clip_of(connection: Connection, trajectory_id: int) -> int | None:
    """The id of the clip that a trajectory belongs to; None where there is no such trajectory."""
    t = schema.trajectory.c
    return connection.scalar(select(t.clip_id).where(t.id == trajectory_id))


def annotators(connection: Connection, clip_id: int) -> list[int]:
    """The annotators whose objects a clip has, ascending."""
    t = schema.trajectory.c
    query = select(t.annotator).where(t.clip_id == clip_id, t.kind == Kind.OBJECT).distinct()
    return sorted(connection.scalars(query))


def trajectory_ids(connection: Connection, clip_ids: Collection[int]) -> np.ndarray:
    """(N,) int64, the ids of the trajectories of some clips, ascending."""
    t = schema.trajectory.c
    query = select(t.id).where(t.clip_id.in_(clip_ids)).order_by(t.id)
    return np.fromiter(connection.scalars(query), np.int64)


def labels(connection: Connection, clip_ids: Collection[int]) -> list[str]:
    """The labels of the trajectories of some clips, each once, by name; the empty one is the nameless'."""
    t = schema.trajectory.c
    query = select(t.label).where(t.clip_id.in_(clip_ids)).distinct().order_by(t.label)
    return list(connection.scalars(query))


def add_provenance(connection: Connection, job: str, settings: dict[str, Any], code_version: str) -> int:
    """Record which job made rows, with which settings; returns its id.

    Raises:
        StudioError: they break a rule, as settings that JSON cannot hold do.
    """
    row = {
        "job": job,
        "settings": settings,
        "code_version": code_version,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    return insert_one_held(connection, schema.provenance, row)


def provenance(connection: Connection, trajectory_id: int) -> tuple[str, str, str] | None:
    """The job that made a trajectory, its program version and when (UTC, ISO 8601); None if by hand."""
    p, t = schema.provenance.c, schema.trajectory.c
    query = select(p.job, p.code_version, p.created).join(schema.trajectory, t.provenance_id == p.id)
    row = connection.execute(query.where(t.id == trajectory_id)).first()
    return None if row is None else (row.job, row.code_version, row.created)


def settings_of_last(connection: Connection, job: str) -> dict[str, Any]:
    """The settings recorded with the latest work of a job; empty without any."""
    p = schema.provenance.c
    found = connection.scalar(select(p.settings).where(p.job == job).order_by(p.id.desc()).limit(1))
    return dict(found or {})


def adopted_runs(connection: Connection) -> set[str]:
    """The names of the runs whose results were taken into the project, also if taken back since."""
    run = schema.provenance.c.settings["run"].as_string()
    return set(connection.scalars(select(run).where(run.is_not(None)).distinct()))


def root_id(connection: Connection, path: Path) -> int:
    """The row of a folder of source frames, made if it is new.

    Raises:
        StudioError: its path cannot be stored.
    """
    known = _root_of(connection, path)
    return insert_one_held(connection, schema.root, {"path": str(path)}) if known is None else known


def _root_of(connection: Connection, path: Path) -> int | None:
    """The row of a folder of source frames, if there is one; raises as `root_id`."""
    hold_values(schema.root, [{"path": str(path)}])
    return connection.scalar(select(schema.root.c.id).where(schema.root.c.path == str(path)))


def roots(connection: Connection) -> list[Path]:
    """The folders that source frames lie in."""
    return [
        Path(path) for path in connection.scalars(select(schema.root.c.path).order_by(schema.root.c.path))
    ]


def relocate(connection: Connection, old: Path, new: Path) -> None:
    """Say that the source frames of a root moved; no frame number changes, so this is no edit.

    Raises:
        StudioError: the new path cannot be stored.
    """
    r, c = schema.root.c, schema.clip.c
    here, there = _root_of(connection, old), _root_of(connection, new)
    if here is None or here == there:
        return
    if there is None:
        update_held(connection, schema.root, {(here,): {"path": str(new)}})
    else:
        connection.execute(update(schema.clip).where(c.root_id == here).values(root_id=there))
        connection.execute(delete(schema.root).where(r.id == here))


def _clip(row: Row[Any]) -> Clip:
    texts = (row.name, row.dataset, *row.files)
    numbers = (row.width, row.height, row.start, row.step, row.annotator, *row.timestamps, *row.keyframes)
    _of_type(texts, str)
    _of_type(numbers, int)
    if row.step < 1 or min(row.width, row.height) < 1 or row.width * row.height > MOST_PIXELS:
        raise ValueError("frames that cannot be")
    return Clip(
        id=row.id,
        name=row.name,
        dataset=row.dataset,
        width=row.width,
        height=row.height,
        root=Path(row.path),
        files=tuple(row.files),
        timestamps=tuple(row.timestamps),
        keyframes=tuple(row.keyframes),
        start=row.start,
        step=row.step,
        upright=row.upright,
        annotator=row.annotator,
        use=Use(row.use),
    )


def _points(rows: Sequence[Any]) -> PointTrajectories:
    with decoding("A point track"):
        points = _as_points(rows)
        if points.origin.max(initial=0) > max(Origin) or points.offsets[-1] != len(points.xy):
            raise ValueError("a path of another length, or an unknown origin")
        _of_type(points.labels, str)
        return points


def _as_points(rows: Sequence[Any]) -> PointTrajectories:
    columns = zip(*rows, strict=True) if rows else [()] * 9  # column by column: a third of the time
    ids, first, last, end_reason, review, labels, xy, error, origin = map(tuple, columns)
    begins = np.array(first, np.int32)
    lengths = np.array(last, np.int64) - begins + 1
    return PointTrajectories(
        ids=np.array(ids, np.int64),
        first=begins,
        offsets=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        xy=np.frombuffer(b"".join(xy), "<f4").reshape(-1, 2),
        error=np.frombuffer(b"".join(error), "<f4"),
        origin=np.frombuffer(b"".join(origin), np.uint8),
        end_reason=np.array(end_reason, np.uint8),
        review=np.array(review, np.uint8),
        labels=labels,
    )


def _objects(connection: Connection, where: list[Any]) -> list[ObjectTrajectory]:
    t, o = schema.trajectory.c, schema.observation.c
    heads = connection.execute(
        select(t.id, t.label, t.annotator, t.review).where(*where).order_by(t.id)
    ).all()
    query = (
        select(schema.observation)
        .join(schema.trajectory, t.id == o.trajectory_id)
        .where(*where)
        .order_by(o.trajectory_id, o.frame)
    )
    seen: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query):
        seen[row.trajectory_id].append(row)
    with decoding("An object track"):
        return [_as_object(head, seen[head.id]) for head in heads]


def _as_object(head: Any, rows: Sequence[Any]) -> ObjectTrajectory:
    _of_type([head.label], str)
    _of_type([row.mask for row in rows if row.mask is not None], bytes)
    Review(head.review)
    if not rows:
        raise ValueError("no observations")
    if max(row.origin for row in rows) > max(Origin):
        raise ValueError("an unknown origin")
    return ObjectTrajectory(
        id=head.id,
        label=head.label,
        annotator=head.annotator,
        review=head.review,
        frames=np.array([row.frame for row in rows], np.int32),
        boxes=np.array([row[2:6] for row in rows], np.float32).reshape(-1, 4),
        origin=np.array([row.origin for row in rows], np.uint8),
        confidence=np.array([row.confidence for row in rows], np.float32),
        masks=tuple(row.mask for row in rows),
        overlap=np.array([row.overlap for row in rows], np.float32),  # NULL becomes NaN
        flags=np.array([row.flags for row in rows], np.uint8),
    )


def _of_type(values: Sequence[Any], kind: type) -> None:
    if not set(map(type, values)) <= {kind}:
        raise TypeError(f"cells that are not all {kind}")
