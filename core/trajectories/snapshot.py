"""Trajectories as a job takes them along: copied into the run folder, never read from the database.

`snapshot/snapshot.json` names the clips and the revision; `snapshot/<clip id>.npz` holds arrays.
"""

import dataclasses
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection

from core.array_file import Form, measured, read_arrays, write_arrays
from core.atomic_file import write_atomically
from core.datasets.clip import Clip
from core.errors import StudioError
from core.record_file import read_record
from core.trajectories import journal, store
from core.trajectories.model import EndReason, Kind, ObjectTrajectory, Origin, PointTrajectories, Review
from core.trajectories.snapshot_head import HEAD, Entry, SnapshotHead


@dataclass(frozen=True, eq=False)
class ClipSnapshot:
    """A clip with its point trajectories and the chosen annotator's object trajectories.

    Of the kinds that the run's job reads; of others there are none.
    """

    clip: Clip
    points: PointTrajectories
    objects: tuple[ObjectTrajectory, ...]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The project as it was at a revision of its journal; `project` is its folder."""

    clips: tuple[ClipSnapshot, ...]
    revision: int
    project: str


POINTS = {
    "points_ids": Form("i8", ("N",)),
    "points_first": Form("i4", ("N",), low=0),
    "points_offsets": Form("i8", ("N+1",), cuts="M"),
    "points_xy": Form("f4", ("M", 2)),
    "points_error": measured("f4", "M"),
    "points_origin": Form("u1", ("M",), high=max(Origin)),
    "points_end_reason": Form("u1", ("N",), high=max(EndReason)),
    "points_review": Form("u1", ("N",), high=max(Review)),
}
"""The arrays of point trajectories, for `read_arrays`."""

OBJECTS = {
    "objects_ids": Form("i8", ("K",)),
    "objects_review": Form("u1", ("K",), high=max(Review)),
    "objects_annotator": Form("i2", ("K",)),
    "objects_offsets": Form("i8", ("K+1",), cuts="J"),
    "objects_frames": Form("i4", ("J",), low=0, ascends="objects_offsets"),
    "objects_boxes": Form("f4", ("J", 4)),
    "objects_origin": Form("u1", ("J",), high=max(Origin)),
    "objects_confidence": measured("f4", "J"),
    "objects_overlap": measured("f4", "J"),
    "objects_flags": Form("u1", ("J",)),
    "objects_has_mask": Form("?", ("J",)),
    "objects_mask_offsets": Form("i8", ("J+1",), cuts="B"),
    "objects_mask_bytes": Form("u1", ("B",)),
}
"""The arrays of object trajectories, for `read_arrays`."""


def take_snapshot(
    connection: Connection, clips: Sequence[Clip], project: Path, kinds: Collection[Kind] = tuple(Kind)
) -> Snapshot:
    """Clips with their trajectories of some kinds, as `write_snapshot` would copy them."""
    contents = []
    for clip in clips:
        points = store.points(connection, clip.id) if Kind.POINT in kinds else PointTrajectories.pack([], [])
        objects = store.objects(connection, clip.id, clip.annotator) if Kind.OBJECT in kinds else []
        contents.append(ClipSnapshot(clip, points, tuple(objects)))
    return Snapshot(tuple(contents), journal.revision(connection), str(project))


def write_snapshot(
    connection: Connection,
    clips: Sequence[Clip],
    folder: Path,
    project: Path,
    kinds: Collection[Kind] = tuple(Kind),
) -> None:
    """Copy clips and their trajectories of some kinds into a folder that exists."""
    entries = []
    for clip in clips:
        (content,) = take_snapshot(connection, [clip], project, kinds).clips
        points, objects = content.points, content.objects
        write_arrays(folder / f"{clip.id}.npz", {**points_arrays(points), **objects_arrays(objects)})
        entry = {**dataclasses.asdict(clip), "root": str(clip.root)}
        entry["point_labels"] = list(points.labels)
        entry["object_labels"] = [one.label for one in objects]
        entries.append(entry)
    head = {"revision": journal.revision(connection), "project": str(project), "clips": entries}
    write_atomically(folder / HEAD, json.dumps(head).encode())


def read_snapshot(folder: Path, ids: Collection[int] | None = None) -> Snapshot:
    """The snapshot that `write_snapshot` left in a folder; only the clips of some ids, all where None.

    Raises:
        StudioError: it is missing or damaged.
    """
    try:
        head = read_record(SnapshotHead, folder / HEAD)
        wanted = (entry for entry in head.clips if ids is None or entry.id in ids)
        return Snapshot(tuple(read_entry(folder, entry) for entry in wanted), head.revision, head.project)
    except (StudioError, OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise StudioError(f"The snapshot in {folder} is missing or damaged; start a new run.") from error


def points_arrays(points: PointTrajectories) -> dict[str, np.ndarray]:
    """The arrays of point trajectories by name, for an `.npz`; labels are left out."""
    names = ("ids", "first", "offsets", "xy", "error", "origin", "end_reason", "review")
    return {f"points_{name}": getattr(points, name) for name in names}


def points_from_arrays(arrays: Any, labels: Sequence[str] | None = None) -> PointTrajectories:
    """Point trajectories from what `points_arrays` gave."""
    names = ("ids", "first", "offsets", "xy", "error", "origin", "end_reason", "review")
    values = {name: arrays[f"points_{name}"] for name in names}
    return PointTrajectories(**values, labels=tuple(labels or [""] * len(values["ids"])))


def objects_arrays(objects: Sequence[ObjectTrajectory]) -> dict[str, np.ndarray]:
    """Object trajectories as packed arrays by name, for an `.npz`; labels are left out."""
    masks = [mask for one in objects for mask in one.masks]
    blobs = [b"" if mask is None else mask for mask in masks]
    stacked = [np.zeros((0, 4), np.float32), *(one.boxes for one in objects)]
    return {
        "objects_ids": np.array([one.id for one in objects], np.int64),
        "objects_review": np.array([one.review for one in objects], np.uint8),
        "objects_annotator": np.array([one.annotator for one in objects], np.int16),
        "objects_offsets": np.cumsum([0, *(len(one.frames) for one in objects)]).astype(np.int64),
        "objects_frames": np.concatenate([np.zeros(0, np.int32), *(one.frames for one in objects)]),
        "objects_boxes": np.concatenate(stacked),
        "objects_origin": np.concatenate([np.zeros(0, np.uint8), *(one.origin for one in objects)]),
        "objects_confidence": np.concatenate([np.zeros(0, np.float32), *(one.confidence for one in objects)]),
        "objects_overlap": np.concatenate([np.zeros(0, np.float32), *(one.overlap for one in objects)]),
        "objects_flags": np.concatenate([np.zeros(0, np.uint8), *(one.flags for one in objects)]),
        "objects_has_mask": np.array([mask is not None for mask in masks], bool),
        "objects_mask_offsets": np.cumsum([0, *(len(blob) for blob in blobs)]).astype(np.int64),
        "objects_mask_bytes": np.frombuffer(b"".join(blobs), np.uint8),
    }


def objects_from_arrays(arrays: Any, labels: Sequence[str] | None = None) -> tuple[ObjectTrajectory, ...]:
    """Object trajectories from what `objects_arrays` gave."""
    values = {
        name: arrays[f"objects_{name}"]
        for name in (
            "ids",
            "review",
            "annotator",
            "offsets",
            "frames",
            "boxes",
            "origin",
            "confidence",
            "overlap",
            "flags",
            "has_mask",
            "mask_offsets",
        )
    }
    blob = arrays["objects_mask_bytes"].tobytes()
    bounds = values["mask_offsets"]
    masks = [blob[bounds[k] : bounds[k + 1]] if there else None for k, there in enumerate(values["has_mask"])]
    offsets = values["offsets"]
    found = []
    for place, id in enumerate(values["ids"]):
        span = slice(int(offsets[place]), int(offsets[place + 1]))
        found.append(
            ObjectTrajectory(
                id=int(id),
                label=labels[place] if labels else "",
                annotator=int(values["annotator"][place]),
                review=int(values["review"][place]),
                frames=values["frames"][span],
                boxes=values["boxes"][span],
                origin=values["origin"][span],
                confidence=values["confidence"][span],
                masks=tuple(masks[span]),
                overlap=values["overlap"][span],
                flags=values["flags"][span],
            )
        )
    return tuple(found)


def read_entry(folder: Path, entry: Entry) -> ClipSnapshot:
    """A clip from what the head of a snapshot says of it, and its file of arrays."""
    arrays = read_arrays(folder / f"{entry.id}.npz", POINTS | OBJECTS, "start a new run")
    for kind, labels in (("points", entry.point_labels), ("objects", entry.object_labels)):
        if labels and len(labels) != len(arrays[f"{kind}_ids"]):
            raise StudioError(f"The snapshot in {folder} is damaged ({kind} and labels); start a new run.")
    return ClipSnapshot(
        clip=entry.clip,
        points=points_from_arrays(arrays, entry.point_labels),
        objects=objects_from_arrays(arrays, entry.object_labels),
    )
