"""The filters of tracks that a project keeps under names, beside its database; those that are built in."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.record_file import read_record
from core.trajectories.filter_text import parse
from core.trajectories.track_filter import TrackFilter

FILE = "filters.json"

BUILT_IN = {
    "accepted only": "review:accepted",
    "open": "review:open",
    "rejected": "review:rejected",
    "suggested": "review:suggested",
    "to check": "check>0",
    "by hand": "from:hand",
}
"""Name → line of `core.trajectories.filter_text`, of the filters that every project has."""

LONGEST = 60
"""Letters of a name."""


@dataclass(frozen=True)
class _Filters:
    filters: dict[str, str] = field(metadata={"longest": 10_000})


_NOT_IN_NAMES = ':<>=≥≤,"'
"""So that a name is never taken for a condition."""


def read_filters(project: Path) -> dict[str, str]:
    """Name → line of the filters that were kept in a project folder, in the order of names.

    Raises:
        StudioError: the file is damaged.
    """
    path = project / FILE
    if not os.path.lexists(path):
        return {}
    try:
        return _sorted(read_record(_Filters, path).filters)
    except StudioError as error:
        raise StudioError(
            f"{path} is damaged, so only the built-in filters are there; restore it, or save yours again."
        ) from error


def write_filters(project: Path, filters: Mapping[str, str]) -> None:
    """Keep filters in a project folder.

    Raises:
        StudioError: they cannot be written.
    """
    data = json.dumps({"filters": _sorted(filters)}, indent=1, ensure_ascii=False).encode()
    try:
        write_atomically(project / FILE, data)
    except OSError as error:
        raise StudioError(
            f"The filters were not kept ({error.strerror}); make room in {project}, then try again."
        ) from error


def checked_name(name: str) -> str:
    """A name as it is kept.

    Raises:
        StudioError: a filter cannot be called so.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST:
        raise StudioError(f"A filter needs a name of at most {LONGEST} letters.")
    found = next((letter for letter in _NOT_IN_NAMES if letter in name), "")
    if found:
        raise StudioError(f"A filter's name holds no {found}, which stands in conditions; choose another.")
    if name.casefold() in BUILT_IN:
        raise StudioError(f"{name} is built in; choose another name.")
    return name


def find_filter(filters: Mapping[str, str], text: str) -> TrackFilter:
    """The filter of a name, whatever its case, or that a line says.

    Raises:
        StudioError: it is no name, and the line cannot be understood.
    """
    by_name = {name.casefold(): line for name, line in {**filters, **BUILT_IN}.items()}
    return parse(by_name.get(" ".join(text.split()).casefold(), text))


def _sorted(filters: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(filters.items(), key=lambda item: (item[0].casefold(), item[0])))
