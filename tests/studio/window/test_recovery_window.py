"""A project whose database is damaged, opened in the real window and mended with one click."""

import contextlib
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.project.project import Project
from core.trajectories import journal
from core.trajectories.damage import DamagedError
from core.trajectories.observation_edits import AddObject
from core.trajectories.trajectory_edits import Relabel
from studio.app import Studio

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def damaged(small_project: Path) -> Path:
    with Project.open(small_project) as project, project.writing() as connection:
        journal.perform(connection, AddObject(1, "kept", 0, np.array([0, 0, 2, 2])))
    (small_project / "annotations.sqlite").write_bytes(b"nothing that can be read" * 1000)
    return small_project


def test_the_newest_backup_is_offered_in_words_and_restored_by_one_click(
    studio: Studio, damaged: Path, qtbot
):
    assert not studio.open_project(damaged)
    window = studio._recovery.window
    assert window.isVisible()
    assert not window.restore_button.isEnabled()
    qtbot.waitUntil(window.restore_button.isEnabled)
    assert window.offer.text().startswith("The backup of ")
    assert "is whole; how many edits came after it, the damaged file does not say" in window.offer.text()
    assert window.restore_button.hasFocus()
    qtbot.mouseClick(window.restore_button, LEFT)
    qtbot.waitUntil(lambda: studio.session is not None)
    assert not window.isVisible()
    labels = [one.label for one in studio.session.document.objects(1).values()]
    assert "kept" in labels
    assert (damaged / "annotations.damaged-1.sqlite").read_bytes().startswith(b"nothing that can be read")


def test_without_a_whole_backup_it_says_what_to_do(studio: Studio, damaged: Path, qtbot):
    for backup in (damaged / "backups").iterdir():
        backup.write_bytes(b"nothing")
    assert not studio.open_project(damaged)
    window = studio._recovery.window
    qtbot.waitUntil(lambda: "No backup of it is whole" in window.offer.text())
    assert not window.restore_button.isEnabled()
    qtbot.mouseClick(window.close_button, LEFT)
    assert not window.isVisible()
    assert studio.session is None


def test_damage_that_is_met_while_the_project_is_open_is_mended_by_the_same_click(
    studio: Studio, small_project: Path, qtbot
):
    with Project.open(small_project) as project, project.writing() as connection:
        journal.perform(connection, AddObject(1, "kept", 0, np.array([0, 0, 2, 2])))
    assert studio.open_project(small_project)
    document = studio.session.document
    with document.project.writing() as connection:
        connection.exec_driver_sql("UPDATE trajectory SET review = 'text'")
    assert not document.perform(Relabel(1, (99,), "x"))  # refused, and no damage
    assert studio._recovery.window is None
    with pytest.raises(DamagedError) as caught:
        document.objects(1).clear() or document._objects.clear() or document.objects(1)
    studio.crashes.take(caught.type, caught.value, caught.tb)
    window = studio._recovery.window
    assert window.isVisible()
    qtbot.waitUntil(window.restore_button.isEnabled)
    assert "no edit came after it" in window.offer.text()
    studio.crashes.take(caught.type, caught.value, caught.tb)
    assert studio._recovery.window is window
    qtbot.mouseClick(window.restore_button, LEFT)
    qtbot.waitUntil(lambda: studio.session is not None and studio.session.document is not document)
    assert "kept" in [one.label for one in studio.session.document.objects(1).values()]
    assert (small_project / "annotations.damaged-1.sqlite").exists()


def test_an_edit_that_meets_damage_offers_the_backup_too(studio: Studio, small_project: Path, qtbot):
    assert studio.open_project(small_project)
    document = studio.session.document
    with document.project.writing() as connection:
        journal.perform(connection, AddObject(1, "new", 0, np.array([0, 0, 2, 2])))
        connection.exec_driver_sql("UPDATE edit_rows SET images = x'5b'")
    assert not document.undo()
    assert studio._recovery.window.isVisible()
    studio._recovery.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE clip SET name = x'00ff' WHERE id = 1",
        "UPDATE clip SET width = 999999999, height = 999999999",
        "UPDATE trajectory SET review = 300",
    ],
)
def test_damage_that_is_met_while_the_views_are_filled_is_offered_and_lets_the_project_go(
    studio: Studio, small_project: Path, damage: str, qtbot
):
    with Project.open(small_project) as project, project.writing() as connection:
        journal.perform(connection, AddObject(1, "kept", 0, np.array([0, 0, 2, 2])))
    with contextlib.closing(sqlite3.connect(small_project / "annotations.sqlite")) as database:
        database.execute(damage)
        database.commit()
    assert not studio.open_project(small_project)
    assert studio.session is None
    assert studio.window._pages.currentWidget() is studio.welcome
    assert not studio.window.commands["save_version"].isEnabled()
    window = studio._recovery.window
    assert window.isVisible()
    Project.open(small_project).close()  # nobody holds it any more
    qtbot.waitUntil(window.restore_button.isEnabled)
    qtbot.mouseClick(window.restore_button, LEFT)
    qtbot.waitUntil(lambda: studio.session is not None)
    assert "kept" in [one.label for one in studio.session.document.objects(1).values()]
