"""The counts of clips, kept in the project's cache: who opens a large project need not read all its tracks.

They are of one step of the journal. What was edited since is counted again, clip by clip; where that step is
not in the journal, as after an older state was restored, everything is.
"""

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from core.atomic_file import write_atomically
from core.errors import StudioError
from core.project.project import Project
from core.record_file import read_json
from core.trajectories import steps, store
from core.trajectories.model import Origin
from core.trajectories.store import ClipSummary
from core.trajectories.tallies import Origins, tallies

_NAMES = ("annotated", "objects", "points", "accepted", "rejected", "suggested")
_ORIGINS = frozenset(origin.name.lower() for origin in Origin)


@dataclass(frozen=True)
class _Kept:
    """What the file says of a clip: numbers as in `ClipSummary`, and observations by origin where known."""

    counts: Mapping[str, int]
    origins: Mapping[str, int] | None


def summaries(project: Project, connection: Connection) -> list[ClipSummary]:
    """Every clip with its counts, by name, as `store.summaries` counts them."""
    kept = _read(project, connection)
    clips = store.clips(connection)
    known = [ClipSummary(clip=clip, **kept[clip.id].counts) for clip in clips if clip.id in kept]
    others = [clip.id for clip in clips if clip.id not in kept]
    return sorted(
        known + (store.summaries(connection, others) if others else []), key=lambda one: one.clip.name
    )


def whole(project: Project, connection: Connection) -> tuple[list[ClipSummary], Origins]:
    """The same, and observations by origin, as `tallies` counts them."""
    kept = {id: one for id, one in _read(project, connection).items() if one.origins is not None}
    clips = store.clips(connection)
    known = [ClipSummary(clip=clip, **kept[clip.id].counts) for clip in clips if clip.id in kept]
    others = [clip.id for clip in clips if clip.id not in kept]
    fresh, origins = tallies(connection, others) if others else ([], {})
    origins |= {id: dict(one.origins) for id, one in kept.items() if one.origins}
    return sorted(known + fresh, key=lambda one: one.clip.name), origins


def keep(
    project: Project,
    connection: Connection,
    summaries: Iterable[ClipSummary],
    origins: Mapping[int, Mapping[str, int]] | None = None,
) -> None:
    """Write down counts that are those of the database now; nothing happens where that is not possible.

    Args:
        origins: as `whole` gives them; where None, those known before are kept for what did not change.
    """
    step = steps.last_step(connection)
    if step is None:
        return
    before = _read(project, connection)
    clips: dict[str, Any] = {}
    for one in summaries:
        id, numbers = one.clip.id, {name: getattr(one, name) for name in _NAMES}
        if origins is not None:
            clips[str(id)] = numbers | {"origins": dict(origins.get(id, {}))}
        else:
            known = before.get(id)
            clips[str(id)] = numbers | {"origins": known.origins if known is not None else None}
    text = json.dumps({"revision": step[0], "created": step[1], "clips": clips})
    with contextlib.suppress(OSError):
        project.cache.mkdir(exist_ok=True)
        write_atomically(project.cache / "counts.json", text.encode())


def _read(project: Project, connection: Connection) -> dict[int, _Kept]:
    """What is kept and still holds, by clip."""
    try:
        values = read_json(project.cache / "counts.json")
        revision, created, clips = values["revision"], values["created"], values["clips"]
        kept = {int(id): _checked(one) for id, one in clips.items()}
        if type(revision) is not int or steps.step(connection, revision) != (revision, created):
            return {}
    except (StudioError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return {}  # it can be made again
    touched = steps.since(connection, revision).clips
    return {} if touched is None else {id: one for id, one in kept.items() if id not in touched}


def _checked(values: Mapping[str, Any]) -> _Kept:
    counts = {name: _count(values[name]) for name in _NAMES}
    found = values["origins"]
    if found is None:
        return _Kept(counts, None)
    if not set(found) <= _ORIGINS:
        raise ValueError(f"no such origin among {set(found)}")
    return _Kept(counts, {name: _count(count) for name, count in found.items()})


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value
