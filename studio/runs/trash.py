"""Moving run folders to the trash of a project and back."""

import os
import shutil

from core.errors import StudioError
from core.runs.run_folder import RunFolder


def move(source: RunFolder, target: RunFolder) -> None:
    """Move a run's folder.

    Raises:
        StudioError: a process still runs it, something is in its place, or it cannot be moved.
    """
    if source.is_alive():
        raise StudioError(f"The run {source.name} is still running; stop it before deleting it.")
    if os.path.lexists(target.path):  # what is moved to a folder, or a link to one, would land in it
        raise StudioError(f"Cannot move {source.path}: {target.path} is in its place; move that away.")
    try:
        target.path.parent.mkdir(exist_ok=True)
        shutil.move(source.path, target.path)
    except OSError as error:
        raise StudioError(f"Cannot move {source.path} to {target.path.parent}: {error.strerror}.") from error
