"""Edits that can be taken back, also after a restart.

An **edit** is a frozen dataclass that writes rows through `Rows`. For each row `Rows` keeps an
**image**: what the row was before, or nothing where it did not exist. Undo exchanges rows and
images; redo is the same exchange again, so both are exact and neither computes anything. `journal`
only ever grows: its last number is the project's **revision**, which runs record.

After an undo, a new edit abandons what was undone: it can no longer be redone, but stays in `edit`.
"""

import base64
import datetime
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Select, Table, bindparam, delete, func, insert, select, tuple_, update

from core.trajectories import schema
from core.trajectories.model import Changes

Key = tuple[Any, ...]
Row = dict[str, Any]

_BATCH = 5000


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

    def write(self, rows: "Rows") -> None:
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


class Rows:
    """Writes rows and keeps what they were. Each call is one batch, however many rows it writes.

    An edit that learns only while it writes what it comes to may set `text`, which then names it.
    """

    def __init__(self, connection: Connection, edit_id: int) -> None:
        self.connection = connection
        self.text = ""
        self.changed: dict[str, set[Key]] = {}
        self.written = 0
        self._edit_id = edit_id
        self._batches = 0

    def insert(self, table: Table, rows: Sequence[Row]) -> list[int]:
        """Insert rows; returns their ids where the table numbers them itself, else an empty list."""
        if not rows:
            return []
        names = [column.name for column in table.primary_key]
        if names == ["id"] and "id" not in rows[0]:
            statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
            ids = list(self.connection.execute(statement, rows).scalars())
            self._keep(table, [(id,) for id in ids], [None] * len(ids))
            return ids
        self.connection.execute(insert(table), rows)
        keys = [tuple(row[name] for name in names) for row in rows]
        self._keep(table, keys, [None] * len(keys))
        return []

    def update(self, table: Table, rows: Mapping[Key, Row]) -> None:
        """Change columns of rows by primary key; all rows must name the same columns."""
        if rows:
            keys = list(rows)
            self._keep(table, keys, _images(self.connection, table, keys))
            _update(self.connection, table, rows)

    def delete(self, table: Table, keys: Sequence[Key]) -> None:
        """Delete rows by primary key."""
        if keys:
            self._keep(table, keys, _images(self.connection, table, keys))
            _delete(self.connection, table, keys)

    def _keep(self, table: Table, keys: Sequence[Key], images: Sequence[Row | None]) -> None:
        values = {
            "edit_id": self._edit_id,
            "number": self._batches,
            "table_name": table.name,
            "row_keys": [list(key) for key in keys],
            "images": _pack(images),
        }
        self.connection.execute(insert(schema.edit_rows), values)
        self._batches += 1
        self.written += len(keys)
        self.changed.setdefault(table.name, set()).update(keys)


def perform(connection: Connection, edit: Edit) -> Changes:
    """Write an edit and journal it; call inside a transaction, which makes it whole or undone.

    Raises:
        StudioError: the edit cannot be done; roll back.
    """
    abandon = update(schema.edit).where(schema.edit.c.state == "undone").values(state="abandoned")
    connection.execute(abandon)
    now = _now()
    row = {"text": edit.text[:255], "clip_id": edit.clip_id, "state": "done", "created": now, "rows": 0}
    edit_id = connection.execute(insert(schema.edit).returning(schema.edit.c.id), row).scalar_one()
    rows = Rows(connection, edit_id)
    edit.write(rows)
    found = {"rows": rows.written, "text": (rows.text or edit.text)[:255]}
    connection.execute(update(schema.edit).where(schema.edit.c.id == edit_id).values(found))
    _log(connection, edit_id, "do", now)
    return _changes(connection, edit.clip_id, rows.changed)


def undo(connection: Connection) -> Changes | None:
    """Take the last edit back; None if there is none."""
    return _turn_over(connection, undoable(connection), "undo")


def redo(connection: Connection) -> Changes | None:
    """Do again what was undone last; None if there is nothing."""
    return _turn_over(connection, redoable(connection), "redo")


def undoable(connection: Connection) -> HistoryEntry | None:
    """What `undo` would take back."""
    c = schema.edit.c
    return _first(connection, _entries().where(c.state == "done").order_by(c.id.desc()))


def redoable(connection: Connection) -> HistoryEntry | None:
    """What `redo` would do again."""
    c = schema.edit.c
    return _first(connection, _entries().where(c.state == "undone").order_by(c.id))


def history(connection: Connection, limit: int = 500) -> list[HistoryEntry]:
    """The latest edits, newest first."""
    query = _entries().order_by(schema.edit.c.id.desc()).limit(limit)
    return [HistoryEntry(*row) for row in connection.execute(query)]


def revision(connection: Connection) -> int:
    """How often the project was edited, undone or redone; grows by one each time."""
    return connection.scalar(select(func.max(schema.journal.c.revision))) or 0


def _entries() -> Select[Any]:
    c = schema.edit.c
    return select(c.id, c.text, c.clip_id, c.state, c.created, c.rows)


def _first(connection: Connection, query: Select[Any]) -> HistoryEntry | None:
    row = connection.execute(query.limit(1)).first()
    return HistoryEntry(*row) if row else None


def _turn_over(connection: Connection, entry: HistoryEntry | None, action: str) -> Changes | None:
    """Exchange the rows of an edit with their images: backwards to undo, forwards to redo."""
    if entry is None:
        return None
    c = schema.edit_rows.c
    order = c.number.desc() if action == "undo" else c.number
    query = select(c.number, c.table_name, c.row_keys, c.images).where(c.edit_id == entry.id).order_by(order)
    changed: dict[str, set[Key]] = {}
    for number, table_name, keys, packed in connection.execute(query).all():
        table = schema.metadata.tables[table_name]
        keys = [tuple(key) for key in keys]
        images = _unpack(packed, len(keys))
        current = _images(connection, table, keys)
        _delete(connection, table, [key for key, new in zip(keys, images, strict=True) if new is None])
        there = {key for key, old in zip(keys, current, strict=True) if old is not None}
        wanted = {key: new for key, new in zip(keys, images, strict=True) if new is not None}
        _update(connection, table, {key: new for key, new in wanted.items() if key in there})
        missing = [new for key, new in wanted.items() if key not in there]
        if missing:
            connection.execute(insert(table), missing)
        where = (c.edit_id == entry.id) & (c.number == number)
        connection.execute(update(schema.edit_rows).where(where).values(images=_pack(current)))
        changed.setdefault(table_name, set()).update(keys)
    state = "undone" if action == "undo" else "done"
    connection.execute(update(schema.edit).where(schema.edit.c.id == entry.id).values(state=state))
    _log(connection, entry.id, action, _now())
    return _changes(connection, entry.clip_id, changed)


def _changes(connection: Connection, clip_id: int | None, changed: dict[str, set[Key]]) -> Changes:
    """What was touched; trajectories of several clips count as touching every clip."""
    clips = {key[0] for key in changed.get("clip", ())} | ({clip_id} if clip_id is not None else set())
    trajectories = {key[0] for name in ("trajectory", "observation") for key in changed.get(name, ())}
    if clip_id is None and trajectories:
        clips |= set(connection.scalars(select(schema.clip.c.id)))
    return Changes(frozenset(clips), frozenset(trajectories))


def _images(connection: Connection, table: Table, keys: Sequence[Key]) -> list[Row | None]:
    columns = list(table.primary_key)
    found: dict[Key, Row] = {}
    for start in range(0, len(keys), _BATCH):
        part = keys[start : start + _BATCH]
        query = select(table)
        if len(columns) == 1:
            query = query.where(columns[0].in_([key[0] for key in part]))
        else:
            query = query.where(tuple_(*columns).in_(part))
        for row in connection.execute(query).mappings():
            found[tuple(row[column.name] for column in columns)] = dict(row)
    return [found.get(key) for key in keys]


def _delete(connection: Connection, table: Table, keys: Sequence[Key]) -> None:
    if keys:
        columns = list(table.primary_key)
        statement = delete(table).where(*(column == bindparam(f"_{column.name}") for column in columns))
        rows = [{f"_{c.name}": part for c, part in zip(columns, key, strict=True)} for key in keys]
        connection.execute(statement, rows)


def _update(connection: Connection, table: Table, rows: Mapping[Key, Row]) -> None:
    if rows:
        columns = list(table.primary_key)
        statement = update(table).where(*(column == bindparam(f"_{column.name}") for column in columns))
        connection.execute(
            statement,
            [
                {**values, **{f"_{c.name}": part for c, part in zip(columns, key, strict=True)}}
                for key, values in rows.items()
            ],
        )


def _pack(images: Sequence[Row | None]) -> bytes:
    """Row images as compressed JSON, bytes as base64; nothing at all where no row existed."""
    if all(image is None for image in images):
        return b""
    text = json.dumps(images, default=lambda value: {"base64": base64.b64encode(value).decode("ascii")})
    return zlib.compress(text.encode(), 1)


def _unpack(packed: bytes, count: int) -> list[Row | None]:
    if not packed:
        return [None] * count

    def bytes_back(values: dict[str, Any]) -> Any:
        return base64.b64decode(values["base64"]) if values.keys() == {"base64"} else values

    images: list[Row | None] = json.loads(zlib.decompress(packed), object_hook=bytes_back)
    return images


def _log(connection: Connection, edit_id: int, action: str, now: str) -> None:
    connection.execute(insert(schema.journal), {"edit_id": edit_id, "action": action, "created": now})


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
