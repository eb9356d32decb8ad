"""Files that people hand over and that hold no tracks of a clip: of which program, and what to do instead.

- YOLO's labels: `class x y width height`, shares of a picture, perhaps with a score or an id at the end;
  a file a picture, so no line says its frame.
- `groundtruth.txt` of data sets of single-object tracking (OTB, LaSOT, GOT-10k, VOT): a line a frame, four
  numbers of a box or the eight of its corners, without frames and ids.
- JSON of annotation programs: VIA, VoTT, Label Studio, Supervisely, Datumaro, BDD100K.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import StudioError
from core.trajectories.exchange.number_lines import NumberLines

_YOLO = (5, 6, 7)  # columns
_SINGLE = (4, 8)  # columns
_LOOKED_AT = 1000  # lines
_REMEDY = "write a line frame,id,left,top,width,height in pixels for each box, in one file (MOTChallenge)"
_JSON = (  # program, keys of the whole or of its first value
    ("the VGG Image Annotator", ("_via_img_metadata",)),
    ("the VGG Image Annotator", ("filename", "regions")),
    ("VoTT", ("assets",)),
    ("VoTT", ("asset", "regions")),
    ("Label Studio", ("data", "annotations")),
    ("Label Studio", ("data", "completions")),
    ("Supervisely", ("framesCount",)),
    ("Supervisely", ("objects", "size")),
    ("Datumaro", ("items", "categories")),
    ("BDD100K or Scalabel", ("name", "labels")),
)


def refuse_lines(table: NumberLines, path: Path) -> None:
    """See that lines of numbers are not of a layout that says no frame and no id.

    Raises:
        StudioError: they are; says which and what to do.
    """
    if table.names or not len(table):
        return
    if table.width in _YOLO and _is_yolo(table):
        raise StudioError(
            f"{path} holds boxes as YOLO writes them (class x y width height, as shares of one picture), "
            f"which say no frame; {_REMEDY}."
        )
    if table.width in _SINGLE and path.stem.lower().startswith("groundtruth"):
        what = "a box" if table.width == _SINGLE[0] else "the four corners of a box"
        raise StudioError(
            f"{path} holds {what} a line, as data sets for the tracking of single objects do, without frame "
            f"and id; {_REMEDY}."
        )


def refuse_json(content: Any, path: Path) -> None:
    """See that what a JSON file holds is not of a program whose layout is not read.

    Raises:
        StudioError: it is; says which and what to do.
    """
    if isinstance(content, Mapping) and "images" in content:
        return
    rows = content[:1] if isinstance(content, list) else [content, *_first_value(content)]
    for program, keys in _JSON:
        if any(isinstance(row, Mapping) and all(key in row for key in keys) for row in rows):
            raise StudioError(
                f"{path} is of {program}, whose own JSON is not read; convert it to COCO with a track_id in "
                "each annotation, or to CVAT for video."
            )


def _first_value(content: Any) -> list[Any]:
    return list(content.values())[:1] if isinstance(content, Mapping) else []


def _is_yolo(table: NumberLines) -> bool:
    some = table.take(np.arange(min(len(table), _LOOKED_AT)))
    values, _ = some.table(range(5))
    with np.errstate(invalid="ignore"):
        shares = ((values[:, 1:] >= 0) & (values[:, 1:] <= 1)).all(axis=1) & (values[:, 0] % 1 == 0)
        broken = (values[:, 1:3] % 1 != 0).all(axis=1)  # the second column of tracks is an id
    return bool(shares.mean() >= 0.9) and bool(broken.mean() >= 0.9)
