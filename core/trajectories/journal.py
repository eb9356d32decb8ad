"""Edits that can be taken back, also after a restart.

An **edit** is a frozen dataclass that writes rows through `Recorder`. For each row `Recorder` keeps an
**image**: what the row was before, or nothing where it did not exist. Undo exchanges rows and
images; redo is the same exchange again, so both are exact and neither computes anything. `journal`
only ever grows: its last number is the project's **revision**, which runs record.

After an undo, a new edit abandons what was undone: it can no longer be redone, but stays in `edit`.
"""

import base64
import datetime
import json
import operator
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import Connection, Table, bindparam, func, insert, select, update

from core.trajectories import schema
from core.trajectories.model import Changes
from core.trajectories.table_rows import (
    Key,
    Row,
    delete_rows,
    insert_columns,
    insert_rows,
    new_ids,
    read_rows,
    update_rows,
)

_SHORT = 4096
_FIRST = operator.itemgetter(0)  # the id that a key begins with


class Edit(Protocol):
    """What a person or a job does to the project as one step of undo."""

    @property
    def text(self) -> str:
        """What it does, as the Edit menu and the history name it, such as "Split track 17"."""
        ...

    @property
    def clip_id(self) -> int | None:
        """The clip it belongs to; None where there are several."""
        ...

    @property
    def rows(self) -> int:
        """About how many rows it writes, as far as that is known before; 1 for an edit of one trajectory."""
        ...

    def write(self, rows: "Recorder") -> None:
        """Write the rows.

        Raises:
            StudioError: it cannot be done; nothing must be left half written (the caller rolls back).
        """
        ...


@dataclass(frozen=True)
class HistoryEntry:
    """An edit as the history shows it.

    `state` is done, undone or abandoned, `created` UTC ISO 8601, `rows` how many it wrote.
    """

    id: int
    text: str
    clip_id: int | None
    state: str
    created: str
    rows: int


class Recorder:
    """Writes rows and keeps what they were. Each call is one batch, however many rows it writes.

    An edit that learns only while it writes what it comes to may set `text`, which then names it.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.text = ""
        self.changed: dict[str, set[int]] = {}
        self.new: set[int] = set()
        self.written = 0
        self._batches: list[Row] = []
        self._read: dict[tuple[str, Key], Row] = {}

    def insert(self, table: Table, rows: Sequence[Row]) -> list[int]:
        """Insert rows; returns their ids where the table numbers them itself, else an empty list."""
        if not rows:
            return []
        names = [column.name for column in table.primary_key]
        ids: list[int] = []
        if names == ["id"] and "id" not in rows[0]:
            ids = new_ids(self.connection, table, len(rows))
            rows = [{**row, "id": id} for id, row in zip(ids, rows, strict=True)]
        insert_rows(self.connection, table, rows)
        self._keep(table, [tuple([row[name] for name in names]) for row in rows])
        if table is schema.trajectory:
            self.new.update(ids)
        return ids

    def insert_columns(self, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert rows given as columns of one length, among them those of the primary key."""
        keys = list(zip(*(columns[column.name] for column in table.primary_key), strict=True))
        if keys:
            insert_columns(self.connection, table, columns)
            self._keep(table, keys)
            if table is schema.trajectory:
                self.new.update(columns["id"])

    def update(self, table: Table, rows: Mapping[Key, Row]) -> None:
        """Change columns of rows by primary key; all rows must name the same columns."""
        if rows:
            keys = list(rows)
            self._keep(table, keys, self._images(table, keys))
            update_rows(self.connection, table, rows)

    def delete(self, table: Table, keys: Sequence[Key]) -> None:
        """Delete rows by primary key."""
        if keys:
            self._keep(table, keys, self._images(table, keys))
            delete_rows(self.connection, table, keys)

    def remember(self, table: Table, key: Key, row: Row) -> None:
        """Take note of a whole row that was just read: the next write to it need not read it again."""
        self._read[table.name, key] = row

    def _images(self, table: Table, keys: Sequence[Key]) -> list[Row | None]:
        known = self._read.pop((table.name, keys[0]), None)
        self._read.clear()
        return [known] if known is not None and len(keys) == 1 else read_rows(self.connection, table, keys)

    def store_images(self, edit_id: int, first: int = 0) -> None:
        """Write down what the rows were, as batches of an edit that has so many already; once, at the end."""
        if self._batches:
            numbered = [
                {**batch, "edit_id": edit_id, "number": number}
                for number, batch in enumerate(self._batches, first)
            ]
            insert_rows(self.connection, schema.edit_rows, numbered)

    def _keep(self, table: Table, keys: Sequence[Key], images: Sequence[Row | None] = ()) -> None:
        """Note keys and images of rows; no images at all where there were no such rows."""
        batch = {"table_name": table.name, "row_keys": list(keys), "images": _pack(images)}
        self._batches.append(batch)
        self.written += len(keys)
        self.changed.setdefault(table.name, set()).update(map(_FIRST, keys))


def perform(connection: Connection, edit: Edit) -> Changes:
    """Write an edit and journal it; call inside a transaction, which makes it whole or undone.

    Raises:
        StudioError: the edit cannot be done; roll back.
    """
    connection.execute(_ABANDON)
    rows, now = Recorder(connection), _now()
    edit.write(rows)
    row = {
        "text": (rows.text or edit.text)[:255],
        "clip_id": edit.clip_id,
        "state": "done",
        "rows": rows.written,
        "created": now,
    }
    edit_id = connection.execute(_NEW_EDIT, row).scalar_one()
    rows.store_images(edit_id)
    _log(connection, edit_id, "do", now)
    changes = _changes(connection, edit.clip_id, rows.changed)
    return replace(changes, new=frozenset(rows.new), edit=edit_id, text=str(row["text"]))


def join(connection: Connection, edit: Edit, entry: HistoryEntry) -> Changes:
    """Write an edit as part of one that was made last: one step of undo takes both back.

    Raises:
        StudioError: the edit cannot be done; roll back.
    """
    rows = Recorder(connection)
    edit.write(rows)
    rows.store_images(entry.id, len(connection.execute(_BATCHES, {"edit": entry.id}).all()))
    update_rows(connection, schema.edit, {(entry.id,): {"rows": entry.rows + rows.written}})
    _log(connection, entry.id, "do", _now())
    return _changes(connection, edit.clip_id, rows.changed)


def undo(connection: Connection) -> Changes | None:
    """Take the last edit back; None if there is none."""
    return turn(connection, -1)


def redo(connection: Connection) -> Changes | None:
    """Do again what was undone last; None if there is nothing."""
    return turn(connection, 1)


def turn(connection: Connection, steps: int) -> Changes | None:
    """Take back (below 0) or do again so many edits, or as many as there are; None if there is none."""
    action = "undo" if steps < 0 else "redo"
    turned = [_turn_over(connection, entry, action) for entry in turnable(connection, steps)]
    if not turned:
        return None
    return Changes(
        frozenset().union(*(changes.clips for changes in turned)),
        frozenset().union(*(changes.trajectories for changes in turned)),
    )


def turnable(connection: Connection, steps: int) -> list[HistoryEntry]:
    """The edits that `turn` would take back or do again, in that order."""
    query = _LAST_DONE if steps < 0 else _FIRST_UNDONE
    return [HistoryEntry(*row) for row in connection.execute(query, {"steps": abs(steps)})]


def undoable(connection: Connection) -> HistoryEntry | None:
    """What `undo` would take back."""
    return next(iter(turnable(connection, -1)), None)


def redoable(connection: Connection) -> HistoryEntry | None:
    """What `redo` would do again."""
    return next(iter(turnable(connection, 1)), None)


def history(connection: Connection, limit: int = 500) -> list[HistoryEntry]:
    """The latest edits, newest first."""
    query = _ENTRIES.order_by(schema.edit.c.id.desc()).limit(limit)
    return [HistoryEntry(*row) for row in connection.execute(query)]


def revision(connection: Connection) -> int:
    """How often the project was edited, undone or redone; grows by one each time."""
    return connection.scalar(select(func.max(schema.journal.c.revision))) or 0


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
    entries = connection.execute(_ENTRIES.where(_e.id.in_(touched)).order_by(_e.id)).all()
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


def _turn_over(connection: Connection, entry: HistoryEntry, action: str) -> Changes:
    """Exchange the rows of an edit with their images: backwards to undo, forwards to redo."""
    batches = connection.execute(_BATCHES, {"edit": entry.id}).all()
    changed: dict[str, set[int]] = {}
    kept: dict[Key, Row] = {}
    for number, table_name, keys, packed in reversed(batches) if action == "undo" else batches:
        table = schema.metadata.tables[table_name]
        keys = [tuple(key) for key in keys]
        images = _unpack(packed, len(keys))
        current = read_rows(connection, table, keys)
        delete_rows(connection, table, [key for key, new in zip(keys, images, strict=True) if new is None])
        there = {key for key, old in zip(keys, current, strict=True) if old is not None}
        wanted = {key: new for key, new in zip(keys, images, strict=True) if new is not None}
        update_rows(connection, table, {key: new for key, new in wanted.items() if key in there})
        missing = [new for key, new in wanted.items() if key not in there]
        if missing:
            insert_rows(connection, table, missing)
        kept[entry.id, number] = {"images": _pack(current)}
        changed.setdefault(table_name, set()).update(map(_FIRST, keys))
    update_rows(connection, schema.edit_rows, kept)
    state = "undone" if action == "undo" else "done"
    update_rows(connection, schema.edit, {(entry.id,): {"state": state}})
    _log(connection, entry.id, action, _now())
    return _changes(connection, entry.clip_id, changed)


def _changes(connection: Connection, clip_id: int | None, changed: dict[str, set[int]]) -> Changes:
    """What was touched, by the ids that keys begin with; trajectories of several clips touch every clip."""
    clips = changed.get("clip", set()) | ({clip_id} if clip_id is not None else set())
    trajectories = changed.get("trajectory", set()) | changed.get("observation", set())
    if clip_id is None and trajectories:
        clips |= set(connection.scalars(select(schema.clip.c.id)))
    return Changes(frozenset(clips), frozenset(trajectories))


_e, _r, _j = schema.edit.c, schema.edit_rows.c, schema.journal.c

_ENTRIES = select(_e.id, _e.text, _e.clip_id, _e.state, _e.created, _e.rows)
_LAST_DONE = _ENTRIES.where(_e.state == "done").order_by(_e.id.desc()).limit(bindparam("steps"))
_FIRST_UNDONE = _ENTRIES.where(_e.state == "undone").order_by(_e.id).limit(bindparam("steps"))
_ABANDON = update(schema.edit).where(_e.state == "undone").values(state="abandoned")
_NEW_EDIT = insert(schema.edit).returning(_e.id)
_BATCHES = (
    select(_r.number, _r.table_name, _r.row_keys, _r.images)
    .where(_r.edit_id == bindparam("edit"))
    .order_by(_r.number)
)


def _pack(images: Sequence[Row | None]) -> bytes:
    """Row images as JSON, compressed where long, bytes as base64; nothing at all where no row existed."""
    columns = next((list(image) for image in images if image is not None), None)
    if columns is None:
        return b""
    rows = [None if image is None else list(image.values()) for image in images]
    packed = json.dumps({"columns": columns, "rows": rows}, default=_base64).encode()
    return packed if len(packed) < _SHORT else zlib.compress(packed, 1)


def _base64(value: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode("ascii")}


def _unpack(packed: bytes, count: int) -> list[Row | None]:
    """The images again; older versions named the columns in every row."""
    if not packed:
        return [None] * count

    def bytes_back(values: dict[str, Any]) -> Any:
        return base64.b64decode(values["base64"]) if values.keys() == {"base64"} else values

    text = packed if packed[:1] in (b"[", b"{") else zlib.decompress(packed)  # which starts with an "x"
    found = json.loads(text, object_hook=bytes_back)
    if isinstance(found, list):
        return found
    columns = found["columns"]
    return [None if row is None else dict(zip(columns, row, strict=True)) for row in found["rows"]]


def _log(connection: Connection, edit_id: int, action: str, now: str) -> None:
    insert_rows(connection, schema.journal, [{"edit_id": edit_id, "action": action, "created": now}])


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
