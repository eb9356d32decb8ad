"""Versions of the database: one of this program's is told at a glance, others are raised by Alembic."""

from collections.abc import Callable

from sqlalchemy import Connection, Engine, inspect, text

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
        if _versions(connection) == [schema.VERSION]:
            return
    from core.trajectories.migrations.raising import raise_version  # Alembic loads for as long as numpy twice

    raise_version(engine, back_up)


def _versions(connection: Connection) -> list[str]:
    """What the database says; it is one version, unless somebody else wrote it."""
    if not inspect(connection).has_table("alembic_version"):
        return []
    return list(connection.scalars(text("SELECT version_num FROM alembic_version")))
