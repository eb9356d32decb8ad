"""What a job found in each clip: `results/<clip id>.npz`, there only once it is whole."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.array_file import read_arrays
from core.atomic_file import write_atomically
from core.errors import StudioError
from core.jobs.run_folder import RunFolder


def clip_path(folder: RunFolder, clip_id: int) -> Path:
    return folder.results / f"{clip_id}.npz"


def clips_done(folder: RunFolder) -> list[int]:
    """Ids of the clips with a result, ascending."""
    return sorted(int(path.stem) for path in folder.results.glob("*.npz") if path.stem.isdecimal())


def write_clip(folder: RunFolder, clip_id: int, arrays: Mapping[str, np.ndarray]) -> None:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]  # its stubs take the names for options
    write_atomically(clip_path(folder, clip_id), file.getvalue())


def read_clip(folder: RunFolder, clip_id: int) -> dict[str, np.ndarray]:
    """The arrays of a clip.

    Raises:
        StudioError: the file is damaged.
    """
    path = clip_path(folder, clip_id)
    try:
        return read_arrays(path)
    except (OSError, ValueError) as error:
        raise StudioError(f"{path} is damaged; delete it and resume the run.") from error
