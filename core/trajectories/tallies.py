"""What whole clips hold, counted in one pass over their tracks: of a million it is the reading that costs.

It goes clip by clip: to group the tracks of all at once takes the database half as long again.
"""

from collections import Counter
from collections.abc import Collection

import numpy as np
from sqlalchemy import Connection, func, select

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
    summaries, origins = [], Origins()
    for one in clips(connection, clip_ids):
        counts, found = Counter[str](), Counter[str]()
        _count_objects(connection, one, counts)
        _count_points(connection, one.id, counts, found)
        annotated = _count_observations(connection, one, found)
        numbers = {name: counts[name] for name in ("objects", "points", *_COUNTED.values())}
        summaries.append(ClipSummary(clip=one, annotated=annotated, **numbers))
        if found:
            origins[one.id] = dict(found)
    return summaries, origins


def _count_objects(connection: Connection, clip: Clip, counts: Counter[str]) -> None:
    """Add the objects of a clip's chosen annotator."""
    t = schema.trajectory.c
    here = (t.clip_id == clip.id, t.kind == Kind.OBJECT, t.annotator == clip.annotator)
    for review, times in connection.execute(select(t.review, func.count()).where(*here).group_by(t.review)):
        _add("objects", review, times, counts)


def _count_points(connection: Connection, clip_id: int, counts: Counter[str], origins: Counter[str]) -> None:
    """Add the points of a clip, and their observations by origin."""
    t = schema.trajectory.c
    alike = select(t.review, t.origin, func.count()).where(t.clip_id == clip_id, t.kind == Kind.POINT)
    with decoding("An origin of a point"):
        for review, packed, times in connection.execute(alike.group_by(t.review, t.origin)):
            _add("points", review, times, counts)
            for value, count in enumerate(np.bincount(np.frombuffer(packed, np.uint8))):
                if count:
                    origins[Origin(value).name.lower()] += int(count) * times


def _count_observations(connection: Connection, clip: Clip, origins: Counter[str]) -> int:
    """Add the observations of a clip's objects by origin; how many frames the chosen annotator annotated."""
    t, o = schema.trajectory.c, schema.observation.c
    query = select(t.annotator, o.frame, o.origin, func.count()).join(
        schema.trajectory, t.id == o.trajectory_id
    )
    query = query.where(t.clip_id == clip.id, t.kind == Kind.OBJECT)
    annotated = set()
    with decoding("An origin of what is observed"):
        grouped = query.group_by(t.annotator, o.frame, o.origin)
        for annotator, frame, origin, times in connection.execute(grouped):
            origins[Origin(origin).name.lower()] += times
            if origin in KEYFRAMES and annotator == clip.annotator:
                annotated.add(frame)
    return len(annotated)


def _add(kind: str, review: int, times: int, counts: Counter[str]) -> None:
    counts[kind] += times
    if review in _COUNTED:
        counts[_COUNTED[Review(review)]] += times


_COUNTED = {one: one.name.lower() for one in (Review.ACCEPTED, Review.REJECTED, Review.SUGGESTED)}
