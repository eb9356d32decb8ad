"""Backups that are made while a project is open, by real processes."""

import shutil
import sqlite3
from contextlib import closing

from core.project.project import Project
from core.trajectories import journal
from core.trajectories.trajectory_edits import Relabel
from studio.leisure_backups import LeisureBackups


def label(project: Project, text: str) -> None:
    with project.writing() as connection:
        journal.perform(connection, Relabel(1, (1,), text))


def test_what_changed_is_backed_up_at_leisure_once_and_failures_are_told(qtbot, small_project):
    with Project.open(small_project) as project:
        backups = project.database.backups
        before = len(backups.all())
        leisure = LeisureBackups(project, look=20, least_pause=0.0, per_megabyte=0.0)
        told: list[str] = []
        leisure.failed.connect(told.append)
        label(project, "at leisure")
        qtbot.waitUntil(lambda: len(backups.all()) == before + 1)
        qtbot.waitUntil(lambda: leisure._process is None)
        with closing(sqlite3.connect(backups.all()[-1].path)) as connection:
            query = "SELECT label FROM trajectory WHERE id=1"
            assert connection.execute(query).fetchone() == ("at leisure",)
        made = leisure._made
        qtbot.wait(100)
        assert leisure._made == made  # nothing changed since

        shutil.rmtree(backups.folder)
        backups.folder.write_text("no folder")
        label(project, "another")
        qtbot.waitUntil(lambda: bool(told))
        leisure.close()
        assert told[0].startswith("No backup could be made")
        backups.folder.unlink()
        backups.folder.mkdir()
        backups.note_failure("No backup could be made (disk full); free disk space.")
        leisure.tell_last()
        assert told[-1] == "No backup could be made (disk full); free disk space."
