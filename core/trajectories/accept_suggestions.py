"""What becomes of suggested objects when a person decides on them; see `Review.SUGGESTED`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select

from core import geometry
from core.errors import StudioError
from core.trajectories import schema, store
from core.trajectories.model import KEYFRAMES, Flag, Kind, Origin, Review
from core.trajectories.recorder import Recorder
from core.trajectories.trajectory_rows import head_of, observation_row, observations_of, set_span

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


@dataclass(frozen=True)
class JoinSuggestions:
    """Make one suggested object of several that are parts of the same thing; the first keeps its id.

    In frames that more than one has, mask and box become what any covers, and the confidence that of the
    surest one. A keyframe stays one.

    Raises:
        StudioError: one of them is no suggestion, or is gone.
    """

    clip_id: int
    trajectory_ids: tuple[int, ...]

    @property
    def rows(self) -> int:
        return len(self.trajectory_ids)

    @property
    def text(self) -> str:
        first, *others = self.trajectory_ids
        return f"Join suggestion {first} with {' and '.join(map(str, others))}"

    def write(self, rows: Recorder) -> None:
        heads = [head_of(rows, id, Kind.OBJECT) for id in self.trajectory_ids]
        for head in heads:
            if head.review != Review.SUGGESTED:
                raise StudioError(f"Track {head.id} is no suggestion any more; merge the tracks instead.")
        (clip,) = store.clips(rows.connection, [heads[0].clip_id])
        first = self.trajectory_ids[0]
        ours = observations_of(rows, first)
        there, touched = set(ours), set[int]()
        for other in self.trajectory_ids[1:]:
            theirs = observations_of(rows, other)
            rows.delete(schema.observation, [(other, frame) for frame in theirs])
            for frame, row in theirs.items():
                mine, row = ours.get(frame), {**row, "trajectory_id": first}
                ours[frame] = row if mine is None else _united(mine, row, clip.height, clip.width)
            touched |= theirs.keys()
        rows.update(schema.observation, {(first, frame): ours[frame] for frame in sorted(touched & there)})
        rows.insert(schema.observation, [ours[frame] for frame in sorted(touched - there)])
        set_span(rows, first)
        rows.delete(schema.trajectory, [(other,) for other in self.trajectory_ids[1:]])


def _united(a: dict[str, Any], b: dict[str, Any], height: int, width: int) -> dict[str, Any]:
    """The row of two observations in a frame as one."""
    sides = ("x1", "y1", "x2", "y2")
    boxes = np.array([[row[side] for side in sides] for row in (a, b)], np.float64)
    box = np.concatenate((boxes[:, :2].min(0), boxes[:, 2:].max(0)))
    runs = [row["mask"] for row in (a, b) if row["mask"]]
    mask = runs[0] if runs else None
    if len(runs) > 1:
        mask = geometry.encode_mask(np.any([geometry.decode_mask(one, height, width) for one in runs], 0))
    key = next((row for row in (a, b) if row["origin"] in KEYFRAMES), None)
    return observation_row(
        *(a["trajectory_id"], a["frame"], box, a["origin"] if key is None else key["origin"]),
        *(1.0 if key is not None else max(a["confidence"], b["confidence"]), mask),
        flags=(a if key is None else key)["flags"],
    )
