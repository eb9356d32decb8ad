"""What whole clips hold, counted in one pass over their tracks: of a million it is the reading that costs."""

from collections import Counter, defaultdict
from collections.abc import Collection

import numpy as np
from sqlalchemy import Connection, func, select, true

from core.datasets.clip import Clip
from core.trajectories import schema
from core.trajectories.damage import decoding
from core.trajectories.model import KEYFRAMES, Kind, Origin, Review
from core.trajectories.store import ClipSummary, clips

Origins = dict[int, dict[str, int]]
"""Clip id → origin, such as `annotated` → observations."""


def tallies(
    connection: Connection, clip_ids: Collection[int] | None = None
) -> tuple[list[ClipSummary], Origins]:
    """What `store.summaries` says of clips (all where None), and their observations of all annotators by
    origin, none of clips that have none.

    Raises:
        DamagedError: an origin is none.
    """
    some = clips(connection, clip_ids)
    chosen = {one.id: one.annotator for one in some}
    t, o = schema.trajectory.c, schema.observation.c
    which = true() if clip_ids is None else t.clip_id.in_(clip_ids)
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    origins: defaultdict[int, Counter[str]] = defaultdict(Counter)
    frames = select(t.clip_id, t.annotator, o.frame, o.origin, func.count())
    frames = frames.join(schema.trajectory, t.id == o.trajectory_id).where(which)
    annotated: defaultdict[int, set[int]] = defaultdict(set)
    with decoding("An origin of what is observed"):
        grouped = frames.group_by(t.clip_id, t.annotator, o.frame, o.origin)
        for clip_id, annotator, frame, origin, times in connection.execute(grouped):
            origins[clip_id][Origin(origin).name.lower()] += times
            if origin in KEYFRAMES and annotator == chosen[clip_id]:
                annotated[clip_id].add(frame)
    for one in some:
        _count_objects(connection, one, counts[one.id])
        _count_points(connection, one.id, counts[one.id], origins[one.id])
    names = ("objects", "points", *_COUNTED.values())
    summaries = [
        ClipSummary(
            clip=one, annotated=len(annotated[one.id]), **{name: counts[one.id][name] for name in names}
        )
        for one in some
    ]
    return summaries, {clip_id: dict(found) for clip_id, found in origins.items() if found}


def _count_objects(connection: Connection, clip: Clip, counts: Counter[str]) -> None:
    """Add the objects of a clip's chosen annotator."""
    t = schema.trajectory.c
    here = (t.clip_id == clip.id, t.kind == Kind.OBJECT, t.annotator == clip.annotator)
    for review, times in connection.execute(select(t.review, func.count()).where(*here).group_by(t.review)):
        counts["objects"] += times
        if review in _COUNTED:
            counts[_COUNTED[review]] += times


def _count_points(connection: Connection, clip_id: int, counts: Counter[str], origins: Counter[str]) -> None:
    """Add the points of a clip, and their observations.

    Clip by clip: to group the paths of all at once takes the database a third longer.
    """
    t = schema.trajectory.c
    alike = select(t.review, t.origin, func.count()).where(t.clip_id == clip_id, t.kind == Kind.POINT)
    with decoding("An origin of a point"):
        for review, packed, times in connection.execute(alike.group_by(t.review, t.origin)):
            counts["points"] += times
            if review in _COUNTED:
                counts[_COUNTED[review]] += times
            for value, count in enumerate(np.bincount(np.frombuffer(packed, np.uint8))):
                if count:
                    origins[Origin(value).name.lower()] += int(count) * times


_COUNTED = {one: one.name.lower() for one in (Review.ACCEPTED, Review.REJECTED, Review.SUGGESTED)}
