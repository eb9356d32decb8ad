"""Reading COCO JSON of a video: `images` (one a frame), `annotations`, perhaps `videos` and `tracks`.

Which annotations are one object says `track_id`, `instance_id` or `attributes.track_id` (CVAT). Ids may be
numbers or text (see `json_file.identity`). Boxes are `[x, y, width, height]` in continuous pixels;
`segmentation` is run lengths or polygons (see `segmentations`). Where images are of another size than the
clip's, all is scaled. Frames: see `image_names`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import NO_POINTS, Listing, Tracks, counted
from core.trajectories.exchange.coco import ORIGINS
from core.trajectories.exchange.image_names import frames_of_images, is_named, of_folders, posix
from core.trajectories.exchange.json_file import (
    column,
    floats,
    identities,
    identity,
    listed,
    numbered,
    read_json,
    uncollected,
)
from core.trajectories.exchange.scores import read_scores
from core.trajectories.exchange.segmentations import raster_of, shapes_of
from core.trajectories.exchange.unread import refuse_json
from core.trajectories.model import KEYFRAMES, Flag

_REMEDY = "choose a COCO file of instances with tracks"
Row = dict[str, Any]


@uncollected()
def read(path: Path, clip: Clip) -> Tracks:
    """The objects of a file; those of one clip where it holds several.

    An annotation without an `origin` is annotated, or propagated where its score is between 0 and 1.

    Raises:
        StudioError: the file is missing, no such JSON, without track ids or of another clip.
    """
    content = read_json(path)
    refuse_json(content, path)
    if isinstance(content, list):
        raise StudioError(f"{path} is a list, as of detections, without images and tracks; {_REMEDY}.")
    videos, tracks, categories = (
        listed(content, name, path, _REMEDY) for name in ("videos", "tracks", "categories")
    )
    images = _of_clip(videos, listed(content, "images", path, _REMEDY, needed=True), path, clip)
    names = [posix(name) for name in column(images, "file_name")]
    found = frames_of_images(names, column(images, "frame_index", "frame_id"), path, clip)
    raster, scaled = raster_of(images, path, clip)
    frames = _frames_by_id(images, found.frames, path)
    annotations = listed(content, "annotations", path, _REMEDY, needed=True)
    frame = numbered(column(annotations, "image_id"), frames)
    ids = tracks_of(annotations)
    owners = identities(ids)
    owner = numbered(ids, owners)
    if annotations and not owners:
        raise StudioError(
            f"{path} has annotations without a track_id, which says what is one object through time; export "
            "tracks instead of single shapes, or add it."
        )
    kept = np.flatnonzero((frame >= 0) & (owner >= 0))
    labels, labelled = _labels(annotations, tracks, categories, owner, list(owners), path)
    warnings = found.warnings + scaled + labelled
    strays = int(np.count_nonzero(frame < 0))
    single = int(np.count_nonzero((frame >= 0) & (owner < 0)))
    left_out = {
        f"{counted(strays, 'annotation')} of other images": strays,
        f"{counted(single, 'annotation')} without a track": single,
    }
    warnings += [f"Left out, in {path.name}: {text}." for text, count in left_out.items() if count]
    rows = [annotations[row] for row in kept.tolist()] if len(kept) < len(annotations) else annotations
    warnings += _unread(rows, categories, path)
    shapes = shapes_of(column(rows, "bbox"), column(rows, "segmentation"), raster)
    warnings += shapes.warnings(path)
    values = column(rows, "score")
    numbers = floats(values)
    scores = read_scores(numbers, path)
    origin, faults = _origins(column(rows, "origin"), scores.origin)
    faults |= {row: "its score is no number" for row in _no_numbers(values, numbers)}
    listing = Listing(
        path,
        clip,
        owner[kept],
        frame[kept],
        list(owners),
        origin,
        labels,
        lines=kept + 1,
        unit="annotation",
        own_faults=faults | shapes.faults,
        flags=_flags(rows, origin),
    )
    objects, odd = listing.objects(shapes.boxes, scores.confidence, shapes.masks)
    return NO_POINTS, objects, warnings + scores.warnings + odd


def tracks_of(annotations: Sequence[Row]) -> list[Any]:
    """What says which object each annotation is of; None where nothing does."""
    ids = column(annotations, "track_id", "instance_id")
    if None not in ids:
        return ids
    inner = [one.get("attributes") for one in annotations]
    within = [one.get("track_id") if isinstance(one, dict) else None for one in inner]
    return [other if id is None else id for id, other in zip(ids, within, strict=True)]


def _of_clip(videos: Sequence[Row], images: list[Row], path: Path, clip: Clip) -> list[Row]:
    """The images of the clip: of the video or the folder of its name where there are several, else all."""
    if len(videos) > 1:
        numbers = {identity(one.get("id")) or "": number for number, one in enumerate(videos)}
        video = numbered(column(images, "video_id"), numbers)
        own = [number for number, one in enumerate(videos) if _is_of(one, clip)]
        if not own:
            raise StudioError(
                f"{path} has {len(videos)} videos and none named {clip.name}; choose the clip it belongs to."
            )
        return [image for image, number in zip(images, video.tolist(), strict=True) if number in own]
    ours = of_folders([posix(name) for name in column(images, "file_name")], path, clip)
    return [image for image, is_ours in zip(images, ours.tolist(), strict=True) if is_ours]


def _is_of(video: Row, clip: Clip) -> bool:
    return any(is_named(video.get(name), clip) for name in ("name", "file_name"))


def _frames_by_id(images: Sequence[Row], frames: np.ndarray, path: Path) -> dict[str, int]:
    """Image id → frame; images that are no frames of the clip are not in it."""
    ids = [identity(id) for id in column(images, "id")]
    if None in ids:
        raise StudioError(f"{path} has images without an id; add it.")
    return {id: frame for id, frame in zip(ids, frames.tolist(), strict=True) if id and frame >= 0}


def _labels(
    annotations: Sequence[Row],
    tracks: Sequence[Row],
    categories: Sequence[Row],
    owner: np.ndarray,
    names: Sequence[str],
    path: Path,
) -> tuple[list[str], list[str]]:
    """The label of each object, that of most of its annotations, and what is to be said of labels."""
    known, words = category_words(categories)
    given = column(annotations, "category_id")
    category = numbered(given, known)
    of_track = {identity(one.get("id")): one.get("category_id") for one in tracks}
    own = numbered([of_track.get(name) for name in names], known)
    category = np.where(category < 0, np.append(own, -1)[owner], category)
    counts = np.zeros(0, np.int64)
    pairs = (owner * len(words) + category)[(owner >= 0) & (category >= 0)]
    pairs, counts = np.unique(pairs, return_counts=True)
    labels, several = [""] * len(names), 0
    for pair in pairs[np.argsort(counts, kind="stable")].tolist():
        of, number = divmod(pair, len(words))
        several += labels[of] not in ("", words[number])
        labels[of] = words[number] or labels[of]
    unknown = sum(value is not None for value in np.array(given, object)[category < 0])
    warnings = {
        f"Left nameless, in {path.name}: {counted(unknown, 'annotation')} of unknown categories": unknown,
        f"Named as most of their annotations, in {path.name}: {counted(several, 'track')}": several,
    }
    return labels, [f"{text}." for text, count in warnings.items() if count]


def category_words(categories: Sequence[Row]) -> tuple[dict[str, int], list[str]]:
    """Id → number of a category, and their labels by number; the last, of -1, is that of unknown ones."""
    known = {identity(one.get("id")) or "": number for number, one in enumerate(categories)}
    words = ["" if one.get("nameless") is True else str(one.get("name") or "") for one in categories]
    return known, [*words, ""]


def _unread(rows: Sequence[Row], categories: Sequence[Row], path: Path) -> list[str]:
    """What the file says besides, and what is not kept."""
    bodies = any("keypoints" in one for one in (*categories, *rows[:1]))
    keypoints = sum(bool(value) for value in column(rows, "keypoints")) if bodies else 0
    groups = sum(bool(one.get("supercategory")) for one in categories)
    attributes = [one for one in column(rows, "attributes") if one]
    turned = sum(isinstance(one, dict) and bool(one.get("rotation")) for one in attributes)
    found = {
        f"the keypoints of {counted(keypoints, 'annotation')}": keypoints,
        f"the supercategory of {counted(groups, 'label')}": groups,
        f"by how much {counted(turned, 'box')} {'is' if turned == 1 else 'are'} turned": turned,
    }
    return [f"Left out, in {path.name}: {text}." for text, count in found.items() if count]


def _flags(rows: Sequence[Row], origin: np.ndarray) -> np.ndarray:
    """(M,) uint8, `Flag` of annotations; `goes_out` is a keyframe's alone."""
    inner = column(rows, "attributes")
    hidden = [isinstance(one, dict) and one.get("occluded") in (True, 1, "true", "True") for one in inner]
    gone = np.array([one is True for one in column(rows, "goes_out")], bool) & np.isin(origin, KEYFRAMES)
    found = np.where(hidden, int(Flag.OCCLUDED), 0) | np.where(gone, int(Flag.OUTSIDE), 0)
    return found.astype(np.uint8)


def _origins(words: Sequence[Any], others: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
    """(M,) `Origin`, of `others` where none is named; and which rows name one that there is not."""
    codes = numbered(words, ORIGINS)
    faults = {
        row: f"the origin {str(words[row])[:40]!r} is none of {', '.join(ORIGINS)}"
        for row in np.flatnonzero(codes < 0).tolist()
        if words[row] is not None
    }
    return np.where(codes < 0, others, codes).astype(np.uint8), faults


def _no_numbers(values: Sequence[Any], numbers: np.ndarray) -> list[int]:
    """Rows with something else than a number; null and NaN are numbers that nobody knows."""
    unknown = np.flatnonzero(np.isnan(numbers)).tolist()
    return [row for row in unknown if values[row] is not None and not isinstance(values[row], float)]
