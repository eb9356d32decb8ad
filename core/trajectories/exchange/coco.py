"""COCO JSON for video: `videos`, `images` (one a frame), `tracks`, `categories` and `annotations`.

Boxes are `[x, y, width, height]` in pixels from the top left corner; masks are uncompressed run
lengths (`counts` in column order, background first). Source: Lin et al., COCO, ECCV 2014; the
fields for video follow TAO (Dave et al., ECCV 2020).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

_NAMELESS = "object"


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write objects, a category for each label; points have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    names = sorted({one.label or _NAMELESS for one in objects})
    size = {"width": clip.width, "height": clip.height}
    annotations: list[dict[str, Any]] = []
    for number, one in enumerate(objects, start=1):
        category = names.index(one.label or _NAMELESS) + 1
        for place in range(len(one.frames)):
            common = {"id": len(annotations) + 1, "track_id": number, "category_id": category, "video_id": 1}
            annotations.append(common | _observation(clip, one, place))
    content = {
        "videos": [{"id": 1, "name": clip.name, **size}],
        "images": [
            {"id": frame + 1, "video_id": 1, "frame_index": frame, "file_name": _file(clip, frame), **size}
            for frame in range(clip.frames)
        ],
        "tracks": [
            {"id": number, "video_id": 1, "category_id": names.index(one.label or _NAMELESS) + 1}
            for number, one in enumerate(objects, start=1)
        ],
        "categories": [{"id": number, "name": name} for number, name in enumerate(names, start=1)],
        "annotations": annotations,
    }
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, allow_nan=False), encoding="utf-8")


def _observation(clip: Clip, one: ObjectTrajectory, place: int) -> dict[str, Any]:
    x1, y1, x2, y2 = (float(value) for value in one.boxes[place])
    runs = one.masks[place]
    counts = None if runs is None else np.frombuffer(runs, "<u4").tolist()
    return {
        "image_id": int(one.frames[place]) + 1,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "area": (x2 - x1) * (y2 - y1) if counts is None else sum(counts[1::2]),
        "segmentation": [] if counts is None else {"size": [clip.height, clip.width], "counts": counts},
        "iscrowd": 0,
        "score": float(one.confidence[place]),
        "origin": Origin(one.origin[place]).name.lower(),
    }


def _file(clip: Clip, frame: int) -> str:
    return clip.files[0] if clip.is_video else clip.files[frame]
