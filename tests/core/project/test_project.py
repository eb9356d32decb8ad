"""Opening, closing and losing a project folder."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, ProgrammingError

from core.datasets.clip import Clip
from core.errors import StudioError
from core.project.project import Project
from core.trajectories import integrity, journal, store
from core.trajectories.backups import BACKUPS_KEPT, Backups
from core.trajectories.bulk_edits import AddClips


def a_clip(name="a"):
    return Clip(name=name, dataset="frames", width=8, height=6, root=Path("/data"), files=("0.png", "1.png"))


def add_clip(project, name="a"):
    with project.writing() as connection:
        journal.perform(connection, AddClips([(a_clip(name), [])]))


def names(project):
    with project.reading() as connection:
        return [clip.name for clip in store.clips(connection)]


@pytest.mark.parametrize("name", ["plain", "with space ü", "50%?#&x=1", "ends in .sqlite"])
def test_what_was_written_is_there_when_the_project_is_opened_again(tmp_path, name):
    with Project.create(tmp_path / name) as made:
        add_clip(made)
    assert {"project.toml", "annotations.sqlite", "runs", "cache", "backups", "exports"} <= set(
        os.listdir(tmp_path / name)
    )
    with Project.open(tmp_path / name) as opened:
        assert names(opened) == ["a"]
        assert opened.name == name


def test_a_project_needs_a_folder_that_is_empty(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(StudioError, match="not empty; choose an empty folder"):
        Project.create(tmp_path)
    with pytest.raises(StudioError, match="Cannot make a project"):
        Project.create(tmp_path / "holiday.jpg")


def test_what_a_failing_disk_left_of_a_project_is_in_nobodys_way(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "project.toml.ab9c9013.partial").touch()
    Project.create(tmp_path).close()
    assert not list(tmp_path.glob("*.partial"))


def test_a_folder_of_the_name_of_ours_that_holds_something_is_someone_elses(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "mine").touch()
    with pytest.raises(StudioError, match="not empty; choose an empty folder"):
        Project.create(tmp_path)


def test_what_is_no_project_is_refused(tmp_path):
    with pytest.raises(StudioError, match="is not a project"):
        Project.open(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("format = 99", "newer version"),
        ("format = 'x'", "format must be of type int"),
        ("location = 5", "names no format"),
        ("format = 1\nlocation = 5", "location must be of type Path"),
        ("format = 1\ndatabase = [1]", "database must be of type str"),
        ("form", "not a valid TOML"),
    ],
)
def test_a_project_file_that_does_not_fit_is_one_sentence(tmp_path, text, sentence):
    Project.create(tmp_path / "p").close()
    (tmp_path / "p" / "project.toml").write_text(text)
    with pytest.raises(StudioError, match=sentence):
        Project.open(tmp_path / "p")


def test_a_project_is_open_once(tmp_path):
    with Project.create(tmp_path / "p"), pytest.raises(StudioError, match="open in another window"):
        Project.open(tmp_path / "p")
    Project.open(tmp_path / "p").close()


def test_an_edit_that_fails_leaves_nothing(tmp_path):
    with Project.create(tmp_path / "p") as made:
        add_clip(made)
        with pytest.raises(StudioError, match="already has a clip"):
            add_clip(made)
        with made.reading() as connection:
            assert journal.revision(connection) == 1
            assert len(journal.history(connection)) == 1


def test_a_statement_that_is_wrong_is_a_bug_and_writes_nothing(tmp_path):
    with Project.create(tmp_path / "p") as made:
        with pytest.raises(IntegrityError), made.writing() as connection:
            connection.exec_driver_sql("INSERT INTO root (path) VALUES (NULL)")
        with pytest.raises(ProgrammingError), made.reading() as connection:
            connection.exec_driver_sql("SELECT ?", (1, 2))
        with made.reading() as connection:
            assert journal.history(connection) == []


def test_a_reader_sees_one_moment(tmp_path):
    with Project.create(tmp_path / "p") as made:
        add_clip(made, "a")
        with made.reading() as connection:
            assert journal.revision(connection) == 1
            add_clip(made, "b")
            assert [clip.name for clip in store.clips(connection)] == ["a"]
        assert names(made) == ["a", "b"]


def test_every_connection_has_the_settings_that_keep_data(tmp_path):
    with Project.create(tmp_path / "p") as made, made.reading() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "mmap_size")
        ]
        assert found[:3] == ["wal", 2, 1]
        assert found[3] in (0, None)


def test_closing_backs_up_what_changed_and_keeps_ten(tmp_path):
    backups = tmp_path / "p" / "backups"
    Project.create(tmp_path / "p").close()
    for k in range(12):
        with Project.open(tmp_path / "p") as opened:
            add_clip(opened, f"c{k:02}")
    assert len(list(backups.glob("*.sqlite"))) == BACKUPS_KEPT
    newest = max(backups.iterdir())
    Project.open(tmp_path / "p").close()
    assert max(backups.iterdir()) == newest
    (tmp_path / "p" / "annotations.sqlite").unlink()
    with pytest.raises(StudioError, match=r"missing; put the newest file"):
        Project.open(tmp_path / "p")
    newest.rename(tmp_path / "p" / "annotations.sqlite")
    with Project.open(tmp_path / "p") as opened:
        assert len(names(opened)) == 12


def test_a_backup_that_cannot_be_read_does_not_end_all_backups(tmp_path):
    with Project.create(tmp_path / "p") as made:
        add_clip(made)
    backups = tmp_path / "p" / "backups"
    (damaged,) = backups.iterdir()
    damaged.write_bytes(b"not a database" * 500)
    Project.open(tmp_path / "p").close()
    newest = max(backups.iterdir())
    assert newest != damaged
    newest.replace(tmp_path / "p" / "annotations.sqlite")
    with Project.open(tmp_path / "p") as opened:
        assert names(opened) == ["a"]


def test_what_a_killed_backup_left_goes_with_the_next(tmp_path):
    with Project.create(tmp_path / "p") as made:
        add_clip(made)
        (tmp_path / "p" / "backups" / "20260101T000000-close.partial").write_bytes(b"SQLite")
    assert [path.suffix for path in (tmp_path / "p" / "backups").iterdir()] == [".sqlite"]


def test_another_edit_after_a_restore_is_backed_up_though_its_number_came_before(tmp_path):
    database, backups = tmp_path / "p" / "annotations.sqlite", tmp_path / "p" / "backups"
    with Project.create(tmp_path / "p") as made:
        add_clip(made, "a")
    (with_a,) = backups.iterdir()
    kept = with_a.read_bytes()
    for name in ("b", "c"):
        with Project.open(tmp_path / "p") as opened:
            add_clip(opened, name)
        newest = max(backups.iterdir())
        with contextlib.closing(sqlite3.connect(newest)) as connection:
            assert connection.execute("SELECT name FROM clip ORDER BY id").fetchall() == [("a",), (name,)]
        database.write_bytes(kept)


@pytest.mark.parametrize("damage", ["text", "cut", "garbled", "foreign", "newer"])
def test_a_damaged_database_is_one_sentence_and_is_left_as_it_was(tmp_path, damage):
    with Project.create(tmp_path / "p") as made:
        for k in range(40):
            add_clip(made, f"c{k}")
    database = tmp_path / "p" / "annotations.sqlite"
    good = database.read_bytes()
    if damage == "text":
        database.write_bytes(b"not a database" * 500)
    elif damage == "cut":
        database.write_bytes(good[: len(good) // 2])
    elif damage == "garbled":
        database.write_bytes(good[:4096] + b"\xa5" * 8192 + good[12288:])
    else:
        with sqlite3.connect(database) as connection:
            statement = (
                "PRAGMA application_id=7"
                if damage == "foreign"
                else "UPDATE alembic_version SET version_num='9'"
            )
            connection.execute(statement)
        connection.close()
    bad = database.read_bytes()
    with pytest.raises(StudioError, match=r"backups/|newer than this program"):
        Project.open(tmp_path / "p")
    assert database.read_bytes() == bad
    database.write_bytes(good)
    Project.open(tmp_path / "p").close()


def test_a_damaged_copy_is_not_kept_as_a_backup(tmp_path):
    with Project.create(tmp_path / "p") as made:
        for k in range(40):
            add_clip(made, f"c{k}")
    database = tmp_path / "p" / "annotations.sqlite"
    kept = sorted((tmp_path / "p" / "backups").iterdir())
    good = database.read_bytes()
    database.write_bytes(good[:8192] + b"\xa5" * 8192 + good[16384:])
    with pytest.raises(sqlite3.DatabaseError):
        Backups(database, tmp_path / "p" / "backups").make("test")
    assert sorted((tmp_path / "p" / "backups").iterdir()) == kept


def test_a_database_that_is_damaged_while_it_is_open_is_one_sentence(tmp_path):
    with Project.create(tmp_path / "p") as made:
        add_clip(made)
        made.engine.dispose()
        (tmp_path / "p" / "annotations.sqlite").write_text("not a database" * 500)
        with pytest.raises(
            StudioError,
            match=r"cannot be read \(.*\); close the project and restore it from a copy of your own",
        ):
            names(made)


WRITER = """
import sys
import numpy as np
from pathlib import Path
from core.project.project import Project
from core.trajectories import journal
from core.trajectories.observation_edits import AddObject
with Project.open(Path(sys.argv[1])) as project:
    for k in range(10_000):
        with project.writing() as connection:
            journal.perform(connection, AddObject(1, str(k), 0, np.array([0, 0, 1, 1])))
        print(k, flush=True)
"""


def test_an_acknowledged_edit_survives_a_killed_program(tmp_path):
    with Project.create(tmp_path / "p") as made:
        add_clip(made)
    for round in range(3):
        command = [sys.executable, "-c", WRITER, str(tmp_path / "p")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            seen = [int(next(writer.stdout)) for _ in range(5 + 7 * round)]
            writer.send_signal(signal.SIGKILL)
            seen += [int(line) for line in writer.stdout if line.endswith("\n")]
        with Project.open(tmp_path / "p") as opened, opened.reading() as connection:
            labels = [one.label for one in store.objects(connection, 1)]
            start = (
                labels.index("0") if round == 0 else max(k for k, text in enumerate(labels) if text == "0")
            )
            assert [int(text) for text in labels[start:]][: len(seen)] == seen
            assert integrity.problems(connection) == []
            assert len(journal.history(connection, 10_000)) == len(labels) + 1


def test_frames_inside_a_project_are_found_again_when_it_is_copied_or_moved(tmp_path):
    frames = tmp_path / "first" / "sample" / "clips"
    with Project.create(tmp_path / "first") as made:
        frames.mkdir(parents=True)
        inside = Clip(name="in", dataset="frames", width=8, height=6, root=frames, files=("0.png",))
        with made.writing() as connection:
            journal.perform(connection, AddClips([(inside, []), (a_clip("out"), [])]))
    shutil.copytree(tmp_path / "first", tmp_path / "copy")
    (tmp_path / "first").rename(tmp_path / "moved")

    for place in ("copy", "moved", "moved"):
        with Project.open(tmp_path / place) as again, again.reading() as connection:
            roots = {clip.name: clip.root for clip in store.clips(connection)}
        assert roots == {"in": tmp_path / place / "sample" / "clips", "out": Path("/data")}


def test_a_damaged_database_names_the_newest_backup_and_its_age(tmp_path):
    Project.create(tmp_path / "p").close()
    database, backups = tmp_path / "p" / "annotations.sqlite", tmp_path / "p" / "backups"
    (backup,) = backups.glob("*.sqlite")
    newer = backup.with_name("20260102T120000000000-close.sqlite")
    older = backup.with_name("20251231T120000000000-close.sqlite")
    backup.rename(newer)
    older.write_bytes(newer.read_bytes())
    database.write_bytes(b"no database at all" * 500)
    with pytest.raises(
        StudioError, match=rf"is damaged .*its place: {newer.name}, of 0[123] January, \d\d:00"
    ):
        Project.open(tmp_path / "p")
    for one in (newer, older):
        one.unlink()
    with pytest.raises(StudioError, match="since its folder backups/ is empty"):
        Project.open(tmp_path / "p")
