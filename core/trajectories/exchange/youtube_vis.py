"""YouTube-VIS JSON: `videos` with the names of their frames, and an annotation an object.

`segmentations`, `bboxes` and `areas` have an entry a frame, null where the object is absent: run lengths, not
compressed, since evaluators compress them (see `rle`), `[x, y, width, height]` in continuous pixels, and
pixels. An observation without a mask has only its box. The names of frames begin with a folder, by which
TrackEval knows a video. Categories are as in `coco`.
Source: Yang et al., Video Instance Segmentation, ICCV 2019, and the API of its data set.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.exchange import rle
from core.trajectories.exchange.assembling import counted
from core.trajectories.exchange.coco import boxes_alone, categories, file_name, sides_of
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, PointTrajectories

_ENTRY = 18  # bytes of three nulls
_LARGE = 0.5  # GB


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write objects, a category for each label; points have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    size = {"width": clip.width, "height": clip.height}
    listed, category = categories(objects)
    names = [file_name(clip, frame) for frame in range(clip.frames)]
    names = [name if "/" in name else f"{clip.name}/{name}" for name in names]
    video = {"id": 1, "name": clip.name, **size, "length": clip.frames, "file_names": names}
    content = {"info": {}, "licenses": [], "videos": [video], "categories": listed}
    with replacing(path) as partial, open(partial, "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps(content)[:-1] + ', "annotations": [')
        for number, one in enumerate(objects, start=1):
            head = {"id": number, "video_id": 1, "category_id": category[one.label], "iscrowd": 0, **size}
            file.write(f"{',' if number > 1 else ''}\n{json.dumps({**head, **_by_frame(clip, one)})}")
        file.write("]}\n")


def losses(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> list[str]:
    """What an evaluator of this format does not see; see `Format.losses`."""
    boxes = boxes_alone(objects)
    text = f"TrackEval looks at masks alone: {counted(boxes, 'box')} without one will be absent."
    size = len(objects) * clip.frames * _ENTRY / 1e9
    large = f"YouTube-VIS has an entry for every object and frame, some {size:.1f} GB; COCO has fewer."
    return [said for said, applies in ((text, boxes), (large, size > _LARGE)) if applies]


def _by_frame(clip: Clip, one: ObjectTrajectory) -> dict[str, list[object]]:
    """What an object has in each frame of the clip."""
    segmentations: list[object] = [None] * clip.frames
    bboxes, areas = list(segmentations), list(segmentations)
    sides = sides_of(one, clip)
    for frame, box, runs in zip(one.frames.tolist(), sides.tolist(), one.masks, strict=True):
        if runs is not None:
            counts = np.frombuffer(runs, "<u4").tolist()
            segmentations[frame] = {"size": [clip.height, clip.width], "counts": counts}
        bboxes[frame] = box
        areas[frame] = box[2] * box[3] if runs is None else rle.area(runs)
    return {"segmentations": segmentations, "bboxes": bboxes, "areas": areas}
