"""Reading labelme's JSON: a folder with a file a frame, or one file.

A file has `shapes` with `label`, `points`, `shape_type` and `group_id`, `imagePath`, `imageWidth` and
`imageHeight`. Polygons, circles and masks (a PNG within its rectangle) are masks, rectangles boxes; points
are continuous pixels. Shapes of one label and group in a frame are parts of one object, and label and
group are what it is known by through time; a label alone is, where no frame has it twice without a group.
Source: labelme 5, `labelme/label_file.py` and `labelme/utils/shape.py`.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.datasets.folder import files
from core.datasets.inline_picture import decode_grey_png
from core.errors import StudioError
from core.geometry import decode_mask, encode_mask
from core.trajectories.exchange.assembling import NO_POINTS, Listing, Tracks, counted
from core.trajectories.exchange.image_names import ImageFrames, frames_of_images, posix
from core.trajectories.exchange.json_file import column, floats, identity, read_json, uncollected
from core.trajectories.exchange.rle import box_of_runs
from core.trajectories.exchange.segmentations import OddMaskError, Raster, raster_of
from core.trajectories.model import ObjectTrajectory, Origin

_OPEN = ("point", "points", "line", "linestrip")
Row = dict[str, Any]
Key = tuple[str, str | None]


@dataclass(frozen=True)
class _Part:
    """A shape in the pixels of the clip: its box (4,) and the run lengths of its mask, or what is wrong."""

    box: np.ndarray
    runs: bytes | None
    fault: str = ""


@uncollected()
def read(path: Path, clip: Clip) -> Tracks:
    """The objects of a folder or file.

    Raises:
        StudioError: it is missing, none of labelme's, of another clip, or says nowhere what is one object.
    """
    paths, contents, others = _contents(path)
    found = _frames(paths, contents, path, clip)
    sizes = [{"width": one.get("imageWidth"), "height": one.get("imageHeight")} for one in contents]
    raster, scaled = raster_of(sizes, path, clip)
    shapes = [
        (frame, _key(shape), shape)
        for frame, content in zip(found.frames.tolist(), contents, strict=True)
        if frame >= 0
        for shape in content["shapes"]
    ]
    warnings = found.warnings + scaled
    left_out = Counter(str(shape.get("shape_type")) for _, _, shape in shapes if _is_open(shape))
    shapes = [one for one in shapes if not _is_open(one[2])]
    several = _of_several(shapes)
    alone = [one for one in shapes if one[1] in several]
    if alone:
        text = f"{counted(len(alone), 'shape')} without a group_id, of labels that a frame has several of"
        shown = ", ".join(repr(label) for label, _ in sorted(several, key=str)[:4])
        if len(alone) == len(shapes):
            raise StudioError(
                f"{path} has {text} ({shown}); give the shapes of each object a group_id of their own."
            )
        warnings.append(f"Left out, in {path.name}: {text} ({shown}).")
    if others:
        warnings.append(f"Left out, in {path.name}: {counted(others, 'other JSON file')}.")
    warnings += [
        f"Left out, in {path.name}: {counted(count, 'shape')} of the type {kind}."
        for kind, count in sorted(left_out.items())
    ]
    parts: dict[tuple[Key, int], list[_Part]] = defaultdict(list)
    for frame, key, shape in shapes:
        if key not in several:
            parts[key, frame].append(_part(shape, raster))
    objects, odd = _listed(parts, path, clip)
    return NO_POINTS, objects, warnings + odd


def _contents(path: Path) -> tuple[list[Path], list[Row], int]:
    """The files of labelme at a path, what they hold, and how many other JSON files there are.

    Raises:
        StudioError: there are none.
    """
    try:
        paths = files(path, (".json",)) if path.is_dir() else [path]
    except OSError as error:
        raise StudioError(f"{path} cannot be read ({error.strerror}); check its permissions.") from error
    contents = [read_json(one) for one in paths]
    good = [
        isinstance(one, dict)
        and isinstance(one.get("shapes"), list)
        and all(isinstance(shape, dict) for shape in one["shapes"])
        for one in contents
    ]
    if not any(good):
        raise StudioError(f"{path} holds no shapes; choose a folder of labelme's JSON files, one a frame.")
    pairs = [pair for pair, is_good in zip(zip(paths, contents, strict=True), good, strict=True) if is_good]
    return [one for one, _ in pairs], [content for _, content in pairs], good.count(False)


def _frames(paths: Sequence[Path], contents: Sequence[Row], path: Path, clip: Clip) -> ImageFrames:
    """By the names of the pictures, else by those of the files."""
    nothing = [None] * len(paths)
    pictures = [posix(name) for name in column(contents, "imagePath")]
    try:
        return frames_of_images(pictures, nothing, path, clip)
    except StudioError:
        return frames_of_images([posix(one.name) for one in paths], nothing, path, clip)


def _key(shape: Row) -> Key:
    label = shape.get("label")
    return label if isinstance(label, str) else "", identity(shape.get("group_id"))


def _is_open(shape: Row) -> bool:
    return shape.get("shape_type") in _OPEN


def _of_several(shapes: Sequence[tuple[int, Key, Row]]) -> set[Key]:
    """Labels without a group that some frame has more than once."""
    counts = Counter((frame, key) for frame, key, _ in shapes if key[1] is None)
    return {key for (_, key), count in counts.items() if count > 1}


def _part(shape: Row, raster: Raster) -> _Part:
    corners, nowhere = _corners(shape.get("points")), np.full(4, np.nan)
    if len(corners) < 2 or np.isnan(corners).any():
        return _Part(nowhere, None, "its points are not pairs of numbers")
    if not np.abs(corners).max() <= 4 * max(raster.width, raster.height):
        return _Part(nowhere, None, "its points are far outside the frame")
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)]) * np.tile(raster.scale, 2)
    kind = shape.get("shape_type")
    try:
        if kind == "rectangle":
            return _Part(box, None)
        if kind == "circle":
            runs = raster.resized(_disc(corners, raster))
        elif kind == "mask":
            runs = raster.resized(_picture(shape.get("mask"), corners, raster))
        else:
            return _Part(box, raster.mask([corners.ravel().tolist()]))
    except OddMaskError as error:
        return _Part(nowhere, None, str(error))
    return _Part(box if runs is None else box_of_runs(runs, raster.clip.height), runs)


def _corners(points: Any) -> np.ndarray:
    """(K, 2) float64; none where they are not a list of pairs."""
    is_pairs = isinstance(points, list) and all(isinstance(one, list) and len(one) == 2 for one in points)
    return floats([number for pair in points for number in pair] if is_pairs else []).reshape(-1, 2)


def _disc(corners: np.ndarray, raster: Raster) -> np.ndarray:
    """The pixels of a circle given by its centre and a point on it."""
    (x, y), edge = corners[0], corners[1]
    rows, columns = np.ogrid[: raster.height, : raster.width]
    return np.asarray((columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 <= ((edge - corners[0]) ** 2).sum())


def _picture(text: Any, corners: np.ndarray, raster: Raster) -> np.ndarray:
    """The pixels of a PNG between two corners, both included.

    Raises:
        OddMaskError: it is no picture of that size.
    """
    (left, top), (right, bottom) = np.floor([corners.min(axis=0), corners.max(axis=0)]).astype(int).tolist()
    try:
        picture = decode_grey_png(text if isinstance(text, str) else "", right - left + 1, bottom - top + 1)
    except ValueError as error:
        raise OddMaskError(f"its mask is {error}") from error
    mask = np.zeros((raster.height, raster.width), bool)
    there = mask[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
    there |= picture[max(-top, 0) :, max(-left, 0) :][: there.shape[0], : there.shape[1]] > 0
    return mask


def _listed(
    parts: dict[tuple[Key, int], list[_Part]], path: Path, clip: Clip
) -> tuple[list[ObjectTrajectory], list[str]]:
    """Objects of parts by key and frame; parts in one frame are joined."""
    keys = list(dict.fromkeys(key for key, _ in parts))
    number = {key: place for place, key in enumerate(keys)}
    boxes, masks = np.zeros((len(parts), 4)), []
    for row, several in enumerate(parts.values()):
        corners = np.array([one.box for one in several])
        boxes[row] = np.concatenate([corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)])
        masks.append(_joined([one.runs for one in several if one.runs is not None], clip))
    faults = {row: one.fault for row, several in enumerate(parts.values()) for one in several if one.fault}
    listing = Listing(
        path,
        clip,
        np.array([number[key] for key, _ in parts], np.int64),
        np.array([frame for _, frame in parts], np.int64),
        [label if group is None else f"{label} {group}" for label, group in keys],
        Origin.ANNOTATED,
        [label for label, _ in keys],
        own_faults=faults,
    )
    return listing.objects(boxes, None, masks)


def _joined(parts: Sequence[bytes], clip: Clip) -> bytes | None:
    """The run lengths of all pixels of some masks."""
    if len(parts) < 2:
        return parts[0] if parts else None
    return encode_mask(np.logical_or.reduce([decode_mask(one, clip.height, clip.width) for one in parts]))
