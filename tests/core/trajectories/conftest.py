"""A filled database for each test."""

import itertools

import pytest

from core.trajectories import migrations
from core.trajectories.sqlite_file import SqliteFile
from tests.core.trajectories.small_database import fill


@pytest.fixture
def new_database(tmp_path):
    """Makes an engine on a fresh, filled database."""
    numbers = itertools.count()

    def make():
        engine = SqliteFile(tmp_path / f"{next(numbers)}.sqlite", tmp_path / "backups").connect()
        migrations.upgrade(engine, lambda: None)
        with engine.begin() as connection:
            fill(connection)
        engines.append(engine)
        return engine

    engines = []
    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture
def connection(new_database):
    """A connection to a filled database, in one transaction."""
    with new_database().connect() as connection:
        yield connection
