"""Suggestions that a person decided on or changed, which suggesting again leaves and does not bring back."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from core.trajectories import schema, store
from core.trajectories.accept_suggestions import JOB
from core.trajectories.model import Kind, ObjectTrajectory, Review
from core.trajectories.row_images import unpack
from core.trajectories.touched import by_person

_t = schema.trajectory.c


def touched_suggestions(
    connection: Connection, clip_id: int, objects: Sequence[ObjectTrajectory]
) -> tuple[set[int], set[int]]:
    """Of some objects of a clip, the suggestions that a person touched, and those that nobody did.

    Touched is one that a person drew in, named, cut, joined or changed otherwise.
    """
    edited = {
        key[0]
        for table in ("trajectory", "observation")
        for _, keys, _ in by_person(connection, clip_id, table)
        for key in keys
    }
    touched: set[int] = set()
    others: set[int] = set()
    for one in objects:
        if one.review == Review.SUGGESTED:
            drawn = bool(one.label) or len(one.keyframes) > 0
            (touched if drawn or one.id in edited else others).add(one.id)
    return touched, others


def as_suggested(connection: Connection, clip_id: int) -> list[ObjectTrajectory]:
    """What the suggestions of a clip were before a person changed or deleted them, by id.

    Of one that is still there these are the observations that were changed or taken away. What was taken
    back since counts as if it had not been done.
    """
    ours = _ids_of_suggestions(connection, clip_id)
    seen: dict[int, dict[int, dict[str, Any]]] = {}
    for _, keys, packed in by_person(connection, clip_id, "observation") if ours else ():
        if packed and any(key[0] in ours for key in keys):
            for (id, frame), row in zip(keys, unpack(packed, len(keys)), strict=True):
                if id in ours and row is not None:
                    seen.setdefault(id, {}).setdefault(frame, row)  # the first is what was suggested
    return [_as_object(id, seen[id]) for id in sorted(seen)]


def in_words(connection: Connection, clip_ids: Sequence[int]) -> str:
    """What suggesting again would replace in some clips, keep, and not bring back; empty if nothing."""
    replaced = kept = gone = 0
    for clip_id in clip_ids:
        objects = store.objects(connection, clip_id)
        there = {one.id for one in objects}
        touched, others = touched_suggestions(connection, clip_id, objects)
        decided = _ids_of_suggestions(connection, clip_id) & there - touched - others
        replaced, kept = replaced + len(others), kept + len(touched) + len(decided)
        gone += sum(one.id not in there for one in as_suggested(connection, clip_id))
    parts = [f"replaces {replaced:,} suggestion{'s' if replaced != 1 else ''}"] if replaced else []
    parts += [f"keeps {kept:,} that you decided on or edited"] if kept else []
    parts += [f"leaves out {gone:,} that you deleted"] if gone else []
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _ids_of_suggestions(connection: Connection, clip_id: int) -> set[int]:
    """Ids of all objects of a clip that were suggested, those that a person deleted among them."""
    p = schema.provenance.c
    jobs = set(connection.scalars(select(p.id).where(p.job == JOB)))
    query = select(_t.id).where(_t.clip_id == clip_id, _t.kind == Kind.OBJECT, _t.provenance_id.in_(jobs))
    found = set(connection.scalars(query))
    for _, keys, packed in by_person(connection, clip_id, "trajectory") if jobs else ():
        for row in unpack(packed, len(keys)) if packed else ():
            if row is not None and row["clip_id"] == clip_id and row["provenance_id"] in jobs:
                found.add(row["id"])
    return found


def _as_object(id: int, rows: dict[int, dict[str, Any]]) -> ObjectTrajectory:
    frames = sorted(rows)
    boxes = [[rows[frame][side] for side in ("x1", "y1", "x2", "y2")] for frame in frames]
    return ObjectTrajectory(
        id=id,
        frames=np.array(frames, np.int32),
        boxes=np.array(boxes, np.float32),
        origin=np.array([rows[frame]["origin"] for frame in frames], np.uint8),
        confidence=np.array([rows[frame]["confidence"] for frame in frames], np.float32),
        masks=tuple(rows[frame]["mask"] for frame in frames),
        review=Review.SUGGESTED,
    )
