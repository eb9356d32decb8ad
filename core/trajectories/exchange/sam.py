"""Reading masks as scripts around Segment Anything save them: run lengths of the COCO API in JSON.

Taken are, in one file or a folder of files:

- `{frame: {object: mask}}`, as SAM 2 gives the masks of a video, a mask being `{"size", "counts"}`, or an
  entry with one as `segmentation` (or `rle`, `mask`);
- `{frame: mask}`, a file an object, or `{object: mask}`, a file a frame;
- `masklet`, a list a frame of masks an object, of `masklet_id` (SA-V, whose frames are every fourth);
- lists of entries, or `annotations` of an `image` (SA-1B), that name their object as `object_id`, `obj_id`,
  `track_id` or `instance_id`, and their frame as `frame`, `frame_idx`, `frame_index`, `image_id` or by
  their file.

What SAM finds in one picture by itself is numbered anew in each: such files are refused.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.datasets.folder import files
from core.errors import StudioError
from core.trajectories.exchange.assembling import NO_POINTS, Listing, Tracks, counted
from core.trajectories.exchange.image_names import frames_of_images, posix
from core.trajectories.exchange.json_file import (
    floats,
    identities,
    identity,
    numbered,
    read_json,
    uncollected,
)
from core.trajectories.exchange.scores import read_scores
from core.trajectories.exchange.segmentations import EMPTY, raster_of, shapes_of

_LONGEST = 1e9  # frames of a video
_MASKS = ("segmentation", "rle", "mask")
_OBJECTS = ("object_id", "obj_id", "track_id", "instance_id")
_FRAMES = ("frame", "frame_idx", "frame_index", "frame_id", "file_name", "image_id")
_SCORES = ("score", "predicted_iou")
_LABELS = ("label", "category", "class_name", "class")


@dataclass(frozen=True)
class _Entry:
    """A mask, with the keys or names of files that it stands under: `outer`, and `inner` below that."""

    outer: Any
    inner: Any
    values: dict[str, Any]

    @property
    def mask(self) -> Any:
        return next((self.values[name] for name in _MASKS if name in self.values), self.values)

    def first(self, names: Sequence[str]) -> Any:
        return next((self.values[name] for name in names if self.values.get(name) is not None), None)


@uncollected()
def read(path: Path, clip: Clip) -> Tracks:
    """The objects of a file or folder.

    Raises:
        StudioError: it is missing, holds no masks, nothing says what is one object, or it is of another clip.
    """
    entries = _entries(path)
    if not entries:
        raise StudioError(f"{path} holds no masks as run lengths (size and counts); choose another file.")
    names, objects, warnings = _axes(entries, path, clip)
    owners = identities(objects)
    if not owners:
        raise StudioError(
            f"{path} has {counted(len(entries), 'mask')}, and nothing says which are one object through time "
            "(no object_id); track them, as SAM 2 does in a video, and save object_id with each."
        )
    found = frames_of_images([_name(one) for one in names], [None] * len(names), path, clip)
    owner = numbered(objects, owners)
    kept = np.flatnonzero((owner >= 0) & (found.frames >= 0))
    if len(kept) < len(entries):
        left_out = counted(len(entries) - len(kept), "mask")
        warnings.append(f"Left out, in {path.name}: {left_out} of no object or of other frames.")
    rows = [entries[row] for row in kept.tolist()]
    raster, scaled = raster_of([_size(one.mask) for one in rows], path, clip)
    shapes = shapes_of([None] * len(rows), [one.mask for one in rows], raster)
    empty = [row for row, why in shapes.faults.items() if why == EMPTY]  # there the object is absent
    there = np.setdiff1d(np.arange(len(rows)), empty)
    labels = [""] * len(owners)
    for number, one in zip(owner[kept].tolist(), rows, strict=True):
        label = one.first(_LABELS)
        labels[number] = labels[number] or (label if isinstance(label, str) else "")
    scores = read_scores(floats([one.first(_SCORES) for one in rows]), path)
    listing = Listing(
        path,
        clip,
        owner[kept],
        found.frames[kept],
        list(owners),
        scores.origin,
        labels,
        own_faults=shapes.faults,
    )
    masks = shapes.masks or [None] * len(rows)
    objects_found, odd = listing.take(there).objects(
        shapes.boxes[there], scores.confidence[there], [masks[row] for row in there.tolist()]
    )
    return NO_POINTS, objects_found, found.warnings + warnings + scaled + scores.warnings + odd


def _entries(path: Path) -> list[_Entry]:
    """All masks of a file, or of the JSON files of a folder.

    Raises:
        StudioError: it cannot be read.
    """
    try:
        is_folder = path.is_dir()
        paths = files(path, (".json",)) if is_folder else [path]
    except OSError as error:
        raise StudioError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    return [entry for one in paths for entry in _of_content(read_json(one), one.stem if is_folder else None)]


def _of_content(content: Any, outer: Any) -> Iterator[_Entry]:
    """The masks of a file, which `outer` names where it is one of a folder."""
    if isinstance(content, list):
        yield from (_Entry(outer, None, one) for one in content if _is_mask(one))
    elif isinstance(content, dict) and isinstance(content.get("annotations"), list):
        image = content.get("image")
        name = image.get("file_name") if isinstance(image, dict) else None
        yield from _of_content(content["annotations"], name or outer)
    elif isinstance(content, dict) and isinstance(content.get("masklet"), list):
        yield from _of_masklets(content)
    elif _is_mask(content):
        yield _Entry(outer, None, content)
    elif isinstance(content, dict):
        for key, value in content.items():
            if _is_mask(value):
                yield _Entry(outer, key, value)
            elif isinstance(value, list):
                yield from _of_content(value, key)
            elif isinstance(value, dict):
                yield from (_Entry(key, inner, one) for inner, one in value.items() if _is_mask(one))


def _of_masklets(content: dict[str, Any]) -> Iterator[_Entry]:
    frames, ids = content["masklet"], content.get("masklet_id")
    count = floats([content.get("video_frame_count")])[0]
    step = max(round(count / len(frames)), 1) if frames and 0 < count < _LONGEST else 1
    for place, masks in enumerate(frames):
        for number, one in enumerate(masks if isinstance(masks, list) else ()):
            name = ids[number] if isinstance(ids, list) and number < len(ids) else number
            if _is_mask(one):
                yield _Entry(place * step, None, {"object_id": name, "segmentation": one})


def _is_mask(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return "counts" in value or any(isinstance(value.get(name), dict | list) for name in _MASKS)


def _axes(entries: Sequence[_Entry], path: Path, clip: Clip) -> tuple[list[Any], list[Any], list[str]]:
    """What names the frame and what the object of each mask, and what is to be said of it.

    Of two keys the outer one is the frame, as SAM 2 has it, unless only the inner one can be, or the inner
    ones are more and at least half of all frames; where both can be, that is said.
    """
    both = [one for one in entries if one.outer is not None and one.inner is not None]
    outer = _fitting([one.outer for one in both], path, clip)
    inner = _fitting([one.inner for one in both], path, clip)
    is_inner = inner > 0 and (not outer or (inner > outer and 2 * inner >= clip.frames))
    names, objects = [], []
    for one in entries:
        frame, other = one.outer, one.inner
        if one.inner is not None and (is_inner or one.outer is None):
            frame, other = one.inner, path.stem if one.outer is None else one.outer
        names.append(one.first(_FRAMES) if frame is None else frame)
        objects.append(one.first(_OBJECTS) if other is None else other)
    if not (outer and inner) or outer > inner:
        return names, objects, []
    which = ("inner", "outer") if is_inner else ("outer", "inner")
    text = f"Taken as frames, in {path.name}: the {which[0]} keys; the {which[1]} ones would fit too."
    return names, objects, [text]


def _fitting(names: Sequence[Any], path: Path, clip: Clip) -> int:
    """How many frames of the clip some names would be; 0 where they cannot be frames."""
    try:
        found = frames_of_images([_name(one) for one in names], [None] * len(names), path, clip)
    except StudioError:
        return 0
    return len(np.unique(found.frames[found.frames >= 0]))


def _name(value: Any) -> str:
    return posix(value) if isinstance(value, str) else identity(value) or ""


def _size(mask: Any) -> dict[str, Any]:
    size = mask.get("size") if isinstance(mask, dict) else None
    height, width = size if isinstance(size, list) and len(size) == 2 else (None, None)
    return {"width": width, "height": height}
