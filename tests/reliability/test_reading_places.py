"""Every place where the program reads what lies on disk is reached by mutants, or it is said why not."""

import contextlib
from pathlib import Path

import pytest

from core.errors import StudioError
from tests.reliability.attack import Skipped
from tests.reliability.places_not_attacked import NOT_ATTACKED
from tests.reliability.readers import READERS
from tests.reliability.reading_places import places, reached


def test_places_are_found_and_those_left_out_are_still_there():
    found = places()
    assert {"core.runs.waiting:furnish", "core.runs.run_notes:read_notes"} <= found
    assert not NOT_ATTACKED.keys() - found
    assert all(reason for reason in NOT_ATTACKED.values())


def test_what_some_work_reads_is_seen(tmp_path):
    from core.runs.run_notes import read_notes

    (tmp_path / "notes.json").write_text("{}")
    assert "core.runs.run_notes:read_notes" in reached(lambda: read_notes(tmp_path))
    assert not reached(dict)


@pytest.mark.slow
def test_every_place_that_reads_is_reached_by_mutants(tmp_path):
    made: dict[object, Path] = {}
    met = set[str]()
    for reader in sorted(READERS.values(), key=lambda one: not one.forks):  # before there are threads
        folder = made.get(reader.make)
        if folder is None:
            folder = made[reader.make] = tmp_path / str(len(made))
            folder.mkdir()
            with contextlib.suppress(Skipped):
                reader.make(folder)
        for path in sorted(one for one in folder.glob(reader.file) if one.is_file())[:1]:
            with contextlib.suppress(StudioError):
                met |= reached(lambda reader=reader, path=path: reader.read(path))
    assert not places() - met - NOT_ATTACKED.keys()
