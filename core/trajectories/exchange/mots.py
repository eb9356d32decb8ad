"""MOTS text: `frame id class height width runs`, a line a mask, whose runs are COCO's compressed ones.

Classes are 1 (car), 2 (pedestrian) and 10, a region to be ignored. Frames count from 0 in KITTI's files and
from 1 in MOTChallenge's: the latter are taken where nothing shows which.
Source: Voigtlaender et al., MOTS, CVPR 2019.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.geometry import decode_mask, mask_box
from core.trajectories.exchange import rle
from core.trajectories.exchange.assembling import Listing, counted, number_owners
from core.trajectories.exchange.frame_numbers import frames_of
from core.trajectories.model import ObjectTrajectory, Origin

_CLASSES = {"1": "car", "2": "pedestrian"}
_IGNORED = "10"
_LOOKED_AT = 100  # lines


def is_of(lines: Sequence[str]) -> bool:
    """Whether most of the first lines are five whole numbers and something that is none."""
    some = [line.split() for line in lines[:_LOOKED_AT] if line.strip()]
    found = sum(
        len(parts) == 6 and all(part.isdecimal() for part in parts[:5]) and not parts[5].isdecimal()
        for parts in some
    )
    return found > 0 and 2 * found > len(some)


def read(lines: Sequence[str], path: Path, clip: Clip) -> tuple[list[ObjectTrajectory], list[str]]:
    """The objects of lines; what is no mask of the clip is left out as an odd row.

    Raises:
        StudioError: the masks are of another size than the clip, or too many lines are odd.
    """
    numbered = [(number, line.split()) for number, line in enumerate(lines, start=1) if line.strip()]
    kept = [(number, parts) for number, parts in numbered if len(parts) < 3 or parts[2] != _IGNORED]
    masks = [_mask(parts, path, clip) for _, parts in kept]
    lacks = {row: "it holds no mask" for row, mask in enumerate(masks) if mask is None}
    boxes = np.array([_box(mask, clip) for mask in masks], np.float64).reshape(-1, 4)
    names, owner = number_owners(np.array([_whole(parts, 1) for _, parts in kept], np.int64))
    labels = [""] * len(names)
    for track, (_, parts) in reversed(list(zip(owner.tolist(), kept, strict=True))):
        labels[track] = _CLASSES.get(parts[2], "") if len(parts) > 2 else ""
    frames = frames_of(np.array([_whole(parts, 0) for _, parts in kept]), clip, path, first=1)
    rows = Listing(
        path,
        clip,
        owner,
        frames.frame,
        names.tolist(),
        Origin.ANNOTATED,
        labels,
        lines=[number for number, _ in kept],
        own_faults=lacks,
        numbers=frames.numbers,
        span=frames.span,
    )
    objects, odd = rows.objects(boxes, masks=masks)
    left_out = len(numbered) - len(kept)
    ignored = [f"Left out, in {path.name}: {counted(left_out, 'region')} to be ignored."] if left_out else []
    return objects, ignored + frames.warnings + odd


def _mask(parts: Sequence[str], path: Path, clip: Clip) -> bytes | None:
    if len(parts) != 6:
        return None
    if (_whole(parts, 3), _whole(parts, 4)) != (clip.height, clip.width):
        raise StudioError(
            f"{path} has masks of {parts[4][:9]} x {parts[3][:9]} pixels while {clip.name} has "
            f"{clip.width} x {clip.height}; choose the clip it belongs to."
        )
    try:
        return rle.runs_of_counts(rle.decompress(parts[5]), clip.height, clip.width)
    except ValueError:
        return None


def _box(mask: bytes | None, clip: Clip) -> np.ndarray:
    box = None if mask is None else mask_box(decode_mask(mask, clip.height, clip.width))
    return np.full(4, np.nan) if box is None else box


def _whole(parts: Sequence[str], place: int) -> int:
    """A whole number, -1 where there is none."""
    text = parts[place] if place < len(parts) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else -1
