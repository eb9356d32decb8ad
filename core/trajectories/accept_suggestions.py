"""What becomes of suggested objects when a person decides on them; see `Review.SUGGESTED`."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from sqlalchemy import select

from core.trajectories import schema, store
from core.trajectories.model import KEYFRAMES, Flag, Kind, Origin, Review
from core.trajectories.recorder import Recorder

APART = 10
"""Frames between two keyframes at least, but at the ends of a stretch."""

JOB = "suggest"
"""The job whose objects are suggestions."""

_o, _t = schema.observation.c, schema.trajectory.c


def peaks(frames: np.ndarray, confidence: np.ndarray, given: Collection[int] = ()) -> np.ndarray:
    """The frames of a suggested object that become keyframes when it is accepted.

    These are the ends of each stretch without a gap, and where between them it is surest: local maxima of
    its confidence (the middle of several equal ones), the highest first, `APART` frames or more from others.

    Args:
        frames: (K,) int, ascending.
        confidence: (K,) float in 0..1.
        given: frames that are keyframes already; one nearer than `APART` to them is none.

    Returns:
        (J,) int, ascending, without those given.
    """
    if not len(frames):
        return frames
    gaps = np.flatnonzero(np.diff(frames) > 1)
    ends = {int(frame) for frame in (*frames[[0, -1]], *frames[gaps], *frames[gaps + 1])}
    starts = np.concatenate(([0], np.flatnonzero(np.diff(confidence)) + 1, [len(frames)]))
    levels = np.concatenate(([-np.inf], confidence[starts[:-1]], [-np.inf]))
    highest = (levels[1:-1] > levels[:-2]) & (levels[1:-1] > levels[2:])
    maxima = (starts[:-1] + (starts[1:] - 1))[highest] // 2
    kept = sorted(ends | set(given))
    for place in maxima[np.argsort(-confidence[maxima], kind="stable")].tolist():
        frame = int(frames[place])
        if min(abs(frame - other) for other in kept) >= APART:
            kept.append(frame)
    return np.array(sorted(set(kept) - set(given)), np.int64)


def make_keyframes(rows: Recorder, ids: Sequence[int]) -> None:
    """Of those of some tracks that are suggested objects: what filling them again begins from.

    The frames of `peaks` become keyframes that a person gave; before a gap the object goes out of sight.
    """
    for trajectory_id in suggested_among(rows, ids):
        query = select(_o.frame, _o.x1, _o.y1, _o.x2, _o.y2, _o.origin, _o.confidence, _o.flags)
        there = rows.connection.execute(
            query.where(_o.trajectory_id == trajectory_id).order_by(_o.frame)
        ).all()
        seen = [row for row in there if row.x2 > row.x1 and row.y2 > row.y1]  # no keyframe is empty
        frames = np.array([row.frame for row in seen], np.int64)
        given = {row.frame for row in there if row.origin in KEYFRAMES}
        keys = set(peaks(frames, np.array([row.confidence for row in seen]), given).tolist())
        goes_on = {row.frame - 1 for row in there} | {there[-1].frame}
        changed: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in seen:
            if row.frame in keys:
                out = 0 if row.frame in goes_on else int(Flag.OUTSIDE)
                changed[(trajectory_id, row.frame)] = {
                    "origin": int(Origin.EDITED),
                    "confidence": 1.0,
                    "flags": (row.flags & ~int(Flag.DISAGREES)) | out,
                }
        rows.update(schema.observation, changed)


def suggested_among(rows: Recorder, ids: Sequence[int]) -> list[int]:
    """Those of some tracks that are suggested objects."""
    reviews = store.reviews(rows.connection, ids)
    return [trajectory_id for trajectory_id in ids if reviews.get(trajectory_id) == Review.SUGGESTED]


def reopened(rows: Recorder, ids: Sequence[int]) -> dict[int, Review]:
    """What tracks are when a decision on them is taken back: a suggestion without keyframes is one again."""
    found = dict.fromkeys(ids, Review.OPEN)
    key = select(_o.frame).where(_o.trajectory_id == _t.id, _o.origin.in_([int(one) for one in KEYFRAMES]))
    p = schema.provenance.c
    for some in store.batches(ids):
        query = (
            select(_t.id)
            .join(schema.provenance, p.id == _t.provenance_id)
            .where(_t.id.in_(some), _t.kind == Kind.OBJECT, p.job == JOB, ~key.exists())
        )
        found.update(dict.fromkeys(rows.connection.scalars(query), Review.SUGGESTED))
    return found
