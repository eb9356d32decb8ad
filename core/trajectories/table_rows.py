"""Rows of any table by primary key, read and written in batches; for the journal."""

import functools
import operator
from collections.abc import Iterator, Mapping, Sequence
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
    names = [column.name for column in table.columns]
    key_of = operator.itemgetter(*(names.index(name) for name in of.key))
    found: dict[Any, Sequence[Any]] = {}
    for statement, wanted in _selections(of, keys):
        for row in connection.execute(statement, wanted):
            found[key_of(row)] = row
    rows = [found.get(key if len(key) > 1 else key[0]) for key in keys]
    return [None if row is None else dict(zip(names, row, strict=True)) for row in rows]


def _selections(
    of: "_Statements", keys: Sequence[Key]
) -> Iterator[tuple[Select[Any], dict[str, Sequence[Any]]]]:
    """What to select, a batch at a time, to see all rows of some keys; perhaps others too.

    Keys of several columns are slow to look for, and SQLite finds none of them by the index: it is told what
    they begin with as well. Where there are many, all rows are read that begin as they do.
    """
    if len(of.key) > 1 and len(keys) > _BATCH:
        firsts = list(dict.fromkeys(key[0] for key in keys))
        for start in range(0, len(firsts), _BATCH // 10):
            yield of.select_first, {"keys": firsts[start : start + _BATCH // 10]}
        return
    for start in range(0, len(keys), _BATCH):
        part = keys[start : start + _BATCH]
        firsts = list(dict.fromkeys(key[0] for key in part))
        yield of.select, {"keys": part, "firsts": firsts} if len(of.key) > 1 else {"keys": firsts}


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows of the same columns.

    SQLAlchemy takes longer to turn many rows into parameters than SQLite to store them: where a table has
    nothing to turn, the driver gets the values as they are.
    """
    if len(rows) > 1 and _is_plain(table, connection.dialect):
        text, names = _insertion(table, connection.dialect, tuple(rows[0]))
        values = operator.itemgetter(*names)
        connection.exec_driver_sql(text, [values(row) for row in rows])
    else:
        connection.execute(_of(table).insert, rows)


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows that are given as columns of one length, which costs a third of `insert_rows`."""
    if _is_plain(table, connection.dialect):
        text, names = _insertion(table, connection.dialect, tuple(columns))
        connection.exec_driver_sql(text, list(zip(*(columns[name] for name in names), strict=True)))
    else:
        rows = zip(*columns.values(), strict=True)
        connection.execute(_of(table).insert, [dict(zip(columns, row, strict=True)) for row in rows])


@functools.lru_cache(maxsize=32)
def _insertion(table: Table, dialect: Dialect, names: tuple[str, ...]) -> tuple[str, Sequence[str]]:
    """The statement that inserts some columns, and their names in the order that it takes them."""
    compiled = _of(table).insert.compile(dialect=dialect, column_keys=names)
    return str(compiled), compiled.positiontup or ()


def _is_plain(table: Table, dialect: Dialect) -> bool:
    """Whether the driver takes the values of every column as they are, one after the other."""
    return dialect.positional and all(
        column.type.dialect_impl(dialect).bind_processor(dialect) is None for column in table.columns
    )


def delete_rows(connection: Connection, table: Table, keys: Sequence[Key]) -> None:
    """Delete rows by key."""
    of, dialect = _of(table), connection.dialect
    if len(keys) > 1 and _is_plain(table, dialect):
        connection.exec_driver_sql(str(of.delete.compile(dialect=dialect)), list(keys))
    elif keys:
        connection.execute(of.delete, [of.where(key) for key in keys])


def update_rows(connection: Connection, table: Table, rows: Mapping[Key, Row]) -> None:
    """Change columns of rows by key; all rows name the same columns."""
    if rows:
        of = _of(table)
        connection.execute(of.update, [{**values, **of.where(key)} for key, values in rows.items()])


@dataclass(frozen=True)
class _Statements:
    """A table's statements by primary key, built once: building one costs more than running it.

    `key` names the primary key's columns; `select` takes `keys` and, of several columns, what they begin
    with as `firsts`, `select_first` that alone as `keys`, `delete` and `update` what `where` gives.
    """

    key: tuple[str, ...]
    insert: Insert
    select: Select[Any]
    select_first: Select[Any]
    delete: Delete
    update: Update

    def where(self, key: Key) -> Row:
        return {f"_{name}": part for name, part in zip(self.key, key, strict=True)}


@functools.cache
def _of(table: Table) -> _Statements:
    columns = list(table.primary_key)
    here = [column == bindparam(f"_{column.name}") for column in columns]
    by_key = [columns[0].in_(bindparam("keys", expanding=True))]
    if len(columns) > 1:
        by_key = [
            columns[0].in_(bindparam("firsts", expanding=True)),
            tuple_(*columns).in_(bindparam("keys", expanding=True)),
        ]
    return _Statements(
        key=tuple(column.name for column in columns),
        insert=insert(table),
        select=select(table).where(*by_key),
        select_first=select(table).where(columns[0].in_(bindparam("keys", expanding=True))),
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


def batches(ids: Sequence[int], size: int = 5000) -> Iterator[Sequence[int]]:
    """Ids in parts that one statement takes as parameters (SQLite stops at 32,766)."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
