"""Moving run folders to the trash of a project and back."""

import shutil

from core.errors import StudioError
from core.runs.run_folder import RunFolder


def move(source: RunFolder, target: RunFolder) -> None:
    """Move a run's folder.

    Raises:
        StudioError: a process still runs it, or it cannot be moved.
    """
    if source.is_alive():
        raise StudioError(f"The run {source.name} is still running; stop it before deleting it.")
    try:
        target.path.parent.mkdir(exist_ok=True)
        shutil.move(source.path, target.path)
    except OSError as error:
        raise StudioError(f"Cannot move {source.path} to {target.path.parent}: {error.strerror}.") from error
