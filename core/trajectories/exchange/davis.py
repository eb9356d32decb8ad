"""A folder of palette pictures as in DAVIS 2017: `%05d.png`, a pixel being the number of its object.

Objects are numbered from 1 in the order given; where masks overlap, the later object is seen. A frame
where no object is observed is an empty picture, unless it lies in a gap of some object: what is not
known there is left out, since an empty picture would say that the object is gone.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.datasets.davis import palette
from core.datasets.image import encode_palette_png
from core.errors import StudioError
from core.geometry import decode_mask
from core.trajectories.exchange.replacing import replacing_folder
from core.trajectories.model import ObjectTrajectory, PointTrajectories

_MOST = 254  # 255 is void


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
