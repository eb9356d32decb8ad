"""What is selected, and what is told, after an edit by key or mouse in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from shiboken6 import isValid

from core.trajectories import store
from core.trajectories.observation_edits import DeleteObservation
from studio.app import Studio
from tests.core.trajectories.small_database import contents
from tests.studio.at_the_window import CTRL, GOOSE, SHIFT, SWAN, choose, key, right_click
from tests.studio.canvas.drawn import Mouse


@pytest.fixture
def session(open_studio: Studio, qtbot):
    go_to(qtbot, open_studio.session, 5)
    return open_studio.session


def go_to(qtbot, session, frame: int) -> None:
    session.view.set_frame(frame)
    qtbot.waitUntil(lambda: session.canvas.stage.scene.frame == frame)


def stored(session) -> dict[int, list[int]]:
    """Id → frames of the objects in the database."""
    with session.document.project.reading() as connection:
        found = store.objects(connection, session.view.clip.id)
    return {one.id: one.frames.tolist() for one in found}


def press(qtbot, studio: Studio, pressed: Qt.Key, action: str, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.waitUntil(studio.window.commands[action].isEnabled)
    key(qtbot, studio, pressed, modifier)


def click_both(session) -> None:
    """Swan and goose lie on each other: the second is taken in the table."""
    session.view.set_selection((SWAN, GOOSE))


def test_after_a_split_delete_takes_the_half_that_is_seen(open_studio: Studio, session, qtbot):
    objects = session.document.objects(session.view.clip.id)
    Mouse(session.canvas.frame_view).click(*objects[SWAN].boxes[1][:2] + 5)
    (chosen,) = session.view.selection
    press(qtbot, open_studio, Qt.Key.Key_X, "split")
    (new,) = session.view.selection
    assert new not in (SWAN, GOOSE)
    assert (stored(session)[chosen], stored(session)[new]) == ([0], [5, 11])
    assert open_studio.window.toasts.texts == [f"Split track {chosen} at frame 5; from there it is {new}"]
    press(qtbot, open_studio, Qt.Key.Key_Delete, "delete_track", SHIFT)
    assert set(stored(session)) == {SWAN, GOOSE}
    assert stored(session)[chosen] == [0]
    assert session.view.selection == frozenset()
    for _ in range(2):
        key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert stored(session) == {SWAN: [0, 5, 11], GOOSE: [0, 5, 11]}


def test_a_point_that_falls_in_two_stays_selected_on_both_sides(open_studio: Studio, session, qtbot):
    points = session.document.points(session.view.clip.id)
    place = int(np.flatnonzero((points.first < 5) & (points.last > 5))[0])
    id = int(points.ids[place])
    session.view.set_selection((id,))
    press(qtbot, open_studio, Qt.Key.Key_Delete, "delete_here")
    assert len(session.view.selection) == 2
    (new,) = session.view.selection - {id}
    assert open_studio.window.toasts.texts == [f"Delete track {id} at frame 5; what follows is {new}"]


def test_after_a_merge_what_came_of_it_is_selected_and_named(open_studio: Studio, session, qtbot):
    session.view.set_selection((SWAN,))
    press(qtbot, open_studio, Qt.Key.Key_X, "split")
    (new,) = session.view.selection
    session.view.set_selection((SWAN, new))
    press(qtbot, open_studio, Qt.Key.Key_M, "merge")
    assert session.view.selection == {SWAN}
    assert open_studio.window.toasts.texts == [f"Merge tracks {SWAN} and {new} into {SWAN}"]


def test_after_a_swap_both_stay_selected(open_studio: Studio, session, qtbot):
    click_both(session)
    press(qtbot, open_studio, Qt.Key.Key_S, "swap")
    assert session.view.selection == {SWAN, GOOSE}
    assert open_studio.window.toasts.texts == [f"Swap tracks {SWAN} and {GOOSE} from frame 5"]


def test_a_lane_that_is_trimmed_by_its_end_is_selected(open_studio: Studio, session, qtbot):
    timeline = session.timeline
    session.view.set_selection((SWAN,))
    lane, scale = timeline.lanes.lane_rect(GOOSE), timeline.lanes.scale
    y = round(lane.center().y())
    end, target = (QPoint(round(scale.x(frame + 1)), y) for frame in (11, 5))
    viewport = timeline.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    QTest.mouseMove(viewport, (end + target) / 2)
    QTest.mouseMove(viewport, target)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, target)
    assert stored(session)[GOOSE] == [0, 5]
    assert session.view.selection == {GOOSE}


def test_after_a_deletion_the_keys_go_on_where_the_track_was(open_studio: Studio, session, qtbot):
    ids = session.tracks.model.shown_ids.tolist()
    session.view.set_selection((ids[4],))
    press(qtbot, open_studio, Qt.Key.Key_Delete, "delete_track", SHIFT)
    assert session.view.selection == frozenset()
    press(qtbot, open_studio, Qt.Key.Key_PageDown, "next_track")
    assert session.view.selection == {ids[5]}


def question(qtbot, studio: Studio) -> QMessageBox:
    qtbot.waitUntil(lambda: bool(studio.window.findChildren(QMessageBox)))
    return studio.window.findChildren(QMessageBox)[-1]


def answer(qtbot, box: QMessageBox, role: QMessageBox.ButtonRole) -> None:
    (button,) = (one for one in box.buttons() if box.buttonRole(one) == role)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not isValid(box) or not box.isVisible())


def test_a_merge_that_drops_frames_asks_first_by_key_and_by_mouse(open_studio: Studio, session, qtbot):
    document, clip = session.document, session.view.clip.id
    document.perform(DeleteObservation(clip, GOOSE, 0))
    with document.project.reading() as connection:
        before = contents(connection)
    revision = document.revision()
    click_both(session)
    press(qtbot, open_studio, Qt.Key.Key_M, "merge")
    box = question(qtbot, open_studio)
    assert box.text() == f"Merge tracks {SWAN} and {GOOSE}?"
    assert f"drops 2 frames of {GOOSE}, all of them keyframes." in box.informativeText()
    assert box.defaultButton().text().replace("&", "") == "Cancel"
    answer(qtbot, box, QMessageBox.ButtonRole.RejectRole)
    assert document.revision() == revision
    lane = session.timeline.lanes.lane_rect(SWAN).center().toPoint()
    choose(qtbot, right_click(session.timeline.viewport(), lane), "Merge")
    answer(qtbot, question(qtbot, open_studio), QMessageBox.ButtonRole.AcceptRole)
    qtbot.waitUntil(lambda: document.revision() == revision + 1)
    assert stored(session) == {SWAN: [0, 5, 11]}
    assert open_studio.window.toasts.texts == [f"Merge tracks {SWAN} and {GOOSE} into {SWAN}"]
    press(qtbot, open_studio, Qt.Key.Key_Z, "undo", CTRL)
    with document.project.reading() as connection:
        assert contents(connection) == before
