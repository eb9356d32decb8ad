"""Rows of any table by primary key, read and written in batches; for the journal."""

import functools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    tuple_,
    update,
)

Key = tuple[Any, ...]
Row = dict[str, Any]

_BATCH = 5000
_LAST_ID = text("SELECT seq FROM sqlite_sequence WHERE name = :name")


def read_rows(connection: Connection, table: Table, keys: Sequence[Key]) -> list[Row | None]:
    """Whole rows by key, in that order; None where there is none."""
    of = _of(table)
    found: dict[Key, Row] = {}
    for start in range(0, len(keys), _BATCH):
        part = keys[start : start + _BATCH]
        wanted = part if len(of.key) > 1 else [key[0] for key in part]
        for row in connection.execute(of.select, {"keys": wanted}).mappings():
            found[tuple([row[name] for name in of.key])] = dict(row)
    return [found.get(key) for key in keys]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows of the same columns.

    SQLAlchemy takes longer to turn many rows into parameters than SQLite to store them: where a table has
    nothing to turn, the driver gets the values as they are.
    """
    statement, dialect = _of(table).insert, connection.dialect
    if len(rows) > 1 and dialect.positional and _is_plain(table, dialect):
        compiled = statement.compile(dialect=dialect, column_keys=list(rows[0]))
        values = operator.itemgetter(*(compiled.positiontup or ()))
        connection.exec_driver_sql(str(compiled), [values(row) for row in rows])
    else:
        connection.execute(statement, rows)


def _is_plain(table: Table, dialect: Dialect) -> bool:
    """Whether the driver takes the values of every column as they are."""
    return all(column.type.dialect_impl(dialect).bind_processor(dialect) is None for column in table.columns)


def delete_rows(connection: Connection, table: Table, keys: Sequence[Key]) -> None:
    """Delete rows by key."""
    if keys:
        of = _of(table)
        connection.execute(of.delete, [of.where(key) for key in keys])


def update_rows(connection: Connection, table: Table, rows: Mapping[Key, Row]) -> None:
    """Change columns of rows by key; all rows name the same columns."""
    if rows:
        of = _of(table)
        connection.execute(of.update, [{**values, **of.where(key)} for key, values in rows.items()])


@dataclass(frozen=True)
class _Statements:
    """A table's statements by primary key, built once: building one costs more than running it.

    `key` names the primary key's columns; `select` takes `keys`, `delete` and `update` what `where` gives.
    """

    key: tuple[str, ...]
    insert: Insert
    select: Select[Any]
    delete: Delete
    update: Update

    def where(self, key: Key) -> Row:
        return {f"_{name}": part for name, part in zip(self.key, key, strict=True)}


@functools.cache
def _of(table: Table) -> _Statements:
    columns = list(table.primary_key)
    here = [column == bindparam(f"_{column.name}") for column in columns]
    whole = columns[0] if len(columns) == 1 else tuple_(*columns)
    return _Statements(
        key=tuple(column.name for column in columns),
        insert=insert(table),
        select=select(table).where(whole.in_(bindparam("keys", expanding=True))),
        delete=delete(table).where(*here),
        update=update(table).where(*here),
    )


def new_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Ids for new rows of a table that numbers its rows; the transaction has the write lock."""
    if connection.dialect.name == "postgresql":
        numbers = select(func.nextval(f"{table.name}_id_seq")).select_from(func.generate_series(1, count))
        return list(connection.scalars(numbers))
    last = connection.execute(_LAST_ID, {"name": table.name}).scalar() or 0
    return list(range(last + 1, last + 1 + count))
