"""An `.npz` with the arrays of TAP-Vid: every point in every frame, and whether it is seen there.

`tracks` (N, T, 2) float32, x and y in pixels of the frame, 0 where not visible; `visible` (N, T) bool;
`ids` (N,) int64. The frames are those of the clip. (0, 0) is the corner of the top left pixel and its
centre (0.5, 0.5), as here. Written some rows at a time: nothing of N × T is held. `tapvid_reading` reads
these and others' arrays.
Source: Doersch et al., TAP-Vid, NeurIPS 2022.
"""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.datasets.clip import Clip
from core.trajectories.exchange.replacing import replacing
from core.trajectories.model import ObjectTrajectory, PointTrajectories

_BLOCK = 1 << 22  # bytes of an array held at a time
_LEVEL = 1  # of deflate: most of it is zeros, and more would take three times as long


def write(clip: Clip, points: PointTrajectories, objects: Sequence[ObjectTrajectory], path: Path) -> None:
    """Write point trajectories; objects have no place in this format.

    Raises:
        StudioError: the file cannot be written.
    """
    shape = (len(points), clip.frames)
    with (
        replacing(path) as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, True, _LEVEL) as file,
    ):
        _add(file, "tracks", np.dtype("<f4"), (*shape, 2), _rows(points, clip.frames, points.xy))
        seen = np.ones(len(points.xy), bool)
        _add(file, "visible", np.dtype("?"), shape, _rows(points, clip.frames, seen))
        _add(file, "ids", np.dtype("<i8"), shape[:1], iter([points.ids.astype("<i8")]))


def _add(
    file: zipfile.ZipFile, name: str, dtype: np.dtype, shape: tuple[int, ...], blocks: Iterator[np.ndarray]
) -> None:
    """Add an array whose rows come in blocks."""
    with file.open(f"{name}.npy", "w", force_zip64=True) as member:
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(member, header)
        for block in blocks:
            member.write(np.ascontiguousarray(block, dtype).data)


def _rows(points: PointTrajectories, frames: int, values: np.ndarray) -> Iterator[np.ndarray]:
    """Blocks of rows (K, T, …) that hold (M, …) values of observations in their frames, 0 elsewhere."""
    size = max(1, _BLOCK // max(1, frames * values[:1].nbytes)) if len(values) else 1
    for start in range(0, len(points), size):
        end = min(start + size, len(points))
        places = slice(int(points.offsets[start]), int(points.offsets[end]))
        block = np.zeros((end - start, frames, *values.shape[1:]), values.dtype)
        block[points.owner[places] - start, points.frame[places]] = values[places]
        yield block
