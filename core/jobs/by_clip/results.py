"""What a job found in each clip: `results/<clip id>.npz`, there only once it is whole."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.array_file import Form, read_arrays, write_arrays
from core.runs.run_folder import RunFolder
from core.trajectories.model import PointTrajectories
from core.trajectories.snapshot import OBJECTS, POINTS, points_from_arrays

FORMS: Mapping[str, Mapping[str, Form]] = {"track": POINTS, "densify": OBJECTS, "suggest": POINTS | OBJECTS}
"""Job → the arrays that it keeps of a clip."""


def clip_path(folder: RunFolder, clip_id: int) -> Path:
    return folder.results / f"{clip_id}.npz"


def clips_done(folder: RunFolder) -> list[int]:
    """Ids of the clips with a result, ascending."""
    return sorted(int(path.stem) for path in folder.results.glob("*.npz") if path.stem.isdecimal())


def write_clip(folder: RunFolder, clip_id: int, arrays: Mapping[str, np.ndarray]) -> None:
    write_arrays(clip_path(folder, clip_id), arrays)


def read_clip(
    folder: RunFolder, clip_id: int, forms: Mapping[str, Form] | None = None
) -> dict[str, np.ndarray]:
    """The arrays of a clip.

    Args:
        forms: `POINTS` or `OBJECTS` of `core.trajectories.snapshot`.

    Raises:
        StudioError: the file is damaged.
    """
    return read_arrays(clip_path(folder, clip_id), forms, "delete it and resume the run")


def read_points(folder: RunFolder) -> dict[int, PointTrajectories]:
    """Clip id → what the tracker found, for the clips that are done; the ids of trajectories are 0.

    Raises:
        StudioError: a result is damaged.
    """
    return {clip_id: points_from_arrays(read_clip(folder, clip_id, POINTS)) for clip_id in clips_done(folder)}
