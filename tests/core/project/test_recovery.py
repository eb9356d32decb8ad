"""A damaged database: which backup is offered, what is lost with it, and that nothing is thrown away."""

import contextlib
import os

import numpy as np
import pytest

from core import cli
from core.datasets.clip import Clip
from core.errors import StudioError
from core.project import recovery
from core.project.project import Project
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.damage import DamagedError
from core.trajectories.observation_edits import AddObject


def edit(project, label):
    with project.writing() as connection:
        journal.perform(connection, AddObject(1, label, 0, np.array([0, 0, 1, 1])))


def labels(path):
    with Project.open(path) as project, project.reading() as connection:
        return [one.label for one in store.objects(connection, 1)]


@pytest.fixture
def path(tmp_path):
    """A project with two backups, of one edit and of two, and two edits after them."""
    clip = Clip(name="a", dataset="frames", width=8, height=6, root=tmp_path, files=("0.png", "1.png"))
    with Project.create(tmp_path / "p") as made, made.writing() as connection:
        journal.perform(connection, AddClips([(clip, [])]))
    with Project.open(tmp_path / "p") as made:
        edit(made, "backed up")
    with Project.open(tmp_path / "p") as made:
        edit(made, "later")
        edit(made, "last")
    newest = made.database.backups.all()[-1].path
    newest.unlink()
    return tmp_path / "p"


def damage(path, at=0, length=64):
    database = path / "annotations.sqlite"
    with open(database, "r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * length)


def test_the_newest_whole_backup_is_offered_and_the_damaged_file_kept(path):
    size = (path / "annotations.sqlite").stat().st_size
    damage(path, at=size - 4096, length=4096)  # its last page: the journal can still be read
    bad = (path / "annotations.sqlite").read_bytes()
    with pytest.raises(DamagedError, match="the command restore does that"):
        Project.open(path)
    offered = recovery.found(path)
    assert offered.lost == 2
    assert "2 edits came after it" in str(offered)
    kept = recovery.restore(offered)
    assert kept.read_bytes() == bad
    assert labels(path) == ["backed up"]
    damage(path)
    again = recovery.found(path)
    assert again.lost is None
    assert "the damaged file does not say" in str(again)
    assert recovery.restore(again) != kept
    assert kept.exists()
    assert labels(path) == ["backed up"]


def test_a_damaged_backup_is_passed_over(path):
    newest = sorted((path / "backups").iterdir())[-1]
    newest.write_bytes(newest.read_bytes()[:9000])
    damage(path)
    offered = recovery.found(path)
    assert offered.passed_over == 1
    assert "1 newer one is damaged, too" in str(offered)
    recovery.restore(offered)
    assert labels(path) == []
    for backup in (path / "backups").iterdir():
        backup.write_bytes(b"nothing")
    damage(path)
    assert recovery.found(path) is None


def test_edits_that_lay_beside_the_damaged_file_are_not_read_into_the_backup(path):
    database = path / "annotations.sqlite"
    with Project.open(path) as project:
        edit(project, "in the log")
        left = {end: (path / f"annotations.sqlite{end}").read_bytes() for end in ("", "-wal", "-shm")}
    for backup in sorted((path / "backups").iterdir())[2:]:
        backup.unlink()
    for end, data in left.items():
        (path / f"annotations.sqlite{end}").write_bytes(data)
    damage(path)
    recovery.restore(recovery.found(path))
    assert labels(path) == ["backed up"]
    assert (path / "annotations.damaged-1.sqlite-wal").read_bytes() == left["-wal"]
    assert not os.path.exists(f"{database}-wal")


def test_a_project_that_is_open_is_not_restored(path):
    offered = recovery.found(path)
    with Project.open(path), pytest.raises(StudioError, match="is open in another window or command"):
        recovery.restore(offered)


def test_a_missing_database_is_restored(path):
    (path / "annotations.sqlite").unlink()
    with pytest.raises(DamagedError, match="is missing"):
        Project.open(path)
    assert recovery.restore(recovery.found(path)) is None
    assert labels(path) == ["backed up"]


def test_a_restoring_that_was_killed_half_way_is_done_again(path):
    damage(path)
    recovery._set_aside(path / "annotations.sqlite", contextlib.ExitStack())  # and then no more
    with pytest.raises(DamagedError, match="is missing; put the newest file of its folder backups/"):
        Project.open(path)
    assert recovery.restore(recovery.found(path)) is None
    assert labels(path) == ["backed up"]
    assert (path / "annotations.damaged-1.sqlite").exists()


def test_the_command_restores_what_is_damaged_and_nothing_else(path, capsys):
    assert cli.main(["restore", "--project", str(path)]) == 1
    assert "can be opened; `check` reads all of it" in capsys.readouterr().err
    damage(path)
    assert cli.main(["info", "--project", str(path)]) == 1
    assert "the command restore does that" in capsys.readouterr().err
    assert cli.main(["restore", "--project", str(path)]) == 0
    assert "the damaged file is kept as annotations.damaged-1.sqlite." in capsys.readouterr().out
    assert labels(path)[0] == "backed up"


@pytest.mark.parametrize("held", [".sqlite", ".partial"])
def test_a_restore_of_which_a_renaming_fails_leaves_everything_where_it_was(path, monkeypatch, held):
    """The database, held by another program as on Windows; or its backup, on a disk that fails then."""
    damage(path)
    log = path / "annotations.sqlite-wal"
    log.write_bytes(b"edits")
    before, replace = (path / "annotations.sqlite").read_bytes(), os.replace

    def refused(source, target):
        if os.fspath(source).endswith(held):
            raise PermissionError(13, "Permission denied", source)
        replace(source, target)

    offered = recovery.found(path)
    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(StudioError, match="cannot be put in place"):
        recovery.restore(offered)
    assert (path / "annotations.sqlite").read_bytes() == before
    assert log.read_bytes() == b"edits"
    assert not list(path.glob("annotations.damaged*"))
    assert not list(path.glob("*.partial"))
