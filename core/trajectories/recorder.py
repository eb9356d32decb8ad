"""Writes the rows of an edit, and keeps what they were before."""

import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table

from core.trajectories import schema
from core.trajectories.held_rows import insert_held
from core.trajectories.row_images import pack
from core.trajectories.rule import Column, as_list
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
from core.trajectories.written import Written

if TYPE_CHECKING:
    from core.trajectories.journal import Edit

MADE = frozenset({"images"})
"""Columns of `edit_rows` that `pack` makes, of rows that were held."""

FIRST = operator.itemgetter(0)
"""The id that a key begins with."""


class Recorder:
    """Writes rows and keeps what they were. Each call is one batch, however many rows it writes.

    An edit that learns only while it writes what it comes to may set `text`, which then names it; one that a
    job brings in sets `by_job`; one whose rows a program found for a person sets `by_program`.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.text = ""
        self.by_job = self.by_program = False
        self.changed: dict[str, set[int]] = {}
        self.new: set[int] = set()
        self.written = 0
        self._batches: list[Row] = []
        self._read: dict[tuple[str, Key], Row] = {}
        self._held = Written(connection)

    def write(self, edit: "Edit") -> None:
        """Let an edit write its rows; a StudioError where it cannot, or breaks one of the `row_rules`."""
        edit.write(self)
        self._held.finish()

    def insert(self, table: Table, rows: Sequence[Row]) -> list[int]:
        """Insert rows; returns their ids where the table numbers them itself, else an empty list."""
        if not rows:
            return []
        names = [column.name for column in table.primary_key]
        ids: list[int] = []
        if names == ["id"] and "id" not in rows[0]:
            ids = new_ids(self.connection, table, len(rows))
            rows = [{**row, "id": id} for id, row in zip(ids, rows, strict=True)]
        self._held.insert(table, rows)
        insert_rows(self.connection, table, rows)
        self._keep(table, [tuple([row[name] for name in names]) for row in rows])
        if table is schema.trajectory:
            self.new.update(ids)
        return ids

    def insert_columns(self, table: Table, columns: Mapping[str, Column]) -> None:
        """Insert rows given as columns of one length; without `id` where the table numbers them itself."""
        names, count = [column.name for column in table.primary_key], len(next(iter(columns.values())))
        if not count:
            return
        if names == ["id"] and "id" not in columns:
            columns = {**columns, "id": new_ids(self.connection, table, count)}
        self._held.insert_columns(table, columns)
        lists = {name: as_list(column) for name, column in columns.items()}
        insert_columns(self.connection, table, lists)
        self._keep(table, list(zip(*(lists[name] for name in names), strict=True)))
        if table is schema.trajectory:
            self.new.update(lists["id"])

    def update(self, table: Table, rows: Mapping[Key, Row]) -> None:
        """Change columns of rows by primary key; all rows must name the same columns."""
        if rows:
            keys = list(rows)
            images = self._images(table, keys)
            self._held.update(table, rows, images)
            self._keep(table, keys, images)
            update_rows(self.connection, table, rows)

    def delete(self, table: Table, keys: Sequence[Key]) -> None:
        """Delete rows by primary key."""
        if keys:
            self._held.delete(table, keys)
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
            insert_held(self.connection, schema.edit_rows, numbered, MADE)

    def _keep(self, table: Table, keys: Sequence[Key], images: Sequence[Row | None] = ()) -> None:
        """Note keys and images of rows; no images at all where there were no such rows."""
        batch = {"table_name": table.name, "row_keys": list(keys), "images": pack(images)}
        self._batches.append(batch)
        self.written += len(keys)
        self.changed.setdefault(table.name, set()).update(map(FIRST, keys))
