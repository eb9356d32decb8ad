"""Versions of the database, made and raised by Alembic."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from core.errors import StudioError
from core.trajectories import schema


def upgrade(engine: Engine, back_up: Callable[[], object]) -> None:
    """Bring a database to the version of this program; a new one gets all tables.

    Args:
        engine: the database.
        back_up: called before an existing database is changed.

    Raises:
        StudioError: the database was written by a newer version of this program.
    """
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current == schema.VERSION:
            return
        new = not inspect(connection).has_table("clip")
    settings = Config()
    here = str(Path(__file__).parent).replace("%", "%%")  # it is a format to alembic
    settings.set_main_option("script_location", here)
    known = {script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()}
    if current is not None and current not in known:
        raise StudioError(
            f"The project's database has version {current}, newer than this program's {schema.VERSION}; "
            "update the program to open it."
        )
    if not new:
        back_up()
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, schema.VERSION)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id={schema.APPLICATION_ID}")
