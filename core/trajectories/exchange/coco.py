"""COCO JSON for video: `videos`, `images` (one a frame), `tracks`, `categories` and `annotations`.

Boxes are `[x, y, width, height]` in pixels from the top left corner, continuous as here. Masks are
written as compressed run lengths (see `rle`) and read as those, as plain lists of counts, or left out
where they are polygons. `score` and `origin` (annotated, edited, propagated, linked) are fields of an
annotation. A nameless object is of the category `object`, and an object of that category is nameless.
Source: Lin et al., COCO, ECCV 2014; the fields for video follow TAO (Dave et al., ECCV 2020).
"""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.geometry import decode_mask
from core.trajectories.exchange import rle
from core.trajectories.exchange.assembling import (
    NO_POINTS,
    Listing,
    Tracks,
    boxes_of,
    counted,
    given_origin,
)
from core.trajectories.exchange.reading import numbers, read_text
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

_NAMELESS = "object"
_ORIGINS = {origin.name.lower(): int(origin) for origin in Origin}
_WORDS = {number: word for word, number in _ORIGINS.items()}


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write objects, a category for each label; points have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    names = sorted({one.label or _NAMELESS for one in objects})
    size = {"width": clip.width, "height": clip.height}
    category = {name: number for number, name in enumerate(names, start=1)}
    annotations = itertools.chain.from_iterable(
        _observations(clip, one, number, category[one.label or _NAMELESS])
        for number, one in enumerate(objects, start=1)
    )
    content = {
        "videos": [{"id": 1, "name": clip.name, **size}],
        "images": [
            {"id": frame + 1, "video_id": 1, "frame_index": frame, "file_name": _file(clip, frame), **size}
            for frame in range(clip.frames)
        ],
        "tracks": [
            {"id": number, "video_id": 1, "category_id": category[one.label or _NAMELESS]}
            for number, one in enumerate(objects, start=1)
        ],
        "categories": [{"id": number, "name": name} for name, number in category.items()],
    }
    with replacing(path) as partial, open(partial, "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(content)[:-1] + ', "annotations": [')
        for id, text in enumerate(annotations, start=1):
            file.write(f'{"," if id > 1 else ""}\n{{"id": {id}, {text}}}')
        file.write("]}\n")


def read(path: Path, clip: Clip) -> Tracks:
    """The objects of a file, one for each `track_id` (or `instance_id`).

    An annotation without an `origin` is annotated, or propagated where its score is between 0 and 1.

    Raises:
        StudioError: the file is missing, no such JSON, without track ids or of another clip.
    """
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise StudioError(f"{path} is no whole JSON; copy it again from where it came from.") from error
    lists = {name: _dicts(content, name, path) for name in ("videos", "images", "categories", "annotations")}
    frames = _frames(_of_clip(lists, clip, path), clip, path)
    annotations = [one for one in lists["annotations"] if _key(one.get("image_id")) in frames]
    left_out = len(lists["annotations"]) - len(annotations)
    boxes, masks, polygons = _shapes(annotations, clip, path)
    ids = [_track(one, path) for one in annotations]
    places = {id: place for place, id in enumerate(dict.fromkeys(ids))}
    labels = dict.fromkeys(places, "")
    names = {_key(one.get("id")): str(one.get("name", "")) for one in lists["categories"]}
    for id, one in zip(ids, annotations, strict=True):
        name = names.get(_key(one.get("category_id")), "")
        labels[id] = labels[id] or ("" if name == _NAMELESS else name)
    sure = numbers([one.get("score", np.nan) for one in annotations], path, "scores")
    rows = Listing(
        path,
        clip,
        np.array([places[id] for id in ids], np.int64),
        np.array([frames[_key(one["image_id"])] for one in annotations], np.int64),
        list(places),
        _origins(annotations, sure, path),
        list(labels.values()),
    )
    warnings = {
        f"Taken as boxes, in {path.name}: {counted(polygons, 'polygon')}.": polygons,
        f"Left out, in {path.name}: {counted(left_out, 'annotation')} of other images.": left_out,
    }
    objects, odd = rows.objects(boxes, sure, masks)
    return NO_POINTS, objects, [text for text, count in warnings.items() if count] + odd


def _observations(clip: Clip, one: ObjectTrajectory, number: int, category: int) -> Iterator[str]:
    """The JSON fields of each observation of an object."""
    head = f'"track_id": {number}, "category_id": {category}, "video_id": 1, "iscrowd": 0'
    corners = one.boxes.astype(np.float64)
    boxes = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    origins = [_WORDS[origin] for origin in one.origin.tolist()]
    columns = (one.frames.tolist(), boxes.tolist(), one.masks, one.confidence.tolist(), origins)
    for frame, box, runs, score, origin in zip(*columns, strict=True):
        area, segmentation = box[2] * box[3], "[]"
        if runs is not None:
            area = int(np.frombuffer(runs, "<u4")[1::2].sum())
            segmentation = json.dumps({"size": [clip.height, clip.width], "counts": rle.compress(runs)})
        yield (
            f'{head}, "image_id": {frame + 1}, "bbox": {box}, "area": {area}, '
            f'"segmentation": {segmentation}, "score": {score}, "origin": "{origin}"'
        )


def _file(clip: Clip, frame: int) -> str:
    return clip.files[0] if clip.is_video else clip.files[frame]


def _dicts(content: Any, name: str, path: Path) -> list[dict[str, Any]]:
    """A list of the file, empty where it is missing; `images` and `annotations` must be there."""
    found = content.get(name, []) if isinstance(content, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise StudioError(f"{path} has no list of {name}; choose a COCO file of instances with tracks.")
    if name in ("images", "annotations") and name not in content:
        raise StudioError(f"{path} has no {name}; choose a COCO file of instances with tracks.")
    return found


def _of_clip(lists: Mapping[str, list[dict[str, Any]]], clip: Clip, path: Path) -> list[dict[str, Any]]:
    """The images of the clip: all where there is one video or none, else those of the video of its name."""
    videos, images = lists["videos"], lists["images"]
    if len(videos) < 2:
        return images
    own = {_key(one.get("id")) for one in videos if PurePosixPath(str(one.get("name"))).name == clip.name}
    if not own:
        raise StudioError(
            f"{path} has {len(videos)} videos and none named {clip.name}; choose the clip it belongs to."
        )
    return [one for one in images if _key(one.get("video_id")) in own]


def _frames(images: list[dict[str, Any]], clip: Clip, path: Path) -> dict[Any, int]:
    """Image id → frame, by `frame_index` (or `frame_id`), else by the name of the file."""
    by_name = {} if clip.is_video else {PurePosixPath(name).stem: n for n, name in enumerate(clip.files)}
    frames: dict[Any, int] = {}
    for image in images:
        if any(image.get(side, own) != own for side, own in (("width", clip.width), ("height", clip.height))):
            raise StudioError(
                f"{path} has images of {image.get('width')} x {image.get('height')} pixels while {clip.name} "
                f"has {clip.width} x {clip.height}; choose the clip it belongs to."
            )
        stem = PurePosixPath(str(image.get("file_name", "")).replace("\\", "/")).stem
        frame = image.get("frame_index", image.get("frame_id", by_name.get(stem)))
        if type(frame) is not int or not 0 <= frame < clip.frames:
            raise StudioError(
                f"{path} has the image {stem[:60]!r}, which is no frame of {clip.name}; choose the clip it "
                "belongs to."
            )
        if _key(image.get("id")) is None:
            raise StudioError(f"{path} has images without an id; add it.")
        frames[image["id"]] = frame
    return frames


def _key(id: Any) -> Any:
    """An id as a key; text and numbers are ids, nothing else is."""
    return id if isinstance(id, int | str) else None


def _track(annotation: Mapping[str, Any], path: Path) -> Any:
    attributes = annotation.get("attributes")
    inner = attributes.get("track_id") if isinstance(attributes, dict) else None
    id = _key(annotation.get("track_id", annotation.get("instance_id", inner)))
    if id is None:
        raise StudioError(
            f"{path} has annotations without a track_id, which says what is one object through time; add it."
        )
    return id


def _origins(annotations: Sequence[Mapping[str, Any]], sure: np.ndarray, path: Path) -> np.ndarray:
    origins = given_origin(sure)
    for row, one in enumerate(annotations):
        if "origin" in one:
            if _key(one["origin"]) not in _ORIGINS:
                raise StudioError(
                    f"{path} has the origin {str(one['origin'])[:40]!r}; use one of {', '.join(_ORIGINS)}."
                )
            origins[row] = _ORIGINS[one["origin"]]
    return origins


def _shapes(
    annotations: Sequence[Mapping[str, Any]], clip: Clip, path: Path
) -> tuple[np.ndarray, list[bytes | None], int]:
    """(M, 4) float64 boxes, M masks, and how many annotations have polygons instead."""
    boxes: list[Any] = []
    masks: list[bytes | None] = []
    polygons = 0
    for one in annotations:
        segmentation, box, runs = one.get("segmentation"), one.get("bbox"), None
        if isinstance(segmentation, dict):
            runs = _runs(segmentation, clip, path)
        elif segmentation:
            polygons += 1
        if box is None and runs is not None:
            left, top, right, bottom = boxes_of([decode_mask(runs, clip.height, clip.width)])[0].tolist()
            box = (left, top, right - left, bottom - top)
        boxes.append(box)
        masks.append(runs)
    sizes = numbers(boxes or np.zeros((0, 4)), path, "boxes")
    if sizes.shape != (len(boxes), 4):
        raise StudioError(f"{path} has annotations without a box of four numbers; add them as bbox.")
    return np.hstack([sizes[:, :2], sizes[:, :2] + sizes[:, 2:]]), masks, polygons


def _runs(segmentation: Mapping[str, Any], clip: Clip, path: Path) -> bytes | None:
    counts = segmentation.get("counts")
    if segmentation.get("size") != [clip.height, clip.width]:
        raise StudioError(
            f"{path} has a mask of another size than the {clip.width} x {clip.height} pixels of {clip.name}; "
            "choose the clip it belongs to."
        )
    try:
        plain = rle.decompress(counts) if isinstance(counts, str) else numbers(counts, path, "counts")
        return rle.runs_of_counts(plain, clip.height, clip.width)
    except ValueError as error:
        raise StudioError(
            f"{path} has a mask whose run lengths do not fill {clip.width} x {clip.height} pixels; "
            "export it again."
        ) from error
