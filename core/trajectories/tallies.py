"""What whole clips hold, counted in one pass over their tracks: of a million it is the reading that costs."""

from collections import Counter, defaultdict
from collections.abc import Collection

import numpy as np
from sqlalchemy import Connection, func, select, true

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
    picked = connection.execute(select(schema.clip.c.id, schema.clip.c.annotator))
    chosen = {clip_id: annotator for clip_id, annotator in picked}
    t, o = schema.trajectory.c, schema.observation.c
    which = true() if clip_ids is None else t.clip_id.in_(clip_ids)
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    origins: defaultdict[int, Counter[str]] = defaultdict(Counter)
    alike = select(t.clip_id, t.kind, t.annotator, t.review, t.origin, func.count())
    alike = alike.where(which).group_by(t.clip_id, t.kind, t.annotator, t.review, t.origin)
    frames = select(t.clip_id, t.annotator, o.frame, o.origin, func.count())
    frames = frames.join(schema.trajectory, t.id == o.trajectory_id).where(which)
    annotated: defaultdict[int, set[int]] = defaultdict(set)
    with decoding("An origin of what is observed"):
        grouped = frames.group_by(t.clip_id, t.annotator, o.frame, o.origin)
        for clip_id, annotator, frame, origin, times in connection.execute(grouped):
            origins[clip_id][Origin(origin).name.lower()] += times
            if origin in KEYFRAMES and annotator == chosen[clip_id]:
                annotated[clip_id].add(frame)
        for clip_id, kind, annotator, review, packed, times in connection.execute(alike):
            if kind == Kind.POINT:
                for value, count in enumerate(np.bincount(np.frombuffer(packed, np.uint8))):
                    if count:
                        origins[clip_id][Origin(value).name.lower()] += int(count) * times
            if kind == Kind.POINT or annotator == chosen[clip_id]:
                counts[clip_id]["points" if kind == Kind.POINT else "objects"] += times
                if review in _COUNTED:
                    counts[clip_id][_COUNTED[review]] += times
    names = ("objects", "points", *_COUNTED.values())
    summaries = [
        ClipSummary(
            clip=one, annotated=len(annotated[one.id]), **{name: counts[one.id][name] for name in names}
        )
        for one in some
    ]
    return summaries, {clip_id: dict(found) for clip_id, found in origins.items()}


_COUNTED = {one: one.name.lower() for one in (Review.ACCEPTED, Review.REJECTED, Review.SUGGESTED)}
