"""One process at a time has a project open, whatever is done to its files; real processes hold it."""

import contextlib
import json
import subprocess
import sys
import threading

import pytest

import main
from core.errors import StudioError
from core.file_holder import HeldError
from core.project.project import Project
from core.trajectories import journal, store
from core.trajectories.bulk_edits import AddClips
from core.version import ROOT
from tests.small_data import write_davis

ON_LINUX = sys.platform.startswith("linux")

OPEN_IT = """
import sys
from pathlib import Path
from core.project.project import Project
with Project.open(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""

HOLD_THE_FILE = """
import filelock, sys
with filelock.FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""

LOCK_IT = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
connection.rollback()
"""


@pytest.fixture
def project(tmp_path):
    Project.create(tmp_path / "clips").close()
    return tmp_path / "clips"


@contextlib.contextmanager
def another(program, path):
    """A process that holds something until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        try:
            yield process
        finally:
            process.communicate()


def add_nothing(project):
    with project.writing() as connection:
        journal.perform(connection, AddClips(()))


def test_the_process_that_has_it_open_is_named(project):
    with another(OPEN_IT, project) as process:
        with pytest.raises(HeldError, match="is open in another window or command; close it there") as found:
            Project.open(project)
        assert (f"(process {process.pid}: " in str(found.value)) == ON_LINUX
    Project.open(project).close()


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is held cannot be deleted there")
def test_who_deletes_the_lock_lets_nobody_in_and_it_is_there_again_with_the_next_edit(project):
    with another(OPEN_IT, project):
        (project / "lock").unlink()
        with pytest.raises(HeldError):
            Project.open(project)
    with Project.open(project) as opened:
        (project / "lock").unlink()
        add_nothing(opened)
        assert (project / "lock").exists()
    Project.open(project).close()


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is held cannot be deleted there")
def test_nothing_is_written_beside_an_older_program_that_came_in_by_a_deleted_lock(project):
    """Older programs hold the file alone."""
    with Project.open(project) as opened:
        before = opened.database.backups.is_due()
        (project / "lock").unlink()
        with another(HOLD_THE_FILE, project / "lock"), pytest.raises(HeldError, match="close it there"):
            add_nothing(opened)
        assert opened.database.backups.is_due() == before
        add_nothing(opened)


def test_a_folder_that_is_gone_is_said(project):
    opened = Project.open(project)
    try:
        moved = project.rename(project.with_name("moved"))
        with pytest.raises(StudioError, match="see where its folder is"):
            add_nothing(opened)
    finally:
        moved.rename(project)
        opened.close()


def test_who_holds_the_database_is_said_and_the_edit_is_not_there(project):
    with Project.open(project) as opened:
        with another(LOCK_IT, project / "annotations.sqlite") as process:
            with (
                pytest.raises(HeldError, match="not saved, since another program holds") as found,
                opened.writing(patience=0.0),
            ):
                pytest.fail("this is not to be reached")
            assert (f"process {process.pid}: " in str(found.value)) == ON_LINUX
        add_nothing(opened)


def test_a_database_that_is_held_is_not_opened_and_no_disk_is_blamed(project):
    found = pytest.raises(HeldError, match="cannot be opened, since another program holds")
    with another(LOCK_IT, project / "annotations.sqlite"), found:
        Project.open(project)


def test_a_command_waits_for_another_and_says_so(project, capsys):
    opened = Project.open(project)
    closer = threading.Timer(0.5, opened.close)
    closer.start()
    try:
        assert main.main(["info", "--project", str(project), "--json", "-"]) == 0
    finally:
        closer.join()
    output = capsys.readouterr()
    assert json.loads(output.out)["clips"] == []
    (line,) = output.err.splitlines()
    assert line.endswith("Waiting up to 10 s for that.")


def test_two_commands_that_begin_together_are_both_done(tmp_path):
    clips = write_davis(tmp_path / "DAVIS", ("ape",)), write_davis(tmp_path / "MORE", ("bear",))
    Project.create(tmp_path / "p").close()
    both = [
        subprocess.Popen([sys.executable, "main.py", "import", source, "--project", tmp_path / "p"], cwd=ROOT)
        for source in clips
    ]
    assert [process.wait() for process in both] == [0, 0]
    with Project.open(tmp_path / "p") as opened, opened.reading() as connection:
        assert {clip.name for clip in store.clips(connection)} == {"ape", "bear"}
