"""The steps of undo as they are listed: which there are, what was done last, what one of them changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, Table, bindparam, select

from core.trajectories import schema
from core.trajectories.changed_frames import ChangedFrames
from core.trajectories.damage import DamagedError, decoding
from core.trajectories.model import Changes
from core.trajectories.row_images import unpack
from core.trajectories.row_rules import faults
from core.trajectories.rule import Rows
from core.trajectories.table_rows import Key, read_rows

_e, _r, _j = schema.edit.c, schema.edit_rows.c, schema.journal.c

ENTRIES = select(_e.id, _e.text, _e.clip_id, _e.state, _e.created, _e.rows, _e.by_job)
"""The columns of a `HistoryEntry`."""

_NAMED = ENTRIES.where(_e.id.in_(bindparam("edits", expanding=True))).order_by(_e.id)

_BATCHES = (
    select(_r.number, _r.table_name, _r.row_keys, _r.images)
    .where(_r.edit_id == bindparam("edit"))
    .order_by(_r.number)
)

_HEADS = ("number", "table_name", "row_keys")

SHOWN = 500
"""Rows of an edit up to which its frames are found; larger ones go by clip alone."""

_MANY = 5_000  # parameters of a statement


@dataclass(frozen=True)
class HistoryEntry:
    """An edit as the history shows it.

    `state` is done, undone or abandoned, `created` UTC ISO 8601, `rows` how many it wrote, `by_job` whether
    a job brought it in.
    """

    id: int
    text: str
    clip_id: int | None
    state: str
    created: str
    rows: int
    by_job: bool = False


Batch = tuple[int, Table, list[Key], bytes]
"""Number, table, keys and packed images of rows that were written together."""


def batches_of(connection: Connection, edit: int) -> list[Batch]:
    """The rows of one edit, batch by batch as they were written.

    Raises:
        DamagedError: one of them breaks a rule; its images are not looked into.
    """
    with decoding("A step of the history"):
        found = [tuple(row) for row in connection.execute(_BATCHES, {"edit": edit})]
    if found:
        columns = dict(zip(_HEADS, zip(*(row[:3] for row in found), strict=True), strict=True))
        for _, words in faults(Rows(schema.edit_rows, _HEADS, columns.__getitem__), _HEADS):
            raise DamagedError(f"Step {edit} of the history {words}")
    tables = schema.metadata.tables
    return [
        (number, tables[name], [tuple(key) for key in keys], packed) for number, name, keys, packed in found
    ]


def named(connection: Connection, edits: Sequence[int]) -> list[HistoryEntry]:
    """Edits by id, in the order of their ids; those that are not there are left out."""
    return [HistoryEntry(*row) for row in connection.execute(_NAMED, {"edits": list(edits)})]


def step(connection: Connection, revision: int) -> tuple[int, str] | None:
    """A revision and the time of its step, which together are never given again; None where there is none."""
    row = connection.execute(select(_j.revision, _j.created).where(_j.revision == revision)).first()
    return None if row is None else (row.revision, row.created)


def last_step(connection: Connection) -> tuple[int, str] | None:
    """The `step` of the revision that the project is at; None before the first."""
    query = select(_j.revision, _j.created).order_by(_j.revision.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else (row.revision, row.created)


@dataclass(frozen=True)
class _Turned:
    """The statements that find the edit of some that was turned over last, built once.

    `there` says whether there is any; `latest` what was turned over before a revision, `count` of it; `among`
    those of some `ids`.
    """

    there: Select[Any]
    latest: Select[Any]
    among: Select[Any]


def _turned(actions: Sequence[str], which: ColumnElement[bool]) -> _Turned:
    latest = select(_j.revision, _j.edit_id).where(
        _j.action.in_(actions), _j.revision < bindparam("before", type_=BigInteger)
    )
    return _Turned(
        there=select(_e.id).where(which).limit(1),
        latest=latest.order_by(_j.revision.desc()).limit(bindparam("count")),
        among=ENTRIES.where(_e.id.in_(bindparam("ids", expanding=True)), which),
    )


_DONE_BY_PERSON = _turned(("do", "redo"), (_e.state == "done") & ~_e.by_job)
_UNDONE = _turned(("undo",), _e.state == "undone")


def last_by_person(connection: Connection) -> HistoryEntry | None:
    """What a person's undo takes back: what a person made, or did again, last."""
    return _latest(connection, _DONE_BY_PERSON)


def last_undone(connection: Connection) -> HistoryEntry | None:
    """What a person's redo does again."""
    return _latest(connection, _UNDONE) if _is_any(connection, _UNDONE) else None


def _latest(connection: Connection, find: _Turned) -> HistoryEntry | None:
    """The edit of some that was turned over last; most often it is among the latest."""
    before, count = 2**62, 16
    while True:
        turned = connection.execute(find.latest, {"before": before, "count": count}).all()
        if not turned:
            return None
        ids = list({row.edit_id for row in turned})
        found = {row.id: row for row in connection.execute(find.among, {"ids": ids})}
        for row in turned:
            if row.edit_id in found:
                return HistoryEntry(*found[row.edit_id])
        if before == 2**62 and not _is_any(connection, find):
            return None
        before, count = turned[-1].revision, min(4 * count, _MANY)


def _is_any(connection: Connection, find: _Turned) -> bool:
    return connection.execute(find.there).first() is not None


def gone_over(connection: Connection, edit: int) -> list[tuple[int, bool]]:
    """What going to a version turned over, in that order: each edit, and whether it was done before.

    Going writes no rows of its own: the journal has what it turned over between its `join` and its `do`.
    Empty for any other edit.
    """
    first = select(_j.revision, _j.action).where(_j.edit_id == edit).order_by(_j.revision).limit(2)
    rows = connection.execute(first).all()
    if [row.action for row in rows] != ["join", "do"]:
        return []
    within = (_j.revision > rows[0].revision) & (_j.revision < rows[1].revision)
    turned = connection.execute(select(_j.edit_id, _j.action).where(within).order_by(_j.revision))
    return [(id, action == "undo") for id, action in turned]


@dataclass(frozen=True)
class Since:
    """How the project differs from what it was at a revision, by edits, oldest first.

    Attributes:
        made: done now, or at a later revision, and not then.
        taken_back: done then, and not now.
        clips: that any edit since touched; None where one touched several.
    """

    made: tuple[HistoryEntry, ...]
    taken_back: tuple[HistoryEntry, ...]
    clips: frozenset[int] | None


def since(connection: Connection, revision: int, until: int | None = None) -> Since:
    """What was edited since a revision, until a later one or now."""
    touched = select(_j.edit_id).where(_j.revision > revision)
    if until is not None:
        touched = touched.where(_j.revision <= until)
    entries = connection.execute(ENTRIES.where(_e.id.in_(touched)).order_by(_e.id)).all()
    actions = select(_j.edit_id, _j.action, _j.revision).where(_j.edit_id.in_(touched)).order_by(_j.revision)
    then: dict[int, bool] = {}
    now: dict[int, bool] = {}
    for edit, action, when in connection.execute(actions):
        if until is None or when <= until:
            now[edit] = action != "undo"
        if when <= revision:
            then[edit] = now[edit]
    found = [HistoryEntry(*entry) for entry in entries]
    clips = {entry.clip_id for entry in found}
    return Since(
        made=tuple(one for one in found if now[one.id] and not then.get(one.id)),
        taken_back=tuple(one for one in found if not now[one.id] and then.get(one.id)),
        clips=None if None in clips else frozenset(id for id in clips if id is not None),
    )


def touched(connection: Connection, edit: int) -> Changes:
    """What an edit changed, as far as it can be told from its rows as they are now."""
    entry = connection.execute(ENTRIES.where(_e.id == edit)).first()
    if entry is None:
        return Changes()
    changed: dict[str, set[int]] = {}
    frames = ChangedFrames()
    for _, table, keys, packed in batches_of(connection, edit):
        changed.setdefault(table.name, set()).update(key[0] for key in keys)
        if entry.rows <= SHOWN:
            current = read_rows(connection, table, keys)
            frames.add(table.name, keys, unpack(packed, len(keys)), current)
    found = changes_of(connection, entry.clip_id, changed)
    return replace(found, edit=edit, text=entry.text, span=frames.span)


def changes_of(connection: Connection, clip_id: int | None, changed: dict[str, set[int]]) -> Changes:
    """What was touched, by the ids that keys begin with; trajectories of several clips touch every clip."""
    clips = changed.get("clip", set()) | ({clip_id} if clip_id is not None else set())
    trajectories = changed.get("trajectory", set()) | changed.get("observation", set())
    if clip_id is None and trajectories:
        clips |= set(connection.scalars(select(schema.clip.c.id)))
    return Changes(frozenset(clips), frozenset(trajectories), clip_itself=bool(changed.get("clip")))


def together(turned: Sequence[Changes]) -> Changes:
    """What several steps changed, one after the other."""
    if len(turned) == 1:
        return turned[0]
    spans = [changes.span for changes in turned if changes.span is not None]
    return Changes(
        frozenset().union(*(changes.clips for changes in turned)),
        frozenset().union(*(changes.trajectories for changes in turned)),
        span=(min(first for first, _ in spans), max(last for _, last in spans)) if spans else None,
    )


def in_words(entries: Sequence[HistoryEntry]) -> str:
    """What one entry of the history did, or how many there are."""
    return entries[0].text if len(entries) == 1 else f"{len(entries):,} edits"
