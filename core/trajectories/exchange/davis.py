"""A folder of palette pictures as in DAVIS 2017: `%05d.png`, a pixel being the number of its object.

Objects are numbered from 1 in the order given; where masks overlap, the later object is seen. A frame
where no object is observed is an empty picture, unless it lies in a gap of some object: what is not
known there is left out, since an empty picture would say that the object is gone. Pixels are pixels
on both sides, so no coordinates are converted; a box is that of its object's pixels.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.datasets.image import encode_palette_png, image_names, read_values
from core.datasets.label_meaning import palette
from core.errors import StudioError
from core.geometry import decode_mask, encode_mask, mask_box
from core.trajectories.exchange.assembling import NO_POINTS, Listing, Tracks, number_owners
from core.trajectories.exchange.replacing import replacing_folder
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

_MOST = 254  # 255 is void, which is background on reading


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write the masks of objects into the folder `path`; points and boxes have no place in this format.

    Raises:
        StudioError: there are more than 254 objects, `path` holds other files, or cannot be written.
    """
    if len(objects) > _MOST:
        raise StudioError(
            f"{clip.name} has {len(objects)} objects and DAVIS can number {_MOST}; export as coco."
        )
    colours = palette()
    with replacing_folder(path, "?????.png") as partial:
        for frame in range(clip.frames):
            picture = _picture(clip, objects, frame)
            if picture is not None:
                (partial / f"{frame:05d}.png").write_bytes(encode_palette_png(picture, colours))


def read(path: Path, clip: Clip) -> Tracks:
    """The objects of a folder of pictures, all annotated and named after their numbers.

    A picture belongs to the frame whose file has its name; where not all have one, to the frame whose
    number its name is. A picture of 0 and 255 alone holds one object.

    Raises:
        StudioError: there are no pictures, or one cannot be read, has colours, or is of another clip.
    """
    try:
        names = image_names(path)
    except OSError as error:
        raise StudioError(f"{path} is no folder that can be read; choose a folder of pictures.") from error
    if not names:
        raise StudioError(f"{path} holds no pictures; choose the folder of one clip's masks.")
    frames, numbers, boxes, masks = [], [], [], []
    for name, frame in zip(names, _frames(path, names, clip), strict=True):
        picture = _objects(path / name, clip)
        for number in np.unique(picture[picture > 0]).tolist():
            mask = picture == number
            frames.append(frame)
            numbers.append(number)
            boxes.append(mask_box(mask))
            masks.append(encode_mask(mask))
    ids, owner = number_owners(np.array(numbers, np.int64))
    labels = [f"object {number}" for number in ids]
    rows = Listing(path, clip, owner, np.array(frames, np.int64), ids.tolist(), Origin.ANNOTATED, labels)
    objects, odd = rows.objects(np.array(boxes, np.float64).reshape(-1, 4), masks=masks)
    return NO_POINTS, objects, odd


def _frames(path: Path, names: Sequence[str], clip: Clip) -> list[int]:
    by_name = {} if clip.is_video else {Path(name).stem: frame for frame, name in enumerate(clip.files)}
    stems = [Path(name).stem for name in names]
    if all(stem in by_name for stem in stems):
        return [by_name[stem] for stem in stems]
    wrong = next((stem for stem in stems if not (stem.isascii() and stem.isdecimal()) or len(stem) > 9), None)
    if wrong is not None:
        raise StudioError(
            f"{path} holds the picture {wrong[:60]!r}, which is no frame of {clip.name}; "
            "name it by its number."
        )
    return [int(stem) for stem in stems]


def _objects(path: Path, clip: Clip) -> np.ndarray:
    """(H, W) object numbers of a picture."""
    picture = read_values(path)
    if picture.ndim == 3:
        raise StudioError(f"{path} has colours instead of object numbers; save it as an indexed PNG.")
    if picture.shape != (clip.height, clip.width):
        raise StudioError(
            f"{path} is {picture.shape[1]} x {picture.shape[0]} pixels while {clip.name} is {clip.width} x "
            f"{clip.height}; choose the clip it belongs to."
        )
    present = np.unique(picture)
    if present[-1] > 255:
        raise StudioError(f"{path} has the object {present[-1]} and DAVIS numbers up to 254; correct it.")
    if present[-1] == 255 and set(present.tolist()) <= {0, 255}:
        return picture == 255
    return np.where(picture == 255, 0, picture)


def _picture(clip: Clip, objects: Sequence[ObjectTrajectory], frame: int) -> np.ndarray | None:
    """(H, W) uint8 object numbers; None where nothing is observed and some object has a gap."""
    picture = np.zeros((clip.height, clip.width), np.uint8)
    observed = unknown = False
    for number, one in enumerate(objects, start=1):
        place = one.place(frame)
        runs = None if place is None else one.masks[place]
        if runs is not None:
            picture[decode_mask(runs, clip.height, clip.width)] = number
            observed = True
        elif len(one.frames) and one.frames[0] <= frame <= one.frames[-1]:
            unknown = True
    return None if unknown and not observed else picture
