"""Which column of a MOTChallenge file is what: by its line of names, by KITTI's types, else by its place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.number_lines import NumberLines

_KITTI = 17  # columns, or 18 with a score
VATIC_FLAGS = (6, 7, 8)
"""Columns of VATIC: lost (out of sight or out of the frame), occluded, generated (not drawn by a person)."""
_HALF = 0.5  # of an object is seen; below, it counts as hidden
_VISDRONE = (
    *(
        "pedestrian",
        "people",
        "bicycle",
        "car",
        "van",
        "truck",
        "tricycle",
        "awning-tricycle",
        "bus",
        "motor",
    ),
    "others",
)
_NAMES = {
    "frame": ("frame", "frame_id", "frameid", "frame_number", "frame_index", "frameindex", "framenumber"),
    "id": ("id", "track_id", "trackid", "track", "object_id", "target_id", "identity", "tid"),
    "left": ("bb_left", "left", "bbox_left", "x1", "xmin", "xtl", "x", "bb_x", "bb_left_x"),
    "top": ("bb_top", "top", "bbox_top", "y1", "ymin", "ytl", "y", "bb_y", "bb_left_y"),
    "width": ("bb_width", "width", "bbox_width", "w", "bb_w"),
    "height": ("bb_height", "height", "bbox_height", "h", "bb_h"),
    "right": ("bb_right", "right", "bbox_right", "x2", "xmax", "xbr"),
    "bottom": ("bb_bottom", "bottom", "bbox_bottom", "y2", "ymax", "ybr"),
    "score": ("conf", "confidence", "score", "prob", "probability", "flag", "consider"),
    "class": ("class", "class_id", "cls", "classid", "category", "label", "class_name", "type"),
    "visibility": ("visibility", "vis", "visible"),
}


@dataclass(frozen=True)
class Layout:
    """Which column is what, from 0, and what is counted from what.

    Attributes:
        frame, id, box, score, kind: columns; `box` has four, and there may be no scores and no classes.
        occluded: a column, and from which value on and below which it says that an object is hidden; at
            least half of it, where the column says how much.
        corners: whether the box ends with its right and bottom instead of width and height.
        first: which number the first frame has.
        pixel: which number the first pixel has.
        classes: the names of classes from 1 on, where the layout has its own.
    """

    frame: int
    id: int
    box: tuple[int, int, int, int]
    score: int | None
    kind: int | None
    corners: bool = False
    first: int = 1
    pixel: int = 1
    classes: tuple[str, ...] = ()
    occluded: tuple[int, float, float] | None = None


def find_layout(table: NumberLines, path: Path, clip: Clip) -> tuple[Layout, list[str]]:
    """The layout of lines of numbers, and what is said of it.

    Raises:
        StudioError: there are too few columns.
    """
    width = table.width
    if is_kitti(table):
        score = _KITTI if width > _KITTI else None
        return Layout(0, 1, (6, 7, 8, 9), score, 2, corners=True, first=0, pixel=0, occluded=(4, 2, 3)), []
    if is_vatic(table):
        said = f"Taken as VATIC's columns, in {path.name}: id, four sides, frame, three flags, label."
        hidden = (VATIC_FLAGS[1], 1, 2)
        return Layout(5, 0, (1, 2, 3, 4), None, 9, corners=True, first=0, pixel=0, occluded=hidden), [said]
    named = _named(table.names)
    if named is not None:
        return named, []
    if width < 6:
        raise StudioError(f"{path} has fewer than six columns; choose a MOTChallenge file.")
    if _is_visdrone(table):
        said = (
            f"Taken as VisDrone's columns, in {path.name}: its lines end with class, truncation, occlusion."
        )
        return Layout(0, 1, (2, 3, 4, 5), 6, 7, pixel=0, classes=_VISDRONE, occluded=(9, 2, 3)), [said]
    layout = Layout(0, 1, (2, 3, 4, 5), 6 if width > 6 else None, 7 if width in (8, 9) else None)
    if width == 9:
        layout = replace(layout, occluded=(8, 0, _HALF))
    if not _are_corners(table, clip):
        return layout, []
    return replace(layout, corners=True), [
        f"Taken as left, top, right, bottom, in {path.name}: with width and height most boxes "
        "would leave the frame."
    ]


def is_kitti(table: NumberLines) -> bool:
    """Whether most lines name a type in their third column, and have KITTI's number of columns."""
    if table.width not in (_KITTI, _KITTI + 1):
        return False
    words = sum(text.replace("_", "").isalpha() for text in table.texts(2))
    return 2 * words > len(table)


def is_vatic(table: NumberLines) -> bool:
    """Whether most lines are of VATIC: three flags and a label in letters after six numbers."""
    if table.width < 10 or table.names:
        return False
    words = sum(any(map(str.isalpha, text)) and text.lower() != "nan" for text in table.texts(9))
    flags, _ = table.table(VATIC_FLAGS)
    return 2 * words > len(table) and bool(np.isin(flags, (0, 1)).all(axis=1).mean() >= 0.9)


def names_boxes(names: Sequence[str]) -> bool:
    """Whether a line of names is that of a MOTChallenge file: frame, id, left, top, width and height."""
    layout = _named(names)
    return layout is not None and not layout.corners and "kind" not in names


def _named(names: Sequence[str]) -> Layout | None:
    """The layout that a line of names tells; None where it does not tell all."""
    found: dict[str, int] = {}
    for column, name in enumerate(names):
        for what, known in _NAMES.items():
            if name in known:
                found.setdefault(what, column)
    corners = "right" in found and "bottom" in found
    wanted = ("left", "top", *(("right", "bottom") if corners else ("width", "height")))
    if not all(name in found for name in ("frame", "id", *wanted)):
        return None
    left, top, third, fourth = (found[name] for name in wanted)
    box = (left, top, third, fourth)
    hidden = (found["visibility"], 0, _HALF) if "visibility" in found else None
    score, kind = found.get("score"), found.get("class")
    return Layout(found["frame"], found["id"], box, score, kind, corners, occluded=hidden)


def _is_visdrone(table: NumberLines) -> bool:
    """Whether ten columns end with a class, 0 or 1 and 0 to 2, where MOTChallenge has a place (x, y, z)."""
    if table.width != 10:
        return False
    values, _ = table.table((7, 8, 9))
    most = np.array([len(_VISDRONE), 1, 2])
    with np.errstate(invalid="ignore"):
        fit = ((values >= 0) & (values <= most) & (values % 1 == 0)).all(axis=1)
    return bool(fit.mean() >= 0.9) and bool((values[:, 0] > 0).any())


def _are_corners(table: NumberLines, clip: Clip) -> bool:
    """Whether columns five and six are rather right and bottom: most boxes leave the frame otherwise."""
    values, _ = table.table((2, 3, 4, 5))
    size = np.array([clip.width, clip.height]) + 2
    with np.errstate(invalid="ignore"):
        out = (values[:, :2] + values[:, 2:] > size).any(axis=1)
        fit = (values[:, 2:] > values[:, :2]).all(axis=1) & (values[:, 2:] <= size).all(axis=1)
    return len(values) > 0 and bool(out.mean() > 0.5) and bool(fit.mean() >= 0.9)
