"""Folders in which no run was made, though one was begun.

`config.toml` is written last, so a folder without it is no run. What a disk that failed kept from being
removed is in nobody's way: the same folder is taken when the command is given again.
"""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from core import links
from core.errors import StudioError

_FILES = ("lock", "status.json", "environment.json", "provenance.json", "wanted.json")
_EMPTY = ("control", "checkpoints", "results")


def is_unmade(path: Path) -> bool:
    """Whether a folder is empty, or holds nothing but what is made before a run is one.

    Raises:
        OSError: it cannot be looked into, or is no folder.
    """
    return all(_is_ours(entry) for entry in path.iterdir())


def check_unmade(path: Path) -> None:
    """See that a run can be made in a folder.

    Raises:
        StudioError: it holds files.
        OSError: as `is_unmade`.
    """
    if not is_unmade(path):
        raise StudioError(f"{path} already holds files; choose another folder, or resume the run in it.")


@contextlib.contextmanager
def making(path: Path) -> Iterator[None]:
    """Make a run in a folder in the block; where that fails all of it is removed that can be.

    Raises:
        StudioError: the folder holds files.
        OSError: it cannot be looked into or emptied.
    """
    check_unmade(path)
    if (path / "snapshot").exists():
        shutil.rmtree(path / "snapshot")
    try:
        yield
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def _is_ours(entry: Path) -> bool:
    if links.is_link(entry):
        return False
    if entry.name in _EMPTY:
        return entry.is_dir() and not any(entry.iterdir())
    if entry.name == "snapshot":
        return entry.is_dir()
    is_part = entry.suffix == ".partial" and entry.name.startswith((*_FILES, "config.toml"))
    return entry.is_file() and (entry.name in _FILES or is_part)
