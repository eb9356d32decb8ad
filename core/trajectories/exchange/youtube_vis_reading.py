"""Reading YouTube-VIS JSON, annotations or results: see `youtube_vis`.

The frames of a video are those that its `file_names` say (see `image_names`), else they go by their order.
Results are a list of objects with a `score`, without videos and categories.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import NO_POINTS, Listing, Tracks, counted
from core.trajectories.exchange.coco_reading import category_words
from core.trajectories.exchange.image_names import frames_of_images, is_named, posix
from core.trajectories.exchange.json_file import (
    column,
    floats,
    identity,
    listed,
    numbered,
    read_json,
    uncollected,
)
from core.trajectories.exchange.scores import read_scores
from core.trajectories.exchange.segmentations import raster_of, shapes_of

_REMEDY = "choose a YouTube-VIS file of videos and annotations"
Row = dict[str, Any]


@uncollected()
def read(path: Path, clip: Clip) -> Tracks:
    """The objects of a file, one for each annotation; those of one clip where it holds several videos.

    Raises:
        StudioError: the file is missing, no such JSON, or of another clip.
    """
    content = read_json(path)
    if isinstance(content, list):
        content = {"videos": None, "categories": None, "annotations": content}
    videos, categories = (listed(content, name, path, _REMEDY) for name in ("videos", "categories"))
    annotations = listed(content, "annotations", path, _REMEDY, needed=True)
    video = _of_clip(videos, annotations, path, clip)
    own = [one for one in annotations if identity(one.get("video_id")) == identity(video.get("id"))]
    frames, warnings = _frames(video, path, clip)
    raster, scaled = raster_of([video], path, clip)
    found = list(_observations(own))
    place = np.array([row[1] for row in found], np.int64)
    frame = np.append(frames, clip.frames)[np.minimum(place, len(frames))]  # beyond the video is odd
    kept = np.flatnonzero(frame >= 0)
    rows = [found[row] for row in kept.tolist()]
    if len(rows) < len(found):
        skipped = counted(len(found) - len(rows), "observation")
        warnings.append(f"Left out, in {path.name}: {skipped} of frames that {clip.name} does not take.")
    shapes = shapes_of([row[2] for row in rows], [row[3] for row in rows], raster)
    owner = np.array([row[0] for row in rows], np.int64)
    scores = read_scores(np.append(floats(column(own, "score")), np.nan)[owner], path)
    listing = Listing(
        path,
        clip,
        owner,
        frame[kept],
        [identity(one.get("id")) or number for number, one in enumerate(own, start=1)],
        scores.origin,
        _labels(own, categories),
        lines=owner + 1,
        unit="annotation",
        own_faults=shapes.faults,
    )
    objects, odd = listing.objects(shapes.boxes, scores.confidence, shapes.masks)
    return NO_POINTS, objects, warnings + scaled + shapes.warnings(path) + scores.warnings + odd


def _of_clip(videos: Sequence[Row], annotations: Sequence[Row], path: Path, clip: Clip) -> Row:
    """The video of the clip, by its name, the folder of its frames or their names; the only one if it is.

    Raises:
        StudioError: there are several and none is the clip's.
    """
    if not videos:
        ids = {identity(one.get("video_id")) for one in annotations}
        if len(ids) > 1:
            raise StudioError(
                f"{path} has objects of {len(ids)} videos without their names; keep those of {clip.name}."
            )
        longest = max((len(_list(one, "segmentations")) for one in annotations), default=0)
        return {"id": next(iter(ids), None), "length": longest}
    if len(videos) == 1:
        return videos[0]
    files = {posix(name) for name in clip.files}
    for video in videos:
        names = [posix(name) for name in _list(video, "file_names")]
        folders = {part for name in names[:1] for part in PurePosixPath(name).parent.parts}
        if any(is_named(name, clip) for name in (video.get("name"), *folders)) or files & set(names):
            return video
    raise StudioError(
        f"{path} has {len(videos)} videos and none named {clip.name}; choose the clip it belongs to."
    )


def _list(row: Row, name: str) -> list[Any]:
    """A list of a row; empty where there is none."""
    found = row.get(name)
    return found if isinstance(found, list) else []


def _frames(video: Row, path: Path, clip: Clip) -> tuple[np.ndarray, list[str]]:
    """(L,) int64: the frame of each place in the lists of a video, -1 where the clip has none.

    Raises:
        StudioError: their names are none of the clip, or without names there are not as many as it has.
    """
    names = [posix(name) for name in _list(video, "file_names")]
    if names:
        found = frames_of_images(names, [None] * len(names), path, clip)
        return found.frames, found.warnings
    length = identity(video.get("length")) or "0"
    if length != str(clip.frames):
        raise StudioError(
            f"{path} has {length} frames without names while {clip.name} has {clip.frames}; choose the clip "
            "it belongs to."
        )
    return np.arange(clip.frames), []


def _observations(own: Sequence[Row]) -> Iterator[tuple[int, int, Any, Any]]:
    """Annotation, place in its lists, bounding box and segmentation of whatever is not null."""
    for number, one in enumerate(own):
        masks, boxes = _list(one, "segmentations"), _list(one, "bboxes")
        for place in range(max(len(masks), len(boxes))):
            mask = masks[place] if place < len(masks) else None
            box = boxes[place] if place < len(boxes) else None
            if mask or box:
                yield number, place, box or None, mask


def _labels(own: Sequence[Row], categories: Sequence[Row]) -> list[str]:
    known, words = category_words(categories)
    return [words[number] for number in numbered(column(own, "category_id"), known).tolist()]
