"""A project made by revision c46a0da (release 0.1, database version 0001), kept as `made_by_c46a0da.zip`.

It holds the clips of `tests.core.trajectories.small_database`, an accepted object, two steps that were
undone (another annotator for `a`; the import of a clip `c`), and a pretraining run that was not started.
"""

import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from core.datasets.clip import Use
from core.pretraining.config import PretrainConfig
from core.project.project import Project
from core.runs.edits_since import edits_since
from core.runs.run_folder import RunFolder
from core.trajectories import integrity, journal, steps, store
from core.trajectories.dismissals import Dismiss, dismissed
from core.trajectories.model import Review
from core.trajectories.snapshot import read_snapshot


@pytest.fixture
def old(tmp_path) -> Path:
    with zipfile.ZipFile(Path(__file__).with_name("made_by_c46a0da.zip")) as archive:
        archive.extractall(tmp_path / "old")
    return tmp_path / "old"


def version(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_it_opens_after_a_backup_and_all_its_clips_train(old):
    assert version(old / "annotations.sqlite") == "0001"
    with Project.open(old) as project, project.reading() as connection:
        found = {one.clip.name: one for one in store.summaries(connection)}
        assert integrity.problems(connection) == []
    assert {name: one.clip.use for name, one in found.items()} == {"a": Use.TRAIN, "b": Use.TRAIN}
    assert [(one.objects, one.points, one.accepted) for one in found.values()] == [(2, 4, 1), (1, 0, 0)]
    for one in found.values():
        assert (one.clip.start, one.clip.step, one.clip.upright) == (0, 1, False)  # all frames, as stored
    backups = sorted((old / "backups").glob("*before-migration.sqlite"))
    assert [version(path) for path in backups] == ["0001"]
    assert version(old / "annotations.sqlite") == "0004"
    with Project.open(old):
        pass
    assert sorted((old / "backups").glob("*before-migration.sqlite")) == backups


def test_steps_that_were_undone_before_are_done_again_and_those_done_are_taken_back(old):
    with Project.open(old) as project:
        for text in ("Use annotator 2", "Import c"):
            with project.writing() as connection:
                assert journal.redoable(connection).text == text
                journal.redo(connection)
        with project.reading() as connection:
            assert {clip.name: clip.use for clip in store.clips(connection)} == dict.fromkeys(
                "abc", Use.TRAIN
            )
            assert {(clip.start, clip.step, clip.upright) for clip in store.clips(connection)} == {
                (0, 1, False)
            }
            assert store.clip(connection, "a").annotator == 1
            assert integrity.problems(connection) == []
        for _ in range(3):
            with project.writing() as connection:
                journal.undo(connection)
        with project.reading() as connection:
            a, _ = store.clips(connection)
            assert (a.use, a.annotator) == (Use.TRAIN, 0)
            assert {one.review for one in store.objects(connection, a.id)} == {Review.OPEN}


def test_what_a_job_brought_in_then_is_not_what_undo_takes_back(old):
    with Project.open(old) as project, project.reading() as connection:
        jobs = {entry.text: entry.by_job for entry in journal.history(connection)}
        last = steps.last_by_person(connection)
    assert jobs.pop("Track 4 points")
    assert not any(jobs.values())
    assert last is not None
    assert last.text.startswith("Accept")


def test_its_run_is_read_with_the_share_that_was_held_out(old):
    (path,) = (old / "runs").iterdir()
    folder = RunFolder.open(path)
    assert folder.settings_as_written()["held_out"] == 0.25
    settings = folder.settings(PretrainConfig)
    assert (settings.held_out, settings.split_seed, settings.seed, settings.regime) == ("0.25", 0, 3, "obj")
    snapshot = read_snapshot(folder.snapshot)
    assert [(one.clip.name, one.clip.use) for one in snapshot.clips] == [("a", Use.TRAIN), ("b", Use.TRAIN)]
    assert [len(one.points) for one in snapshot.clips] == [4, 0]
    assert {(one.clip.start, one.clip.step, one.clip.upright) for one in snapshot.clips} == {(0, 1, False)}


def test_edits_since_its_run_are_told_and_something_can_be_dismissed(old):
    with Project.open(old) as project:
        (path,) = (path.parent for path in (old / "runs").glob("*/config.toml"))
        assert edits_since(RunFolder(path), project) == "no edits since"
        with project.writing() as connection:
            clip = store.clip(connection, "a")
            journal.perform(connection, Dismiss(clip.id, "a cut", {"what": "cut"}))
        with project.reading() as connection:
            assert dismissed(connection) == [{"what": "cut"}]
        assert edits_since(RunFolder(path), project) == "1 edit since"
    with Project.open(old) as project, project.reading() as connection:
        assert dismissed(connection) == [{"what": "cut"}]
