"""The project as it was at a revision of its journal: how it differs from another, and the way back.

The journal only grows, so every revision can be gone back to: what was edited since is taken back, the latest
first, then what was taken back since is done again, the latest first. Each of these exchanges rows with what
they were when it was last turned over, and what touched the same rows later has been turned over before it.
What a job found in the background after an edit belongs to that edit, whenever it came.
Going back is an edit of its own; where it is gone past, what it turned over is turned over again instead.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, DefaultClause, exists, func, select

from core.trajectories import journal, schema, steps
from core.trajectories.model import Changes
from core.trajectories.row_images import unpack
from core.trajectories.steps import HistoryEntry, batches_of
from core.trajectories.table_rows import Key, Row, read_rows

_j, _r = schema.journal.c, schema.edit_rows.c

_MANY = 5_000  # parameters of a statement

_TABLES = ("clip", "trajectory", "observation")

_DEFAULTS = {
    name: {
        column.name: str(column.server_default.arg).lower()
        for column in schema.metadata.tables[name].columns
        if isinstance(column.server_default, DefaultClause)
    }
    for name in _TABLES
}
"""Column → its default: images of rows from before there was such a column do not have it."""


def route(connection: Connection, revision: int) -> list[HistoryEntry]:
    """The edits to turn over to come from now to a revision, in that order: first those that are done."""
    since = steps.since(connection, revision)
    turned: dict[int, int] = {}  # of those that have rows: going to a version has none of its own
    entries = (*since.made, *since.taken_back)
    for start in range(0, len(entries), _MANY):
        some = [entry.id for entry in entries[start : start + _MANY]]
        query = select(_j.edit_id, func.max(_j.revision)).where(_j.edit_id.in_(some), _j.action != "join")
        query = query.where(exists().where(_r.edit_id == _j.edit_id))
        turned.update((row[0], row[1]) for row in connection.execute(query.group_by(_j.edit_id)))
    made, taken_back = (
        sorted((one for one in part if one.id in turned), key=lambda entry: -turned[entry.id])
        for part in (since.made, since.taken_back)
    )
    return made + taken_back


def last_made(connection: Connection, revision: int) -> int | None:
    """The edit that was made last at a revision, whether or not it was done then; None before any was."""
    made = _j.action.in_(("do", "follow"))
    query = select(_j.edit_id).where(_j.revision <= revision, made).order_by(_j.revision.desc()).limit(1)
    return connection.scalar(query)


def go_to(connection: Connection, revision: int, name: str) -> Changes | None:
    """Make the project what it was at a revision, known by a name: one step, which undo takes back whole.

    Returns:
        what changed; None where nothing differs.
    """
    entries = route(connection, revision)
    return journal.go_over(connection, f"Go back to {name}"[:255], entries) if entries else None


@dataclass(frozen=True)
class TrackDifference:
    """A trajectory that differs between two states of the project.

    Attributes:
        id, clip_id: of the trajectory.
        what: `added`, `removed` or `changed`.
        kind, label: as it is in the later state, or was in the earlier one where it was removed.
        frame: the first one in which an object differs; None of points, and where only the track does.
    """

    id: int
    clip_id: int
    what: str
    kind: str
    label: str
    frame: int | None = None


@dataclass(frozen=True)
class Differences:
    """What is in one state of the project and not in another.

    Attributes:
        tracks: by clip, then id.
        clips: clips that were added, removed or changed: id → name and which of these.
    """

    tracks: tuple[TrackDifference, ...]
    clips: dict[int, tuple[str, str]]


def differences(
    connection: Connection,
    earlier: int,
    later: int | None = None,
    on_progress: Callable[[int, int, str], None] = lambda done, total, what: None,
) -> Differences:
    """What differs between two revisions, or between one and now.

    Rows are not kept while they are compared, so that what a job brought in may be large.

    Args:
        on_progress: called for each edit that is looked through; it may raise to give up.
    """
    routes = [route(connection, earlier), route(connection, later) if later is not None else []]
    total, seen = sum(map(len, routes)), 0
    states: list[dict[tuple[str, Key], _Seen | None]] = []
    for entries in routes:
        state: dict[tuple[str, Key], _Seen | None] = {}
        for entry in entries:
            on_progress(seen, total, entry.text)
            state.update(_images(connection, entry))
            seen += 1
        states.append(state)
    keys = states[0].keys() | states[1].keys()
    keys |= {("trajectory", key[:1]) for table, key in keys if table == "observation"}
    now = dict(_current(connection, keys))
    before, after = ({**now, **state} for state in states)
    return _compared(before, after)


@dataclass(frozen=True)
class _Seen:
    """What is kept of a row: enough to name it and to tell whether another is the same."""

    values: int
    clip_id: int = 0
    kind: str = ""
    label: str = ""


def _seen(table: str, row: Row | None) -> _Seen | None:
    if row is None:
        return None
    told = sorted((name, _plain(value)) for name, value in row.items() if value is not None)
    values = hash(tuple(one for one in told if str(one[1]).lower() != _DEFAULTS[table].get(one[0])))
    if table == "trajectory":
        return _Seen(values, row["clip_id"], row["kind"], row["label"])
    return _Seen(values, label=row["name"] if table == "clip" else "")


def _plain(value: Any) -> Any:
    """JSON columns come as lists, text or numbers, which must be told apart from none by their value."""
    return repr(value) if isinstance(value, list | dict) else value


def _images(connection: Connection, entry: HistoryEntry) -> Iterator[tuple[tuple[str, Key], _Seen | None]]:
    """What turning an edit over would make of the rows it touched, the last word on each at the end."""
    batches = batches_of(connection, entry.id)
    for _, table, keys, packed in reversed(batches) if entry.state == "done" else batches:
        if table.name in _TABLES:
            for key, image in zip(keys, unpack(packed, len(keys)), strict=True):
                yield (table.name, key), _seen(table.name, image)


def _current(
    connection: Connection, keys: "set[tuple[str, Key]]"
) -> Iterator[tuple[tuple[str, Key], _Seen | None]]:
    for table in _TABLES:
        wanted = sorted(key for name, key in keys if name == table)
        for start in range(0, len(wanted), _MANY):
            some = wanted[start : start + _MANY]
            rows = read_rows(connection, schema.metadata.tables[table], some)
            for key, row in zip(some, rows, strict=True):
                yield (table, key), _seen(table, row)


def _compared(
    before: "dict[tuple[str, Key], _Seen | None]", after: "dict[tuple[str, Key], _Seen | None]"
) -> Differences:
    clips: dict[int, tuple[str, str]] = {}
    heads: dict[int, tuple[_Seen | None, _Seen | None]] = {}
    frames: dict[int, int] = {}
    for (table, key), old in before.items():
        new = after[table, key]
        if table == "trajectory":
            heads[key[0]] = old, new
        if old == new:
            continue
        if table == "observation":
            frames[key[0]] = min(key[1], frames.get(key[0], key[1]))
        elif table == "clip" and (shown := new or old) is not None:
            clips[key[0]] = shown.label, _word(old, new)
    tracks = []
    for id in heads.keys() | frames.keys():
        old, new = heads.get(id, (None, None))
        shown = new or old
        if shown is not None and (old != new or id in frames):
            frame = frames.get(id)
            tracks.append(TrackDifference(id, shown.clip_id, _word(old, new), shown.kind, shown.label, frame))
    return Differences(tuple(sorted(tracks, key=lambda one: (one.clip_id, one.id))), clips)


def _word(old: _Seen | None, new: _Seen | None) -> str:
    return "added" if old is None else "removed" if new is None else "changed"
