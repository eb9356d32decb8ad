"""Each rule of the database is broken in turn, alone: edits and `check` ask the same ones."""

import json
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import LargeBinary, select

from core.datasets.clip import MOST_PIXELS
from core.errors import StudioError
from core.trajectories import integrity, journal, migrations, schema, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.damage import DamagedError
from core.trajectories.held_rows import hold, hold_values
from core.trajectories.row_rules import RULES, faults
from core.trajectories.rule import Rows
from core.trajectories.sqlite_file import SqliteFile
from core.trajectories.written import Stored
from tests.core.trajectories.small_database import fill, make_clip

POINT = 5

BROKEN: dict[str, list[tuple[dict[str, Any], str]]] = {
    "root": [({"path": ""}, "has no path that a folder could have")],
    "clip": [
        ({"name": ""}, "has no name that a file could have"),
        ({"width": 0}, "has a width of 0"),
        ({"height": -2}, "has a height of -2"),
        ({"width": 40_000, "height": MOST_PIXELS // 40_000 + 1}, "pixels, which are too large"),
        ({"files": ["a.png", "b\0.png"]}, "has files whose names cannot be read"),
        ({"keyframes": [0]}, "has times of frames that cannot be read"),
        ({"start": -1}, "starts at frame -1 of its source"),
        ({"step": 0}, "takes every 0th frame"),
        ({"annotator": -1}, "shows annotator -1, who does not exist"),
        ({"use": "odd"}, "is of the unknown use 'odd'"),
    ],
    "provenance": [
        ({"job": ""}, "names no job"),
        ({"settings": [1, 2]}, "has settings that cannot be read"),
        ({"created": "yesterday"}, "has the time 'yesterday', which is none"),
    ],
    "trajectory": [
        ({"kind": "odd"}, "is of the unknown kind 'odd'"),
        ({"review": 7}, "has an unknown review, 7"),
        ({"end_reason": -1}, "ends for an unknown reason, -1"),
        ({"annotator": -1}, "is of annotator -1, who does not exist"),
        ({"clip_id": 99}, "is of a clip that is not in the project"),
        ({"first": -1}, "runs from frame -1 to 6, which are not all frames of its clip"),
        ({"xy": b"12345678"}, "says frames 0 to 6, but its path holds another number"),
        ({"id": POINT, "xy": np.full((12, 2), np.inf, "<f4").tobytes()}, "has a point that is not a number"),
        ({"id": POINT, "origin": bytes([99] * 12)}, "has points of an unknown origin"),
    ],
    "observation": [
        ({"confidence": math.inf}, "has a box or confidence at frame 0 that is not a number"),
        ({"x1": 5.0, "x2": 4.0}, "has a box at frame 0 that is turned inside out"),
        ({"origin": 9, "overlap": None}, "has something of an unknown origin, 9, at frame 0"),
        ({"overlap": 1.5}, "has an audit or flags at frame 0 that make no sense"),
        ({"mask": b"\1\0\0\0"}, "has a mask at frame 0 that is not of its clip's size"),
    ],
    "edit": [
        ({"state": "odd"}, "is in the unknown state 'odd'"),
        ({"rows": -1}, "says that it wrote -1 rows"),
        ({"created": "2026-13-01"}, "has the time '2026-13-01', which is none"),
    ],
    "edit_rows": [
        ({"number": -1}, "has a batch of the number -1"),
        ({"table_name": "journal"}, "has rows of the table 'journal', which edits do not write"),
        ({"row_keys": [[1], [2, 3]]}, "has keys in batch 0 that are none"),
        ({"images": b"{[["}, "has rows in batch 0 that cannot be read"),
    ],
    "journal": [
        ({"revision": 0}, "comes before the first"),
        ({"action": "odd"}, "does the unknown 'odd'"),
        ({"created": ""}, "has the time '', which is none"),
    ],
}  # fmt: skip

WAYS = [(table, number) for table, rules in BROKEN.items() for number in range(len(rules))]

MORE = [
    ("root", {"path": "/a\0b"}),
    ("provenance", {"settings": {"run": 5}}),
    ("provenance", {"settings": {"dismissed": [1]}}),
    ("provenance", {"settings": {"rate": math.nan}}),
    ("edit_rows", {"row_keys": {"a": 1}}),
    ("edit_rows", {"row_keys": [["1"], ["2"]]}),
    ("edit_rows", {"row_keys": [1, 2]}),
    ("edit_rows", {"images": json.dumps({"columns": ["id"], "rows": [[1], [2], [3]]}).encode()}),
    ("edit_rows", {"images": zlib.compress(b"x" * 9000)[:-9]}),
    ("edit_rows", {"images": json.dumps({"columns": ["odd"], "rows": [[1], [2]]}).encode()}),
]  # fmt: skip
"""Other ways to break a rule that has several."""


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    """Not changed: what a test writes is rolled back."""
    folder = tmp_path_factory.mktemp("rules")
    engine = SqliteFile(folder / "a.sqlite", folder / "backups").connect()
    migrations.upgrade(engine, lambda: None)
    with engine.begin() as connection:
        fill(connection)
    with engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("BEGIN")
        yield connection
    engine.dispose()


def sound(connection, table, values):
    """The first row of a table, or that of the id among some values, as values."""
    query = select(table).order_by(*table.primary_key)
    if "id" in values:
        query = query.where(table.c.id == values["id"])
    return dict(connection.execute(query).first()._mapping)


def rows_of(connection, table, row):
    return Rows(table, row.keys(), lambda name: [row[name]], Stored(connection))


def test_every_rule_has_a_row_that_breaks_it_and_no_other(connection):
    assert RULES.keys() == BROKEN.keys() == schema.metadata.tables.keys()
    for name, ways in BROKEN.items():
        table, left = schema.metadata.tables[name], list(RULES[name])
        for values, words in ways:
            before = sound(connection, table, values)
            assert list(faults(rows_of(connection, table, before), before.keys())) == []
            row = before | values
            (broken,) = [rule for rule in RULES[name] if rule.wrong(rows_of(connection, table, row)).any()]
            ((_, said),) = faults(rows_of(connection, table, row), row.keys())
            assert words in said
            left.remove(broken)
        assert left == []


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_check_and_edits_name_a_row_that_breaks_a_rule(connection, name, way):
    table, (values, words) = schema.metadata.tables[name], BROKEN[name][way]
    before = sound(connection, table, values)
    with pytest.raises(StudioError) as refused:
        hold(rows_of(connection, table, before | values), values.keys())
    assert words in str(refused.value)
    key = [table.c[column.name] == before[column.name] for column in table.primary_key]
    saved = connection.begin_nested()
    connection.execute(table.update().where(*key).values(**values))
    said = integrity.problems(connection)
    saved.rollback()
    assert any(f"{words}." in one or (" names a " in one and "clip_id" in values) for one in said), said


@pytest.mark.parametrize(("name", "values"), MORE)
def test_other_ways_to_break_a_rule_are_named(connection, name, values):
    table = schema.metadata.tables[name]
    row = sound(connection, table, values) | values
    assert len(list(faults(rows_of(connection, table, row), values.keys()))) == 1


def _length(name, column):
    return getattr(schema.metadata.tables[name].c[column].type, "length", None) or 0


COLUMNS = [(table.name, column.name) for table in schema.metadata.sorted_tables for column in table.columns]


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_a_cell_of_another_type_is_named(connection, name, column):
    table = schema.metadata.tables[name]
    before = sound(connection, table, {})
    with pytest.raises(StudioError, match=f"has a {column} of the wrong type or size"):
        hold_values(table, [before | {column: object()}])
    key = table.primary_key.columns.keys()
    if key == [column]:
        return  # a number by which SQLite finds the row: it takes no other
    other = "7" if isinstance(table.c[column].type, LargeBinary) else "x'ff'"
    where = " AND ".join(f"{part} = {before[part]}" for part in key)
    saved = connection.begin_nested()
    connection.exec_driver_sql(f"UPDATE {name} SET {column} = {other} WHERE {where}")
    said = integrity.problems(connection)
    saved.rollback()
    wrong = " names a " if table.c[column].foreign_keys else "has a value of the wrong type"
    assert any(f"of table {name}" in one and wrong in one for one in said), said


@pytest.mark.parametrize(
    ("name", "column"),
    [(name, column) for name, column in COLUMNS if _length(name, column)],
)
def test_a_text_that_is_too_long_is_named(connection, name, column):
    table = schema.metadata.tables[name]
    row = sound(connection, table, {}) | {column: "x" * (_length(name, column) + 1)}
    with pytest.raises(StudioError, match=f"has a {column} of the wrong type or size"):
        hold_values(table, [row])


def test_json_that_python_cannot_read_is_said_to_be_damaged(connection):
    for text in ("[" * 900 + "]" * 900, f"[{'9' * 5000}]"):
        saved = connection.begin_nested()
        connection.exec_driver_sql("UPDATE provenance SET settings = ? WHERE id = 1", (text,))
        try:
            said = integrity.problems(connection)
        except DamagedError as error:
            said = [str(error)]
        saved.rollback()
        assert len(said) == 1


def test_a_step_of_the_history_that_is_none_is_not_turned_over(connection):
    for values in ({"table_name": "odd"}, {"row_keys": [[1, 2, 3]]}, {"row_keys": 5}, {"row_keys": [["x"]]}):
        saved = connection.begin_nested()
        connection.execute(schema.edit_rows.update().values(**values))
        with pytest.raises(DamagedError, match="of the history"):
            journal.undo(connection)
        saved.rollback()


def test_a_folder_whose_name_cannot_be_stored_is_refused_in_a_sentence(connection):
    clip = make_clip("c", Path("/data/\udcff"))
    saved = connection.begin_nested()
    with pytest.raises(StudioError, match=r"A new folder of frames has a path of the wrong type or size"):
        journal.perform(connection, AddClips([(clip, [])]))
    with pytest.raises(StudioError, match="a path of the wrong type"):
        store.relocate(connection, Path("/data"), Path("/\udcff"))
    saved.rollback()


def test_settings_that_json_cannot_hold_are_refused(connection):
    saved = connection.begin_nested()
    with pytest.raises(StudioError, match="A new record of a job has settings that cannot be read"):
        store.add_provenance(connection, "track", {"rate": math.nan}, "1")
    saved.rollback()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("frame", [0, 1, 2]),
        ("frame", [0, 2**31, 1]),
        ("frame", [0, -(2**31) - 1, 1]),
        ("frame", [0.0, 1.0, 2.0]),
        ("origin", [0, 9, 1]),
        ("x1", [0.0, math.nan, 1.0]),
        ("x1", [0, 1, 2]),
        ("x1", [False, True, False]),
        ("confidence", [0.5, math.inf, 1.0]),
        ("confidence", ["a", "b", "c"]),
    ],
)
def test_a_column_that_is_an_array_is_held_to_what_a_list_is(connection, name, values):
    table = schema.observation
    row = sound(connection, table, {}) | {"mask": None, "overlap": None, "x1": 0.0, "x2": 9.0}
    columns = {column: [value] * 3 for column, value in row.items()}

    def found(given):
        together = columns | {name: given}
        return list(faults(Rows(table, row.keys(), together.__getitem__, Stored(connection)), row.keys()))

    assert found(np.array(values)) == found(values)
