"""What files are called after their clips: names that every system can write and that no two clips share."""

import re
import unicodedata
from collections.abc import Iterable

from core.free_name import free_name

_MOST = 180
"""Bytes of a name, so that an ending and a number still fit into the 255 that systems allow."""

_SEPARATORS = re.compile(r'[/\\<>:"|?*\x00-\x1f\x7f\ud800-\udfff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)


def file_name(name: str) -> str:
    """A name for a clip's file, without its ending: the clip's own where every system can write it.

    Slashes and whatever else Windows forbids become underscores, as does a dot in front (such files are
    hidden); blanks and dots at the end go, names of Windows' devices get an underscore in front, and long
    names are cut.
    """
    safe = _SEPARATORS.sub("_", name)
    if len(safe.encode()) > _MOST:
        safe = safe.encode()[:_MOST].decode(errors="ignore")
    safe = safe.rstrip(" .")
    if safe.startswith("."):
        safe = "_" + safe[1:]
    return f"_{safe}" if not safe or _RESERVED.match(safe) else safe


def file_names(names: Iterable[str]) -> dict[str, str]:
    """The names of files for all clips of a project, so that none takes another's, on any file system.

    Two names are one where only their case or the composition of their accents differs. A clip whose name
    needs no change keeps it; others are numbered where that name is taken.
    """
    taken: set[str] = set()
    given = {}
    for name in sorted(names, key=lambda name: (file_name(name) != name, name)):
        free = free_name(file_name(name), lambda tried: _key(tried) in taken)
        taken.add(_key(free))
        given[name] = free
    return given


def renamed(given: dict[str, str]) -> list[str]:
    """A sentence for each clip whose file has another name than `file_name` gives, or a shorter one."""
    return [
        f"The file of {name} is called {file}, since another clip's has its name."
        for name, file in given.items()
        if file != file_name(name)
    ]


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
