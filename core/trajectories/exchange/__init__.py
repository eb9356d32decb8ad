"""Trajectories in other programs' formats, one module a format.

A format's own conventions (pixels, frames, what is a keyframe) stand in its module's docstring; on
this side of it there is one continuous system of pixels, and frames count from 0.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange import (
    brox,
    coco,
    coco_reading,
    cvat,
    cvat_reading,
    davis,
    labelme,
    mot,
    mot_reading,
    parquet,
    sam,
    table,
    tapvid,
    tapvid_reading,
    youtube_vis,
    youtube_vis_reading,
)
from core.trajectories.exchange.assembling import Tracks
from core.trajectories.exchange.column_mapping import ColumnChoice
from core.trajectories.exchange.file_names import file_name
from core.trajectories.exchange.replacing import keep_frames
from core.trajectories.exchange.tables import table_of
from core.trajectories.model import ObjectTrajectory, PointTrajectories


@dataclass(frozen=True)
class Format:
    """What can be exchanged in one format.

    Attributes:
        name: what it is called on the command line.
        title: what it is called in the window.
        suffix: of its file; empty for a folder.
        write: writes a clip's trajectories to a path; None where the format is only read.
        read: the trajectories of a path, for a clip; None where it is only written.
        holds: which of points, boxes, masks, labels, origins (or only keyframes), reviews, errors
            (of links), confidences, ends (why a point's track ends), occlusions (whether an object is hidden
            in part) and sights (whether it is said to be out of sight) it keeps; which labels, where not
            all, `losses` says.
        losses: what the programs that read the format do to a clip's trajectories beyond what `holds` says,
            in whole sentences that name the program; nothing where it is None.
    """

    name: str
    title: str
    suffix: str
    write: Callable[[Clip, PointTrajectories, Sequence[ObjectTrajectory], Path], None] | None
    read: Callable[[Path, Clip], Tracks] | None
    holds: frozenset[str]
    losses: Callable[[Clip, PointTrajectories, Sequence[ObjectTrajectory]], list[str]] | None = None


def _holds(words: str) -> frozenset[str]:
    return frozenset(words.split())


_IN_COCO = _holds("boxes masks labels origins confidences occlusions sights")
_IN_CVAT = _holds("points boxes masks labels origins occlusions sights")
_IN_MOT = _holds("boxes labels occlusions")
_IN_TABLES = _holds("points boxes labels origins reviews errors confidences ends")

FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("brox", "Brox tracks", ".dat", brox.write, brox.read, _holds("points labels"), brox.losses),
        Format("tapvid", "TAP-Vid arrays", ".npz", tapvid.write, tapvid_reading.read, _holds("points")),
        Format("davis", "DAVIS masks", "", davis.write, davis.read, _holds("masks labels"), davis.losses),
        Format("mot", "MOTChallenge", "", mot.write, mot_reading.read, _IN_MOT, mot.losses),
        Format(
            "mot-results",
            "MOTChallenge results",
            ".txt",
            mot.write_results,
            mot_reading.read,
            _holds("boxes confidences"),
        ),
        Format("coco", "COCO for video", ".json", coco.write, coco_reading.read, _IN_COCO, coco.losses),
        Format(
            "youtube-vis",
            "YouTube-VIS",
            ".youtube-vis.json",
            youtube_vis.write,
            youtube_vis_reading.read,
            _holds("boxes masks labels"),
            youtube_vis.losses,
        ),
        Format("labelme", "labelme", "", None, labelme.read, _holds("boxes masks labels")),
        Format("sam", "Segment Anything masks", ".json", None, sam.read, _holds("masks labels")),
        Format("cvat", "CVAT for video", ".xml", cvat.write, cvat_reading.read, _IN_CVAT, cvat.losses),
        Format("csv", "CSV table", ".csv", table.write, table.read, _IN_TABLES),
        Format("parquet", "Parquet table", ".parquet", parquet.write, parquet.read, _IN_TABLES),
    )
}
"""Every format by its name."""

WRITTEN = {name: format for name, format in FORMATS.items() if format.write is not None}
"""The formats that can be exported."""

READ = {name: format for name, format in FORMATS.items() if format.read is not None}
"""The formats that can be imported."""


def export_clip(
    format: str,
    clip: Clip,
    points: PointTrajectories,
    objects: Sequence[ObjectTrajectory],
    folder: Path,
    name: str | None = None,
    columns: ColumnChoice | None = None,
) -> Path:
    """Write one clip's trajectories to its `export_path`, whole or not at all.

    Every trajectory given is written, rejected ones too: `choice.Choice` leaves out beforehand what is not
    wanted, and what the format cannot hold, `omissions.omissions` says beforehand. Tables may have other
    `columns` than ours.

    Returns:
        The path written.

    Raises:
        StudioError: there is no such format, the format cannot number that much or has no columns to choose,
            the clip's own frames lie there, or the folder cannot be written to.
    """
    path = export_path(format, clip, folder, name)
    keep_frames(clip, path)
    if columns is not None:
        table_of(format).write(clip, points, objects, path, columns)
    elif (write := WRITTEN[format].write) is not None:
        write(clip, points, objects, path)
    return path


def export_path(format: str, clip: Clip, folder: Path, name: str | None = None) -> Path:
    """Where `export_clip` writes: a name (see `file_names`) with the format's suffix.

    Raises:
        StudioError: there is no such format.
    """
    if format not in WRITTEN:
        raise StudioError(f"There is no exchange format {format!r} to export; choose {', '.join(WRITTEN)}.")
    return folder / ((name or file_name(clip.name)) + WRITTEN[format].suffix)


def import_tracks(format: str, path: Path, clip: Clip) -> Tracks:
    """Read trajectories of one clip; they are not stored yet, and belong to its chosen annotator.

    A point trajectory has no gaps, so one that does becomes several. The edit `AddTrajectories` stores
    what is returned.

    Returns:
        Points, objects, and sentences about what was irregular and how it was taken.

    Raises:
        StudioError: there is no such format; the path is missing, damaged or not of the format; or what
            it holds does not fit the clip.
    """
    if format not in READ or (read := READ[format].read) is None:
        raise StudioError(f"There is no exchange format {format!r} to import; choose {', '.join(READ)}.")
    return read(path, clip)
