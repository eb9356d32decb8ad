"""Edits of hundreds of tracks in the real window: counted first, and asked where they take back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from core.trajectories import store
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import SetReview
from studio.app import Studio
from tests.core.trajectories.small_database import contents
from tests.studio.at_the_window import CTRL, SHIFT, key
from tests.studio.small_project import make_project

POINTS = 300


@pytest.fixture
def session(qtbot, studio: Studio, tmp_path):
    assert studio.open_project(make_project(tmp_path / "many", tmp_path / "frames", POINTS))
    qtbot.waitUntil(lambda: studio.window.commands["undo"].isEnabled())
    session = studio.session
    ids = session.document.points(session.view.clip.id).ids[:7].tolist()
    session.document.perform(SetReview(session.view.clip.id, tuple(ids), Review.ACCEPTED))
    return session


def states(session) -> list[int]:
    """How many are open, accepted, rejected, suggested in the database."""
    clip = session.view.clip.id
    with session.document.project.reading() as connection:
        reviews = [*store.points(connection, clip).review.tolist()]
        reviews += [one.review for one in store.objects(connection, clip)]
    return [reviews.count(state) for state in Review]


def everything(session) -> dict:
    with session.document.project.reading() as connection:
        return contents(connection)


def asked(qtbot, studio: Studio) -> QMessageBox:
    def boxes() -> list[QMessageBox]:
        return [box for box in studio.window.findChildren(QMessageBox) if box.isVisible()]

    qtbot.waitUntil(lambda: bool(boxes()))
    return boxes()[0]


def test_hundreds_are_counted_and_what_they_take_back_is_asked(studio: Studio, session, qtbot):
    commands, document = studio.window.commands, session.document
    before = everything(session)
    key(qtbot, studio, Qt.Key.Key_A, CTRL)
    qtbot.waitUntil(lambda: commands["accept"].text() == "&Accept 295 of 302 tracks and next")
    assert commands["delete_track"].toolTip().startswith("Delete 302 tracks (")
    key(qtbot, studio, Qt.Key.Key_Backspace)
    box = asked(qtbot, studio)
    assert (box.text(), box.informativeText()) == ("Reject 302 tracks?", "7 are accepted.")
    qtbot.keyClick(box, Qt.Key.Key_Return)  # Cancel is the default
    assert states(session) == [295, 7, 0, 0]
    assert len(session.view.selection) == 302
    key(qtbot, studio, Qt.Key.Key_Return)
    assert states(session) == [0, 302, 0, 0]
    assert studio.window.toasts.texts[-1] == "Accept 295 tracks"
    key(qtbot, studio, Qt.Key.Key_Z, CTRL)
    assert everything(session) == before
    key(qtbot, studio, Qt.Key.Key_A, CTRL)
    qtbot.waitUntil(lambda: len(session.view.selection) == 302)
    key(qtbot, studio, Qt.Key.Key_Delete, SHIFT)
    box = asked(qtbot, studio)
    assert box.informativeText().startswith("300 points and 2 objects with 6 keyframes. 7 are accepted")
    (button,) = (one for one in box.buttons() if box.buttonRole(one) == QMessageBox.ButtonRole.AcceptRole)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: states(session) == [0, 0, 0, 0])
    qtbot.waitUntil(lambda: not document.busy)
    key(qtbot, studio, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: states(session) == [295, 7, 0, 0])
    assert everything(session) == before
    session.view.set_selection(())
    qtbot.waitUntil(lambda: commands["accept"].text() == "&Accept and next")
