"""What a folder holds for a person: leftovers of operating systems and of programs are not seen."""

import os
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

_LEFTOVERS = frozenset(
    {
        *("__macosx", "icon\r"),  # macOS; its other ones begin with a dot, as AppleDouble twins do
        *("thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information"),  # Windows
        *("@eadir", "#recycle", "#snapshot", "@recycle", "@recently-snapshot", "lost+found"),  # NAS boxes
        *("__pycache__",),
    }
)


def is_leftover(name: str) -> bool:
    """Whether a file or folder of this name is hidden, or was left there by a system without being asked."""
    return name.startswith((".", "~$")) or name.lower() in _LEFTOVERS


def entries(folder: Path) -> list[Path]:
    """The files and folders in a folder, in natural order, without leftovers.

    Raises:
        OSError: it cannot be listed.
    """
    return _listed(folder, lambda entry: True)


def folders(folder: Path) -> list[Path]:
    """The folders in a folder; as `entries`."""
    return _listed(folder, os.DirEntry.is_dir)


def files(folder: Path, suffixes: Collection[str] = ()) -> list[Path]:
    """The files in a folder, of these suffixes (small letters, whatever theirs are) or all; as `entries`."""
    wanted = tuple(suffixes)
    return _listed(folder, lambda entry: (not wanted or _suffix(entry.name) in wanted) and entry.is_file())


def _listed(folder: Path, holds: Callable[[os.DirEntry[str]], bool]) -> list[Path]:
    with os.scandir(folder) as listed:
        names = [entry.name for entry in listed if not is_leftover(entry.name) and holds(entry)]
    return [folder / name for name in sorted(names, key=natural_key)]


def _suffix(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if stem and suffix else ""


def beside(folder: Path, name: str) -> Path | None:
    """The folder in a folder that has a name, whatever its accents are composed of; None without one."""
    if (folder / name).is_dir():
        return folder / name
    if not folder.is_dir():
        return None
    return next((item for item in folders(folder) if same_name(item.name) == same_name(name)), None)


def holding(folder: Path, holds: Callable[[Path], object], deepest: int = 3) -> list[Path]:
    """The folder itself if it holds something, else the folders in it that do, down to so many below it."""
    if holds(folder):
        return [folder]
    inside = folders(folder) if deepest else []
    return [place for one in inside for place in holding(one, holds, deepest - 1)]


def some(names: Sequence[str], most: int = 5) -> str:
    """Names for a sentence, of many the first ones."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Orders names as people do: numbers by value, `frame2` before `frame10`."""
    parts = re.split(r"(\d+)", name)
    return tuple((1, int(part), part) if part.isdecimal() else (0, 0, part.lower()) for part in parts)


def same_name(name: str) -> str:
    """A name as it compares: accents composed (NFC), since macOS hands them over decomposed."""
    return unicodedata.normalize("NFC", name)
