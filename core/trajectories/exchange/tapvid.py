"""An `.npz` with the arrays of TAP-Vid: every point in every frame, and whether it is seen there.

Written: `tracks` (N, T, 2) float32, x and y in pixels of the frame, 0 where not visible; `visible`
(N, T) bool; `ids` (N,) int64. Read as well: TAP-Vid's own names, `points` (N, T, 2) and `occluded`
(N, T), whose coordinates are either pixels or scaled so that the frame is 0 … 1 by 0 … 1. In both
(0, 0) is the corner of the top left pixel and its centre (0.5, 0.5) pixels, as here.
Source: Doersch et al., TAP-Vid, NeurIPS 2022; their own files are pickles, which are never read.
"""

import math
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from core.datasets.clip import Clip
from core.errors import StudioError
from core.trajectories.exchange.assembling import Listing, Tracks
from core.trajectories.exchange.reading import read_bytes
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

_MOST = 1 << 30  # values of an array
_DAMAGED: tuple[type[Exception], ...] = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, MemoryError),
    *(ValueError, TypeError, KeyError, AttributeError, SyntaxError),  # what numpy's header can raise
)


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write point trajectories; objects have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    tracks = np.zeros((len(points), clip.frames, 2), np.float32)
    visible = np.zeros((len(points), clip.frames), bool)
    tracks[points.owner, points.frame] = points.xy
    visible[points.owner, points.frame] = True
    with replacing(path) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, tracks=tracks, visible=visible, ids=points.ids)


def read(path: Path, clip: Clip) -> Tracks:
    """The point trajectories of a file, linked; a point that is hidden for a while becomes several.

    Raises:
        StudioError: the file is missing, damaged, a pickle, without these arrays or of another clip.
    """
    read_bytes(path)
    try:
        with zipfile.ZipFile(path) as archive:
            ours = "tracks.npy" in archive.namelist()
            if ours:
                xy, visible = _array(archive, "tracks", path), _array(archive, "visible", path) != 0
            else:
                xy, visible = _array(archive, "points", path), _array(archive, "occluded", path) == 0
    except _DAMAGED as error:
        raise StudioError(f"{path} is no whole .npz; copy it again from where it came from.") from error
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or an unknown compression
        raise StudioError(f"{path} is packed in a way that is not read; save it with numpy.savez.") from error
    if xy.ndim != 3 or xy.shape[2] != 2 or visible.shape != xy.shape[:2]:
        raise StudioError(
            f"{path} has arrays of other shapes than (N, T, 2) and (N, T); save one place a point and frame."
        )
    if xy.shape[1] != clip.frames:
        raise StudioError(
            f"{path} is of {xy.shape[1]} frames while {clip.name} has {clip.frames}; choose the clip it "
            "belongs to."
        )
    owner, frame = np.nonzero(visible)
    seen, warnings = xy[owner, frame].astype(np.float64), []
    if not ours and len(seen) and (seen >= 0).all() and (seen <= 1).all():
        seen *= (clip.width, clip.height)
        warnings.append(f"Scaled to the frame, in {path.name}: all points, since they lie within 0 to 1.")
    table = Listing(path, clip, owner, frame, range(len(xy)), Origin.LINKED)
    points, split = table.points(seen)
    return points, [], warnings + split


def _array(archive: zipfile.ZipFile, name: str, path: Path) -> np.ndarray:
    """One array; its header is believed only as far as the file has bytes."""
    try:
        info = archive.getinfo(f"{name}.npy")
    except KeyError as error:
        raise StudioError(
            f"{path} has no array {name!r}; save tracks and visible, or points and occluded."
        ) from error
    with archive.open(info) as file:
        shape, dtype = _header(file)
    if dtype.hasobject:
        raise StudioError(
            f"{path} holds a pickle, which can run programs when it is read; save plain numbers in it."
        )
    count = math.prod(shape)
    if dtype.kind not in "biuf" or count > _MOST or count * dtype.itemsize > info.file_size:
        raise StudioError(f"{path} has an array {name!r} that is no table of numbers; save it again.")
    with archive.open(info) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    read_header = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = read_header(file)
    return shape, dtype
