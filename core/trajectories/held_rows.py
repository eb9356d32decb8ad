"""Rows that are stored only where they break no rule, in the transaction that stores them."""

import functools
from collections.abc import Collection, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.sql.dml import ReturningInsert

from core.errors import StudioError
from core.trajectories.row_rules import faults
from core.trajectories.rule import Rows
from core.trajectories.table_rows import Key, Row, insert_rows, update_rows

NOUNS = {
    "root": "folder of frames",
    "clip": "clip",
    "provenance": "record of a job",
    "trajectory": "track",
    "observation": "track",
    "edit": "step of the history",
    "edit_rows": "step of the history",
    "journal": "revision",
}
"""What a row of a table is called."""


def hold(rows: Rows, written: Collection[str], keys: Sequence[Key] = ()) -> None:
    """Hold rows of which some columns are written against the rules; `keys` are those of rows that are there.

    Raises:
        StudioError: one of them breaks a rule.
    """
    for place, words in faults(rows, written):
        noun = NOUNS[rows.table.name]
        subject = f"{noun.capitalize()} {keys[place][0]}" if keys else f"A new {noun}"
        raise StudioError(f"{subject} {words}; nothing was saved.")


def hold_values(
    table: Table, rows: Sequence[Row], made_here: Set[str] = frozenset(), keys: Sequence[Key] = ()
) -> None:
    """Hold values of rows of a table that no edit writes against its rules.

    Args:
        made_here: columns that were made of rows which were held already, and are not looked into.
        keys: of rows that are there; without any they are new.

    Raises:
        StudioError: one of them breaks a rule.
    """

    def column(name: str) -> Sequence[Any]:
        return [row[name] for row in rows]

    names = rows[0].keys() - made_here
    hold(Rows(table, names, column), names, keys)


def insert_held(
    connection: Connection, table: Table, rows: Sequence[Row], made_here: Set[str] = frozenset()
) -> None:
    """Insert rows, as `hold_values` has them; roll back where it raises."""
    hold_values(table, rows, made_here)
    insert_rows(connection, table, rows)


def insert_one_held(connection: Connection, table: Table, row: Row) -> int:
    """Insert a row that the table numbers, as `insert_held`; its id."""
    hold_values(table, [row])
    return int(connection.execute(_inserts(table), row).scalar_one())


def update_held(
    connection: Connection, table: Table, rows: Mapping[Key, Row], made_here: Set[str] = frozenset()
) -> None:
    """Change columns of rows by key; all name the same columns. As `insert_held`."""
    if rows:
        hold_values(table, list(rows.values()), made_here, list(rows))
        update_rows(connection, table, rows)


@functools.cache
def _inserts(table: Table) -> ReturningInsert[Any]:
    return insert(table).returning(table.c.id)
