"""A folder of palette pictures as in DAVIS 2017: `%05d.png`, a pixel being the number of its object.

Objects are numbered from 1 in the order given; where masks overlap, the later object is seen. A frame
where no object is observed is an empty picture, unless it lies in a gap of some object: what is not
known there is left out, since an empty picture would say that the object is gone. A picture is named by
the number that its frame's file is named by, else by that of the frame in its source. Pixels are pixels on
both sides, so no coordinates are converted; a box is that of its object's pixels.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.datasets.folder import beside, files
from core.datasets.frame_matching import frame_numbers, matched
from core.datasets.image import SUFFIXES, encode_palette_png
from core.datasets.label_meaning import palette
from core.datasets.label_pictures import LabelPictures
from core.datasets.tiff_stack import clip_of_stack, is_stack
from core.errors import StudioError
from core.geometry import decode_mask, encode_mask, mask_box
from core.trajectories.exchange.assembling import NO_POINTS, Listing, Tracks, number_owners
from core.trajectories.exchange.replacing import replacing_folder
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

_MOST = 254  # 255 is void, which is background on reading
_NAME = "object {}"  # what an object is called that has only its number


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
    with replacing_folder(path, "[0-9]*.png") as partial:
        for frame, number in enumerate(frame_numbers(clip).tolist()):
            picture = _picture(clip, objects, frame)
            if picture is not None:
                (partial / f"{number:05d}.png").write_bytes(encode_palette_png(picture, colours))


def losses(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory]) -> list[str]:
    """Which labels become numbers, and that there are too many objects; see `Format.losses`."""
    seen = [(number, one.label) for number, one in enumerate(objects, start=1) if any(one.masks)]
    named = [label for number, label in seen if label not in ("", _NAME.format(number))]
    found = []
    if len(objects) > _MOST:
        found.append(
            f"DAVIS can number {_MOST} objects and there are {len(objects)}; choose fewer, or export as coco."
        )
    if named:
        found.append(f"DAVIS numbers objects in their order, so labels such as {named[0]} are not kept.")
    return found


def read(path: Path, clip: Clip) -> Tracks:
    """The objects of a folder of pictures or of a TIFF stack, all annotated and named after their numbers.

    Which frame a picture belongs to, `core.datasets.frame_matching` tells from its name; what its values
    mean, `core.datasets.label_pictures` tells from those of all.

    Raises:
        StudioError: there are no pictures, or one cannot be read, or they are of another clip.
    """
    pictures, noted = _pictures(path, clip)
    matches, warnings = matched(pictures, clip)
    labels = LabelPictures([picture for _, picture in matches], clip)
    frames, numbers, boxes, masks = [], [], [], []
    for (frame, _), picture in zip(matches, labels, strict=True):
        for number in np.unique(picture[picture > 0]).tolist():
            mask = picture == number
            frames.append(frame)
            numbers.append(number)
            boxes.append(mask_box(mask))
            masks.append(encode_mask(mask))
    ids, owner = number_owners(np.array(numbers, np.int64))
    names = [labels.names.get(number, _NAME.format(number)) for number in ids.tolist()]
    rows = Listing(path, clip, owner, np.array(frames, np.int64), ids.tolist(), Origin.ANNOTATED, names)
    objects, odd = rows.objects(np.array(boxes, np.float64).reshape(-1, 4), masks=masks)
    return NO_POINTS, objects, [*noted, *warnings, *labels.warnings, *odd]


def _pictures(path: Path, clip: Clip) -> tuple[list[Path], list[str]]:
    """The pictures of a folder, or of the one in it that is named as the clip is, or the pages of a stack."""
    if is_stack(path):
        stack = clip_of_stack(path, path.parent, path.stem, are_labels=True)
        return [path.parent / name for name in stack.clip.files], list(stack.warnings)
    try:
        inside = beside(path, clip.name)
        pictures = files(path, SUFFIXES)
        if not pictures and inside is not None:
            pictures = files(inside, SUFFIXES)
    except OSError as error:
        raise StudioError(f"{path} is no folder that can be read; choose a folder of pictures.") from error
    if not pictures:
        raise StudioError(f"{path} holds no pictures; choose the folder of one clip's masks.")
    return pictures, []


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
