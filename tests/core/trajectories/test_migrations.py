import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect

import core
from core.errors import StudioError
from core.trajectories import migrations, schema
from core.trajectories.sqlite_file import SqliteFile


@pytest.fixture
def engine(tmp_path):
    engine = SqliteFile(tmp_path / "a.sqlite", tmp_path / "backups").connect()
    yield engine
    engine.dispose()


def described(engine):
    """Every table with its columns, keys and indexes, by name."""
    look = inspect(engine)
    return {
        name: (
            sorted((c["name"], repr(c["type"]), c["nullable"]) for c in look.get_columns(name)),
            look.get_pk_constraint(name)["constrained_columns"],
            sorted((k["constrained_columns"], k["referred_table"]) for k in look.get_foreign_keys(name)),
            sorted(i["column_names"] for i in look.get_indexes(name)),
            sorted(u["column_names"] for u in look.get_unique_constraints(name)),
        )
        for name in look.get_table_names()
        if name not in ("alembic_version", "sqlite_sequence")
    }


def statements(engine):
    with engine.connect() as connection:
        query = "SELECT name, sql LIKE '%AUTOINCREMENT%', sql LIKE '%WITHOUT ROWID%' FROM sqlite_master"
        return {row for row in connection.exec_driver_sql(query) if row[0] in schema.metadata.tables}


def test_the_migrations_make_what_the_schema_says(engine, tmp_path):
    migrations.upgrade(engine, lambda: None)
    other = SqliteFile(tmp_path / "b.sqlite", tmp_path / "backups").connect()
    schema.metadata.create_all(other)
    assert described(engine) == described(other)
    assert statements(engine) == statements(other)
    other.dispose()


def test_a_program_in_a_folder_with_an_odd_name_makes_projects(tmp_path):
    folder = tmp_path / "50% off %(here)s"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(core.__file__).parent, folder / "core", ignore=ignore)
    code = (
        "import sys, pathlib; from core.project.project import Project\n"
        "Project.create(pathlib.Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "project")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "project" / "annotations.sqlite").stat().st_size > 0


def test_a_new_database_is_ours_and_is_not_backed_up(engine):
    made = []
    migrations.upgrade(engine, lambda: made.append("backup"))
    migrations.upgrade(engine, lambda: made.append("backup"))
    assert made == []
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA application_id").scalar() == schema.APPLICATION_ID


def test_an_older_database_is_backed_up_first(engine):
    migrations.upgrade(engine, lambda: None)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
        for name in reversed(schema.metadata.sorted_tables):
            if name.name != "clip":
                connection.exec_driver_sql(f"DROP TABLE {name.name}")
    made = []

    def fail_after_backup():
        made.append("backup")
        raise StudioError("The disk is full.")

    with pytest.raises(StudioError, match="The disk is full"):
        migrations.upgrade(engine, fail_after_backup)
    assert made == ["backup"]


def test_a_newer_database_is_refused_with_both_versions(engine):
    migrations.upgrade(engine, lambda: None)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num='9999'")
    with pytest.raises(StudioError, match=f"version 9999, newer than this program's {schema.VERSION}"):
        migrations.upgrade(engine, lambda: None)


def test_a_migration_that_breaks_off_leaves_the_database_as_it_was(engine, tmp_path):
    """A table in the way makes the first migration fail after it made others."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE journal (x)")
    with pytest.raises(Exception, match="already exists"):
        migrations.upgrade(engine, lambda: None)
    engine.dispose()
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
    connection.close()
    assert names == ["journal"]
