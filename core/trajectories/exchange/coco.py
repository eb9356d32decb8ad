"""COCO JSON for video: `videos`, `images` (one a frame), `tracks`, `categories` and `annotations`.

Boxes are `[x, y, width, height]` in pixels from the top left corner, continuous as here; masks compressed
run lengths (see `rle`), and the box is then that of the mask. `track_id` stands in an annotation and, for
CVAT and Datumaro, among its `attributes`, beside `occluded`. `score`, `origin` (annotated, edited,
propagated, linked) and `goes_out` (the object is said not to be seen after it) are fields of an annotation.
`frame_index` is the frame of the clip's source. Nameless objects have a category of their own, marked
`nameless`.
Source: Lin et al., COCO, ECCV 2014; the fields for video follow TAO (Dave et al., ECCV 2020).
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.exchange import rle
from core.trajectories.exchange.assembling import counted
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.sight import occluded, outside

ORIGINS = {origin.name.lower(): int(origin) for origin in Origin}
"""The words of `origin`."""

_WORDS = {number: word for word, number in ORIGINS.items()}


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write objects, a category for each label; points have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    size = {"width": clip.width, "height": clip.height}
    listed, category = categories(objects)
    annotations = itertools.chain.from_iterable(
        _observations(clip, one, number, category[one.label]) for number, one in enumerate(objects, start=1)
    )
    sources = clip.source_frames(np.arange(clip.frames)).tolist()
    content = {
        "videos": [{"id": 1, "name": clip.name, **size}],
        "images": [
            {
                "id": frame + 1,
                "video_id": 1,
                "frame_index": source,
                "file_name": file_name(clip, frame),
                **size,
            }
            for frame, source in enumerate(sources)
        ],
        "tracks": [
            {"id": number, "video_id": 1, "category_id": category[one.label]}
            for number, one in enumerate(objects, start=1)
        ],
        "categories": listed,
    }
    with replacing(path) as partial, open(partial, "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(content)[:-1] + ', "annotations": [')
        for id, text in enumerate(annotations, start=1):
            file.write(f'{"," if id > 1 else ""}\n{{"id": {id}, {text}}}')
        file.write("]}\n")


def categories(objects: Sequence[ObjectTrajectory]) -> tuple[list[dict[str, object]], dict[str, int]]:
    """The list of categories, numbered from 1, and label → number; nameless objects have one too."""
    labels = sorted({one.label for one in objects})
    nameless = "object"
    while nameless in labels:
        nameless += "_"
    listed: list[dict[str, object]] = [
        {"id": number, "name": label or nameless} for number, label in enumerate(labels, start=1)
    ]
    for one, label in zip(listed, labels, strict=True):
        if not label:
            one["nameless"] = True
    return listed, {label: number for number, label in enumerate(labels, start=1)}


def file_name(clip: Clip, frame: int) -> str:
    """The name of a frame's picture; the frames of a video have names as CVAT gives them."""
    if clip.is_video:
        return f"frame_{int(clip.source_frames(np.array([frame]))[0]):06}.png"
    return clip.files[frame]


def losses(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> list[str]:
    """What an evaluator of this format cannot do; see `Format.losses`."""
    boxes = boxes_alone(objects)
    text = f"pycocotools evaluates boxes (bbox), but not masks (segm): {counted(boxes, 'box')} without one."
    return [text] if boxes else []


def boxes_alone(objects: Sequence[ObjectTrajectory]) -> int:
    """How many observations have no mask."""
    return sum(runs is None for one in objects for runs in one.masks)


def _observations(clip: Clip, one: ObjectTrajectory, number: int, category: int) -> Iterator[str]:
    """The JSON fields of each observation of an object."""
    head = f'"track_id": {number}, "category_id": {category}, "video_id": 1, "iscrowd": 0'
    hidden, gone = occluded(one).tolist(), set((outside(one)[:, 0] - 1).tolist())
    size = f'"size": [{clip.height}, {clip.width}]'
    origins = [_WORDS[origin] for origin in one.origin.tolist()]
    boxes = sides_of(one, clip).tolist()
    columns = (one.frames.tolist(), boxes, one.masks, one.confidence.tolist(), origins, hidden)
    for frame, box, runs, score, origin, is_occluded in zip(*columns, strict=True):
        area, segmentation = box[2] * box[3], "[]"
        if runs is not None:
            area = rle.area(runs)
            segmentation = f'{{{size}, "counts": {json.dumps(rle.compress(runs))}}}'
        attributes = f'{{"track_id": {number}, "occluded": {str(is_occluded).lower()}}}'
        goes_out = ', "goes_out": true' if frame in gone else ""
        yield (
            f'{head}, "attributes": {attributes}, "image_id": {frame + 1}, "bbox": {box}, "area": {area}, '
            f'"segmentation": {segmentation}, "score": {score}, "origin": "{origin}"{goes_out}'
        )


def sides_of(one: ObjectTrajectory, clip: Clip) -> np.ndarray:
    """(K, 4) float64 x, y, width, height of an object's observations; of masks where there are any."""
    corners = one.boxes.astype(np.float64)
    for row, runs in enumerate(one.masks):
        if runs is not None:
            corners[row] = rle.box_of_runs(runs, clip.height)
    return np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
