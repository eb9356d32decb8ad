"""Copies of the database: of one moment, whole or not there, bounded, whatever the clock says."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import PurePosixPath, PureWindowsPath
from types import SimpleNamespace

import numpy as np
import pytest

from core.datasets.clip import Clip
from core.errors import StudioError
from core.project.project import Project
from core.trajectories import backup_process, integrity, journal, store
from core.trajectories.backups import BACKUPS_KEPT, Backups, address, last_step
from core.trajectories.bulk_edits import AddClips
from core.trajectories.damage import DamagedError
from core.trajectories.observation_edits import AddObject
from core.trajectories.sqlite_file import SMALL
from core.version import ROOT
from tests.bad_disks import full_disk


@pytest.fixture
def project(tmp_path):
    clip = Clip(name="a", dataset="frames", width=8, height=6, root=tmp_path, files=("0.png", "1.png"))
    with Project.create(tmp_path / "p") as made:
        with made.writing() as connection:
            journal.perform(connection, AddClips([(clip, [])]))
        yield made


def edit(project, label="x"):
    with project.writing() as connection:
        journal.perform(connection, AddObject(1, label, 0, np.array([0, 0, 1, 1])))


def grow(project, size=SMALL + (8 << 20)):
    """Make the file large, by something that no edit made."""
    with project.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE padding (bytes BLOB)")
        for _ in range(size >> 22):
            connection.exec_driver_sql("INSERT INTO padding VALUES (zeroblob(4194304))")
    with project.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def labels(database):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        query = "SELECT label FROM trajectory ORDER BY id"
        return [label for (label,) in connection.execute(query)]


def wait_until(is_so, seconds=240.0):
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_the_one_just_made_is_kept_and_the_newest_whatever_the_clock_says(project):
    backups = project.database.backups
    edit(project, "first")
    ahead = backups.make("close")
    by_older_program = ahead.with_name("20360101T120000000000-close.sqlite")
    ahead.rename(by_older_program)
    assert backups.all()[-1].path == by_older_program
    made = []
    for k in range(BACKUPS_KEPT + 2):
        edit(project, str(k))
        made.append(backups.make("close"))
        found = backups.all()
        assert found[-1].path == made[-1]
        assert made[-1].exists()
        assert labels(made[-1])[-1] == str(k)
        if k == 3:  # the clock was ten years ahead for a while
            later = made[-1].name.replace("-20", "-30", 1)
            made[-1] = made[-1].rename(made[-1].with_name(later))
    assert [one.path for one in backups.all()] == made[-BACKUPS_KEPT:]
    assert not by_older_program.exists()
    assert [one.revision for one in backups.all()] == list(range(5, 15))
    project.engine.dispose()
    project.database.path.write_bytes(made[5].read_bytes())  # what came after that is given up
    edit(project, "another")
    newest = backups.make("close")
    assert backups.all()[-1].path == newest
    assert backups.all()[-1].revision < backups.all()[-2].revision


def test_they_keep_within_their_size_but_for_the_newest(project):
    backups = project.database.backups
    for k in range(3):
        edit(project, str(k))
        newest = backups.make("close")
    backups.megabytes = 2.5 * newest.stat().st_size / 1e6
    edit(project)
    newest = backups.make("close")
    assert len(backups.all()) == 2
    backups.megabytes = 0
    edit(project)
    newest = backups.make("close")
    assert [one.path for one in backups.all()] == [newest]


def test_a_copy_is_of_one_moment_and_holds_no_edit_up(project, monkeypatch):
    grow(project)
    backups, rests = Backups(project.database.path, project.path / "backups"), []

    def rest(seconds):
        edit(project, f"during {len(rests)}")
        rests.append(seconds)

    monkeypatch.setattr("core.trajectories.backups.time", SimpleNamespace(sleep=rest))
    edit(project, "before")
    before = last_step(project.database.path)
    made = backups.make("leisure", pause=0.01)
    edits = len(rests)
    assert edits > 10
    assert set(rests) == {0.01}
    copied = labels(made)
    assert copied[0] == "before"
    assert copied == labels(project.database.path)[: len(copied)]
    assert before[0] <= last_step(made)[0] == backups.all()[-1].revision < before[0] + edits
    target = project.path / "restored.sqlite"
    made.rename(target)
    with contextlib.closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert backups.is_due()


def test_closing_a_large_project_waits_for_no_backup_and_it_opens_meanwhile(project):
    grow(project)
    edit(project, "last")
    backups = project.database.backups
    with backups._alone():  # so that none can be made meanwhile
        project.close()
    with Project.open(project.path) as again:
        edit(again, "later")
        wait_until(lambda: backups.all() and not list(backups.folder.glob("*.partial")))
        assert labels(backups.all()[0].path)[0] == "last"
    wait_until(lambda: not backups.is_due())
    assert labels(backups.all()[-1].path) == ["last", "later"]
    with Project.open(project.path) as again, again.reading() as connection:
        assert [one.label for one in store.objects(connection, 1)] == ["last", "later"]
        assert integrity.problems(connection) == []


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_a_killed_backup_leaves_nothing_that_looks_like_one(project):
    grow(project)
    edit(project)
    backups = project.database.backups
    code = "import sys; from pathlib import Path; from core.trajectories.backups import Backups"
    code += "; Backups(Path(sys.argv[1]), Path(sys.argv[2])).make('background', pause=3600)"
    command = [sys.executable, "-c", code, project.database.path, backups.folder]
    with subprocess.Popen(command, cwd=ROOT) as process:
        wait_until(lambda: list(backups.folder.glob("*.partial")))
        process.kill()
    assert not backups.all()
    process = backup_process.start(project.database.path, backups)
    assert process.wait() == 0
    assert len(backups.all()) == 1
    assert not list(backups.folder.glob("*.partial"))


def test_a_full_disk_is_one_sentence_and_the_project_stays_usable(project):
    edit(project, "kept")
    with full_disk(largest=16 << 10):
        project.close()
    backups = project.database.backups
    assert not backups.all()
    assert not list(backups.folder.glob("*.partial"))
    assert backups.failure.startswith("No backup could be made (")
    with Project.open(project.path) as again:
        edit(again, "more")
    assert backups.failure == ""
    assert labels(backups.all()[-1].path) == ["kept", "more"]


def test_a_large_file_is_not_read_whole_and_its_damage_is_found_by_the_backup(project):
    grow(project)
    edit(project)
    project.close()
    backups, path = project.database.backups, project.database.path
    wait_until(lambda: not backups.is_due())
    good = path.read_bytes()
    with open(path, "r+b") as file:  # a leaf of the table of tracks
        with contextlib.closing(sqlite3.connect(path)) as connection:
            query = "SELECT rootpage FROM sqlite_master WHERE name='observation'"
            page = connection.execute(query).fetchone()[0]
        file.seek(4096 * (page - 1))
        file.write(b"\xa5" * 4096)
    Project.open(project.path).close()
    with pytest.raises(sqlite3.DatabaseError):
        backups.make("test")
    assert len(backups.all()) == 1
    path.write_bytes(good[: SMALL + 4096])
    with pytest.raises(DamagedError, match=r"is damaged .*put the newest file of its folder backups/"):
        Project.open(project.path)
    path.write_bytes(good)
    Project.open(project.path).close()


def test_a_schema_that_is_no_text_is_damage(project):
    project.close()
    path = project.database.path
    good = path.read_bytes()
    at = good.index(b"CREATE TABLE clip")
    path.write_bytes(good[:at] + b"\xff\xfe" + good[at + 2 :])
    with pytest.raises(StudioError, match="is damaged"):
        Project.open(project.path)
    path.write_bytes(good)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (PurePosixPath("/a/b.sqlite"), "file:///a/b.sqlite?mode=ro"),
        (PurePosixPath("/50% #1?/b"), "file:///50%25%20%231%3F/b?mode=ro"),
        (PureWindowsPath(r"C:\a\b.sqlite"), "file:///C:/a/b.sqlite?mode=ro"),
        (PureWindowsPath(r"\\server\share\a"), "file:////server/share/a?mode=ro"),
    ],
)
def test_a_path_becomes_an_address_that_names_no_host(path, expected):
    """SQLite refuses hosts; it reads a share of Windows after four slashes (sqlite.org/uri.html, 3.1)."""
    assert address(path, "ro") == expected


def test_the_last_step_is_read_in_a_folder_of_any_name(tmp_path):
    with Project.create(tmp_path / "50% #1? é") as made:
        clip = Clip(name="a", dataset="frames", width=8, height=6, root=tmp_path, files=("0.png",))
        with made.writing() as connection:
            journal.perform(connection, AddClips([(clip, [])]))
        assert last_step(made.database.path)[0] == 1


def test_edits_go_to_the_disk_itself_on_macos_too(project):
    with project.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA fullfsync").scalar() == 1
