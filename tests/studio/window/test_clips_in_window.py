"""Clips renamed, removed, held out and found in the real window, by mouse and key."""

import os
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLineEdit

from core.datasets.clip import Use
from core.jobs import JOBS
from core.project.project import Project
from core.runs import launch
from core.runs.run_folder import State, Status
from core.trajectories import integrity, store
from studio.app import Studio
from tests.studio.at_the_window import CTRL, SHIFT, key


def names(studio: Studio) -> list[str]:
    """As the database has them."""
    project: Project = studio.session.document.project
    with project.reading() as connection:
        return [clip.name for clip in store.clips(connection)]


def type_name(qtbot, studio: Studio, text: str, end: Qt.Key) -> None:
    key(qtbot, studio, Qt.Key.Key_F2)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, end)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not editor)  # Qt does so a little later


def test_f2_renames_the_clip_that_is_looked_at(open_studio: Studio, qtbot):
    type_name(qtbot, open_studio, "swans, left", Qt.Key.Key_Return)
    assert names(open_studio) == ["cars", "swans, left"]
    assert open_studio.session.view.clip.name == "swans, left"
    type_name(qtbot, open_studio, "no", Qt.Key.Key_Escape)
    assert names(open_studio) == ["cars", "swans, left"]
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert names(open_studio) == ["birds", "cars"]


def test_a_name_that_is_taken_is_told_and_nothing_changes(open_studio: Studio, qtbot):
    type_name(qtbot, open_studio, "cars", Qt.Key.Key_Return)
    assert open_studio.window.toasts.texts == ["There is a clip cars already; choose another name."]
    assert names(open_studio) == ["birds", "cars"]


def test_selected_clips_are_removed_by_a_key_and_come_back(open_studio: Studio, qtbot):
    session, remove = open_studio.session, open_studio.window.commands["remove_clips"]
    assert remove.text() == "&Remove birds with 22 tracks"
    key(qtbot, open_studio, Qt.Key.Key_A, CTRL | Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: remove.text() == "&Remove 2 clips with 43 tracks")
    before = {clip.clip.id: len(session.document.points(clip.clip.id)) for clip in session.document.clips()}
    key(qtbot, open_studio, Qt.Key.Key_Delete, CTRL | SHIFT)
    qtbot.waitUntil(lambda: names(open_studio) == [])
    assert session.view.clip is None
    qtbot.waitUntil(lambda: open_studio.window.commands.reason("rename_clip") == "Import clips first.")
    open_studio.window.commands["undo"].trigger()
    assert names(open_studio) == ["birds", "cars"]
    assert {id: len(session.document.points(id)) for id in before} == before


def test_the_clip_that_is_looked_at_is_removed_with_its_tracks_and_undo_goes_back_to_it(
    open_studio: Studio, qtbot
):
    session = open_studio.session
    session.view.set_frame(7)
    key(qtbot, open_studio, Qt.Key.Key_Delete, CTRL | SHIFT)
    qtbot.waitUntil(lambda: session.view.clip.name == "cars")
    assert names(open_studio) == ["cars"]
    assert open_studio.window.toasts.texts == ["Remove clip birds with 22 tracks"]
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: session.view.clip.name == "birds")
    assert session.clips.tree.currentItem().text(0) == "birds"
    assert not session.view.selection, "the whole clip came back; no key is about all its tracks"
    with session.document.project.reading() as connection:
        assert integrity.problems(connection) == []
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL | SHIFT)
    qtbot.waitUntil(lambda: session.view.clip.name == "cars")
    assert names(open_studio) == ["cars"]


def test_what_clips_are_already_is_no_edit_and_says_why(open_studio: Studio, qtbot):
    commands = open_studio.window.commands
    qtbot.waitUntil(lambda: commands.reason("train_on_clips") == "birds trains already.")
    commands["hold_out_clips"].trigger()
    assert [one.clip.use for one in open_studio.session.document.clips()] == [Use.HELD_OUT, Use.TRAIN]
    qtbot.waitUntil(lambda: commands.reason("hold_out_clips") == "birds is held out already.")
    assert commands.reason("train_on_clips") == ""


def test_the_menu_key_opens_the_menu_of_the_current_clip_with_everything(open_studio: Studio, qtbot):
    tree = open_studio.session.clips.tree
    corner = tree.rect().bottomRight()
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, corner, tree.viewport().mapToGlobal(corner))
    QApplication.sendEvent(tree.viewport(), asked)
    menu = QApplication.activePopupWidget()
    texts = [action.text().replace("&", "") for action in menu.actions() if action.text()]
    assert texts == [
        *("Train on", "Hold out", "Leave out"),
        *("Track points…", "Densify objects…", "Suggest objects…", "Find identity errors…"),
        *("Rename clip…", "Find moved frames…", "Open folder of clip", "Remove birds with 22 tracks"),
    ]
    menu.close()


@pytest.mark.parametrize("end", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_a_clip_is_found_by_typing_and_the_keys_go_back_to_the_canvas(open_studio: Studio, qtbot, end):
    session = open_studio.session
    key(qtbot, open_studio, Qt.Key.Key_F, CTRL | SHIFT)
    qtbot.waitUntil(session.clips.field.hasFocus)
    qtbot.keyClicks(session.clips.field, "car")
    qtbot.keyClick(session.clips.field, end)
    assert session.view.clip.name == ("cars" if end == Qt.Key.Key_Return else "birds")
    assert session.canvas.frame_view.hasFocus()


@pytest.mark.parametrize(("job", "told"), [("densify", True), ("pretrain", False)])
def test_a_job_that_works_on_a_removed_clip_is_named_where_something_would_have_come_of_it(
    open_studio: Studio, qtbot, job, told
):
    session, project = open_studio.session, open_studio.session.document.project
    folder = launch.prepare(project, JOBS[job], JOBS[job].settings())
    said: list[str] = []
    session.clip_actions.told.connect(said.append)
    with folder.held_lock():
        folder.write_status(Status(State.RUNNING, 1, 9, "Working", updated=time.time(), pid=os.getpid()))
        qtbot.waitUntil(lambda: [run.clips for run in session.runs.active()] == [("birds", "cars")])
        key(qtbot, open_studio, Qt.Key.Key_Delete, CTRL | SHIFT)
        qtbot.waitUntil(lambda: names(open_studio) == ["cars"])
        folder.write_status(Status(State.STOPPED, 1, 9, updated=time.time()))
    assert ["nothing will come of that part" in text for text in said] == [True] * told
