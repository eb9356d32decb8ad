"""Read what `mot` describes, as MOTChallenge, CVAT, KITTI and trackers write it.

- `frame,id,left,top,width,height[,confidence[,class[,visibility]]]` or with `x,y,z` at the end; parted by
  commas, semicolons, tabs or blanks, with or without a line of names. Frames and pixels count from 1, in
  the files of CVAT and datumaro (a `labels.txt` and no `seqinfo.ini`) pixels count from 0.
- KITTI's tracking: `frame id type truncated occluded alpha left top right bottom …`, all from 0.
- VATIC: `id left top right bottom frame lost occluded generated label`, all from 0.
- MOTS: `frame id class height width runs`, see `mots`.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.text_file import decoded, lines_of
from core.trajectories.exchange import mots
from core.trajectories.exchange.assembling import NO_POINTS, Listing, Tracks, counted, number_owners
from core.trajectories.exchange.frame_numbers import frames_of
from core.trajectories.exchange.mot_folder import Beside, find_tracks
from core.trajectories.exchange.mot_layout import VATIC_FLAGS, Layout, find_layout, is_kitti, is_vatic
from core.trajectories.exchange.number_lines import NumberLines, split_lines
from core.trajectories.exchange.reading import read_bytes
from core.trajectories.exchange.scores import read_scores
from core.trajectories.exchange.units import is_scaled
from core.trajectories.exchange.unread import refuse_lines
from core.trajectories.model import Flag, ObjectTrajectory

_FEWEST = 3  # boxes that show their unit
CLASSES = (
    *("pedestrian", "person on vehicle", "car", "bicycle", "motorbike", "non motorized vehicle"),
    *("static person", "distractor", "occluder", "occluder on the ground", "occluder full", "reflection"),
    "crowd",
)
"""The classes of MOT16 and MOT20, from 1."""
NAMELESS = "unnamed"
"""What a class of objects without a label is called."""


def read(path: Path, clip: Clip) -> Tracks:
    """The boxes of a file, or of the sequence that a folder is, by id.

    Those of a confidence between 0 and 1 are propagated, all others annotated; lines of confidence 0 are
    left out. The class is the label: by `labels.txt`, else of MOT16. What is seen by less than half, or is
    largely occluded in KITTI's and VisDrone's words, is occluded.

    Raises:
        StudioError: the file is missing, not of this format, without ids or of another clip.
    """
    beside = find_tracks(path, clip)
    path = beside.path
    data = read_bytes(path)
    if data.startswith(b"PK\x03\x04"):
        raise StudioError(f"{path} is a zip archive; unpack it and choose gt/gt.txt in it.")
    lines = lines_of(decoded(data, path))
    if mots.is_of(lines):
        objects, warnings = mots.read(lines, path, clip)
        return NO_POINTS, objects, beside.warnings + warnings
    table = split_lines(lines)
    refuse_lines(table, path)
    if not len(table) and not table.names:
        return NO_POINTS, [], []
    layout, said = find_layout(table, path, clip)
    if beside.classes and not beside.has_info:
        layout = replace(layout, pixel=0)
        said.append(
            f"Taken as pixels from 0, as CVAT and datumaro count them, in {path.name}: labels.txt lies "
            "beside it and no seqinfo.ini."
        )
    table, ignored = _without_ignored(table, layout, path)
    objects, warnings = _objects(table, layout, beside, clip)
    return NO_POINTS, objects, beside.warnings + said + ignored + warnings


def _without_ignored(table: NumberLines, layout: Layout, path: Path) -> tuple[NumberLines, list[str]]:
    """Without KITTI's regions that are no objects, and without lines whose flag says not to consider them."""
    if is_kitti(table):
        ignored = np.array([text.lower() == "dontcare" for text in table.texts(2)], bool)
        what = "DontCare region"
    elif is_vatic(table):
        ignored = table.column(VATIC_FLAGS[0]) == 1
        what = "lost box"
    elif layout.score is not None:
        ignored = table.column(layout.score) == 0
        what = "line"
    else:
        return table, []
    if not ignored.any():
        return table, []
    if ignored.all() and is_vatic(table):
        raise StudioError(f"{path} holds nothing but lost boxes; choose another file.")
    if ignored.all():
        raise StudioError(
            f"{path} holds nothing but lines that are not to be considered (confidence 0); set it to 1 for "
            "those that count."
        )
    warnings = [f"Left out, in {path.name}: {counted(int(ignored.sum()), what)} not to be considered."]
    return table.take(np.flatnonzero(~ignored)), warnings


def _objects(
    table: NumberLines, layout: Layout, beside: Beside, clip: Clip
) -> tuple[list[ObjectTrajectory], list[str]]:
    path = beside.path
    values, lacks = table.table((layout.frame, layout.id, *layout.box))
    numbers, ids, boxes = values[:, 0], values[:, 1], values[:, 2:] - layout.pixel
    if (ids == -1).sum() * 10 > len(ids):
        raise StudioError(
            f"{path} has boxes without an id (-1), so they are detections; choose a file of tracks."
        )
    with np.errstate(invalid="ignore"):
        is_id = (ids % 1 == 0) & (ids != -1)
    for row in np.flatnonzero(~is_id).tolist():
        lacks.setdefault(row, "it has no id" if ids[row] == -1 else "its id is no whole number")
    said = []
    if not layout.corners:
        with np.errstate(over="ignore", invalid="ignore"):
            boxes[:, 2:] = boxes[:, :2] + values[:, 4:]
    if len(boxes) >= _FEWEST and is_scaled(boxes + layout.pixel):
        with np.errstate(over="ignore", invalid="ignore"):
            boxes = (boxes + layout.pixel) * np.tile([clip.width, clip.height], 2)
        said.append(f"Scaled to the frame, in {path.name}: most boxes lie within 0 to 1.")
    names, owner = number_owners(np.where(is_id, ids, -1))
    labels, several = _labels(table, layout, beside, owner, len(names))
    frames = frames_of(numbers, clip, path, layout.first)
    silent = np.full(len(ids), np.nan)
    scores = read_scores(silent if layout.score is None else table.column(layout.score), path)
    rows = Listing(
        path,
        clip,
        owner,
        frames.frame,
        [f"{name:.0f}" for name in names],
        scores.origin,
        labels,
        lines=table.lines,
        own_faults=lacks,
        numbers=frames.numbers,
        span=frames.span,
        flags=_flags(table, layout),
    )
    objects, odd = rows.objects(boxes, scores.confidence)
    return objects, said + several + frames.warnings + scores.warnings + odd


def _flags(table: NumberLines, layout: Layout) -> np.ndarray:
    """(M,) uint8, `Flag` of the lines."""
    if layout.occluded is None:
        return np.zeros(len(table), np.uint8)
    column, low, high = layout.occluded
    values = table.column(column)
    with np.errstate(invalid="ignore"):
        return np.where((values >= low) & (values < high), Flag.OCCLUDED, 0).astype(np.uint8)


def _labels(
    table: NumberLines, layout: Layout, beside: Beside, owner: np.ndarray, count: int
) -> tuple[list[str], list[str]]:
    """The class of each track by its first line; empty where there is none."""
    if layout.kind is None:
        return [], []
    labels: dict[int, str] = {}
    several: set[int] = set()
    known: dict[str, str] = {}
    for track, text in zip(owner.tolist(), table.texts(layout.kind), strict=True):
        label = known.get(text)
        if label is None:
            label = known[text] = _label(text, beside.classes or layout.classes)
        if labels.setdefault(track, label) != label:
            several.add(track)
    tracks = counted(len(several), "track")
    said = [f"Taken from the first line, in {beside.path.name}: the class of {tracks} with several."]
    return [labels.get(track, "") for track in range(count)], said if several else []


def _label(text: str, classes: Sequence[str]) -> str:
    try:
        number = int(float(text))
    except (ValueError, OverflowError):
        return text
    names = classes or CLASSES
    if number < 1:
        return ""
    label = names[number - 1] if number <= len(names) else f"class {number}"
    return "" if label == NAMELESS else label
