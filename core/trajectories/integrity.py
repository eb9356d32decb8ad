"""Does the database agree with itself? For `check`, and for tests: no edit may leave a problem.

What is asked of rows is what is asked of those that an edit writes (`row_rules.py`, `written.py`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Table, func, inspect, not_, or_, select

from core.trajectories import schema
from core.trajectories.cell_types import cell_type
from core.trajectories.damage import decoding
from core.trajectories.held_rows import NOUNS
from core.trajectories.row_rules import faults
from core.trajectories.rule import Rows
from core.trajectories.sqlite_file import foreign_part
from core.trajectories.written import Stored, span_faults

_TOGETHER = 5_000
"""Rows that are looked at together: only where one of them is wrong is each looked at."""

_STEPS_TOGETHER = 20
"""The same of steps of the history, each of which may hold all rows of a clip."""

_NAMED = 20
"""Cells of a table that are named at most."""


def problems(connection: Connection) -> list[str]:
    """One sentence for each thing that is wrong; empty for a sound database.

    Each step trusts what the one before it found sound: tables, pages, cells, rows.
    """
    for step in (_tables, _storage, _cells, _rows):
        found = list(step(connection))
        if found:
            return found
    return []


def _tables(connection: Connection) -> Iterator[str]:
    """What is not as this program makes it: a trigger or a view could do or be anything."""
    if connection.dialect.name == "sqlite":
        named = connection.exec_driver_sql("SELECT type, name FROM sqlite_master").all()
        foreign = foreign_part([(str(kind), str(name)) for kind, name in named])
        if foreign:
            yield f"The database has {foreign}, which this program does not make; drop it."
            return
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    for table in schema.metadata.sorted_tables:
        if table.name not in there:
            yield f"The database has no table {table.name}; restore the newest of backups/."
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns:
                yield f"Table {table.name} has no column {column.name}; restore the newest of backups/."


def _storage(connection: Connection) -> Iterator[str]:
    """What SQLite itself finds: damaged pages and rows that name rows which do not exist."""
    if connection.dialect.name != "sqlite":
        return
    for (problem,) in connection.exec_driver_sql("PRAGMA integrity_check(20)"):
        if problem != "ok":
            yield f"The database is damaged ({problem.splitlines()[-1]}); restore the newest of backups/."
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"Row {row} of table {table} names a {parent} that does not exist."


def _cells(connection: Connection) -> Iterator[str]:
    """Cells of another type than their column is of, which SQLite lets be."""
    if connection.dialect.name != "sqlite":
        return
    for table in schema.metadata.sorted_tables:
        wrong = or_(*(_mistyped(table, column.name) for column in table.columns))
        keys = [column.label(f"key {place}") for place, column in enumerate(table.primary_key)]
        for key in connection.execute(select(*keys).where(wrong).limit(_NAMED)):
            named = " and ".join(str(part) for part in key)
            yield f"Row {named} of table {table.name} has a value of the wrong type."


def _mistyped(table: Table, name: str) -> ColumnElement[bool]:
    column = table.c[name]
    wrong = not_(func.typeof(column).in_(cell_type(table, name).stored))
    return wrong | (func.json_valid(column) == 0) if isinstance(column.type, JSON) else wrong


def _rows(connection: Connection) -> Iterator[str]:
    stored = Stored(connection)
    query = select(schema.clip.c.id, schema.clip.c.name)
    names = {int(id): str(name) for id, name in connection.execute(query)}
    for table in schema.metadata.sorted_tables:
        parts = connection.execute(select(table).order_by(*table.primary_key)).partitions(
            _TOGETHER if table is not schema.edit_rows else _STEPS_TOGETHER
        )
        while part := _next(parts, table):
            columns = dict(zip(table.columns.keys(), zip(*part, strict=True), strict=True))
            rows = Rows(table, columns.keys(), columns.__getitem__, stored)
            for place, words in faults(rows, columns.keys()):
                yield f"{_subject(connection, table, part[place], names)} {words}."
    yield from (f"{sentence}." for sentence in span_faults(connection))


def _next(parts: Iterator[Sequence[Any]], table: Table) -> Sequence[Any]:
    """The next part; empty after the last."""
    with decoding(f"Table {table.name}"):  # JSON may be nested deep, or hold a number of many digits
        return next(parts, ())


def _subject(connection: Connection, table: Table, row: Any, names: dict[int, str]) -> str:
    if table is schema.clip:
        return f"Clip {row.name}"
    if table in (schema.trajectory, schema.observation):
        t = schema.trajectory.c
        id = row.id if table is schema.trajectory else row.trajectory_id
        clip = connection.scalar(select(t.clip_id).where(t.id == id))
        return f"Track {id} of {names.get(clip or 0, '?')}"
    return f"{NOUNS[table.name].capitalize()} {row[0]}"
