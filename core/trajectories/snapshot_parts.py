"""Parts of a snapshot read in a moment: ids and lengths of its trajectories, whether two are alike."""

import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.array_file import Form, read_arrays
from core.errors import StudioError
from core.record_file import read_record
from core.trajectories.extents import Extents
from core.trajectories.model import TAKEN, Flag, Kind, Review
from core.trajectories.sight import occluded_of_many
from core.trajectories.snapshot import OBJECTS, POINTS, read_entry
from core.trajectories.snapshot_head import HEAD, SnapshotHead
from core.trajectories.track_rows import TrackRows, track_rows

UNREAD = (StudioError, OSError, ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile)
"""What a missing or damaged snapshot raises."""


def _forms(*names: str) -> dict[str, Form]:
    """Of arrays of points or of objects by name, with those that give the lengths they are held against."""
    return {name: form for name, form in (POINTS | OBJECTS).items() if name in names}


_DECIDING = {
    Kind.POINT: ("points_ids", "points_first", "points_offsets", "points_xy"),
    Kind.OBJECT: ("objects_ids", "objects_offsets", "objects_frames", "objects_boxes"),
}
_MEASURES = _forms(
    *("points_review", "points_offsets", "objects_review", "objects_offsets"),
    *("objects_ids", "objects_frames", "objects_boxes", "objects_origin", "objects_flags"),
)
_REMEDY = "start a new run"
_REVIEWS = {Kind.POINT: "points_review", Kind.OBJECT: "objects_review"}


def snapshot_extents(folder: Path) -> Extents:
    """The extents of a snapshot's trajectories; the paths themselves are not read.

    Raises:
        one of `UNREAD`.
    """
    names, uses, objects, sides, points, suggested = {}, {}, [], [], [], []
    for entry in sorted(read_record(SnapshotHead, folder / HEAD).clips, key=lambda one: one.name):
        clip = entry.id
        names[clip] = entry.name
        uses[entry.name] = entry.use
        arrays = read_arrays(folder / f"{clip}.npz", _MEASURES, _REMEDY)
        kept = np.isin(arrays["points_review"], TAKEN)
        lengths, numbers = np.unique(np.diff(arrays["points_offsets"])[kept], return_counts=True)
        points += [(clip, *pair) for pair in zip(lengths, numbers, strict=True)]
        spans = np.diff(arrays["objects_offsets"])
        seen = np.repeat(arrays["objects_review"] != Review.REJECTED, spans)
        ids, frames = np.repeat(arrays["objects_ids"], spans), arrays["objects_frames"].astype(np.int64)
        seen &= ~occluded_of_many(ids, frames, arrays["objects_origin"], arrays["objects_flags"])
        boxes = arrays["objects_boxes"].astype(np.float64)[seen]
        clips = np.full(int(seen.sum()), clip)
        objects.append(np.stack([clips, ids[seen], frames[seen]], axis=1))
        suggested.append(arrays["objects_ids"][arrays["objects_review"] == Review.SUGGESTED])
        sides.append(np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]))
    return Extents(
        names=names,
        uses=uses,
        objects=np.concatenate([np.zeros((0, 3), np.int64), *objects]).astype(np.int64),
        sides=np.concatenate([np.zeros(0), *sides]),
        points=np.array(points, np.int64).reshape(-1, 3),
        suggested=np.concatenate([np.zeros(0, np.int64), *suggested]).astype(np.int64),
    )


def snapshot_rows(folder: Path) -> Iterator[tuple[int, TrackRows]]:
    """Id and tracks of each clip of a snapshot, read whole, one clip after the other.

    Raises:
        one of `UNREAD`.
    """
    for entry in read_record(SnapshotHead, folder / HEAD).clips:
        content = read_entry(folder, entry)
        yield content.clip.id, track_rows(content.points, content.objects)


@dataclass(frozen=True, eq=False)
class ClipIds:
    """A clip of a snapshot, and the ids of all its trajectories, objects first, (N,) int64."""

    clip_id: int
    name: str
    ids: np.ndarray


def snapshot_ids(folder: Path) -> list[ClipIds]:
    """The ids of a snapshot's trajectories by clip, rejected ones included.

    Raises:
        StudioError: the snapshot is missing or damaged.
    """
    try:
        found = []
        for entry in read_record(SnapshotHead, folder / HEAD).clips:
            arrays = read_arrays(folder / f"{entry.id}.npz", _forms("objects_ids", "points_ids"), _REMEDY)
            ids = np.concatenate([arrays["objects_ids"], arrays["points_ids"]]).astype(np.int64)
            found.append(ClipIds(entry.id, entry.name, ids))
        return found
    except UNREAD as error:
        raise StudioError(f"The snapshot in {folder} is missing or damaged; start a new run.") from error


def trajectories_digest(folder: Path, clips: Collection[str], kinds: Collection[Kind]) -> int:
    """A number that two snapshots share where some clips have the same trajectories of these kinds in both.

    Which were accepted makes no difference, which were rejected, are only suggested or were said to be
    occluded does. The checksums that the files hold are taken, so that little is read.

    Raises:
        one of `UNREAD`.
    """
    digest = 0
    for entry in sorted(read_record(SnapshotHead, folder / HEAD).clips, key=lambda one: one.name):
        if entry.name in clips:
            path = folder / f"{entry.id}.npz"
            parts = [entry.name]
            with zipfile.ZipFile(path) as file:
                names = [f"{name}.npy" for kind in kinds for name in _DECIDING[kind]]
                parts += [f"{name} {file.getinfo(name).CRC}" for name in names]
            reviews = read_arrays(path, _forms(*(_REVIEWS[kind] for kind in kinds))).values()
            if Kind.OBJECT in kinds:
                flags = read_arrays(path, _forms("objects_flags"))["objects_flags"]
                parts.append(str(np.flatnonzero(flags & Flag.OCCLUDED).tolist()))
            parts += [
                str(np.flatnonzero(review == other).tolist())
                for review in reviews
                for other in (Review.REJECTED, Review.SUGGESTED)
            ]
            digest = zlib.crc32("\n".join(parts).encode(), digest)
    return digest
