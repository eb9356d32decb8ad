"""What is chosen in the table is gone to, in the real window; labels, clips and messages beside it."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.trajectories.model import Origin, Review
from core.trajectories.observation_edits import SetPath
from core.trajectories.trajectory_edits import SetReview
from studio.app import Studio
from studio.tables.track_model import COLUMNS
from tests.studio.at_the_window import GOOSE, SHIFT, SWAN, activate, key

NAMES = [name for name, _, _ in COLUMNS]
NO = Qt.KeyboardModifier.NoModifier


def click_row(qtbot, session, id: int) -> None:
    table, (row,) = session.tracks.table, np.flatnonzero(session.tracks.model.shown_ids == id)
    index = session.tracks.model.index(int(row), 1)
    table.scrollTo(index)
    place = table.visualRect(index).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_track_is_gone_to_at_its_nearest_frame_or_at_its_worst(open_studio: Studio, qtbot):
    session = open_studio.session
    view, points = session.view, session.document.points(session.view.clip.id)
    place = int(np.flatnonzero((points.first == 2) & (points.lengths == 5))[0])  # frames 2 to 6
    id, worst = int(points.ids[place]), 4
    error = np.array([0, 1, 9, 1, 1], np.float32)
    path = points.points(place), error, np.full(5, Origin.LINKED)
    session.document.perform(SetPath(view.clip.id, id, 2, *path))
    for frame, nearest in ((11, 6), (0, 2), (5, 5)):
        view.set_selection(())
        view.set_frame(frame)
        click_row(qtbot, session, id)
        assert (view.frame, view.selection) == (nearest, {id})
    for name in ("max_error", "mean_error"):
        view.set_selection(())
        view.set_frame(11)
        session.tracks.table.sortByColumn(NAMES.index(name), Qt.SortOrder.DescendingOrder)
        click_row(qtbot, session, id)
        assert view.frame == worst


def test_accept_and_next_goes_on_with_frame_and_camera(open_studio: Studio, qtbot):
    session = open_studio.session
    view, canvas = session.view, session.canvas
    ids = session.tracks.model.shown_ids.tolist()
    points = session.document.points(view.clip.id)
    late = next(id for id in ids[2:] if points.first[points.ids == id][0] == 3)
    before = ids[ids.index(late) - 1]
    view.set_frame(0)
    view.set_selection((before,))
    canvas.frame_view.zoom(20, QPoint(0, 0))  # far from where the points are
    canvas.frame_view.look_from(canvas.stage.camera.moved(-3000, -3000))
    qtbot.waitUntil(open_studio.window.commands["accept"].isEnabled)
    key(qtbot, open_studio, Qt.Key.Key_Return)
    assert view.selection == {late}
    assert view.frame == 3
    qtbot.waitUntil(lambda: canvas.stage.scene.frame == 3)
    scene = canvas.stage.scene.among({late})
    x, y = canvas.stage.camera.to_view(scene.xy[0])
    assert canvas.frame_view.rect().contains(round(float(x)), round(float(y)))
    assert session.document.points(view.clip.id).review[points.ids == before] == Review.ACCEPTED


def test_zooming_to_a_point_keeps_what_lies_around_it(open_studio: Studio, qtbot):
    session = open_studio.session
    point = int(session.document.points(session.view.clip.id).ids[0])
    session.view.set_selection((point,))
    qtbot.waitUntil(open_studio.window.commands["zoom_selection"].isEnabled)
    key(qtbot, open_studio, Qt.Key.Key_R, SHIFT)
    frame_view, camera = session.canvas.frame_view, session.canvas.stage.camera
    assert min(frame_view.width(), frame_view.height()) / camera.scale >= 200


def test_the_reasons_for_a_table_are_seen_by_default(open_studio: Studio):
    open_studio.window.resize(1280, 800)
    open_studio.session.tracks.setFixedWidth(281)  # as it is in a window of that width
    QApplication.processEvents()
    table = open_studio.session.tracks.table
    for name in ("mean_error", "max_error", "confidence", "audit", "to_check"):
        column = NAMES.index(name)
        right = table.columnViewportPosition(column) + table.columnWidth(column)
        assert right <= table.viewport().width(), name


def test_escape_leaves_a_label_as_it_was(open_studio: Studio, qtbot):
    session = open_studio.session
    session.view.set_selection((SWAN,))
    revision, label = session.document.revision(), session.inspector.label
    activate(qtbot, open_studio.window)
    label.setFocus()
    qtbot.waitUntil(label.hasFocus)
    qtbot.keyClicks(label, "c")
    qtbot.keyClick(label, Qt.Key.Key_Escape)
    assert not label.hasFocus()
    assert label.text() == "swan"
    session.view.set_selection((GOOSE,))
    assert session.document.revision() == revision


def test_each_clip_remembers_its_frame_and_view(open_studio: Studio, qtbot):
    session = open_studio.session
    view, canvas = session.view, session.canvas
    birds, cars = (one.clip for one in session.clips.summaries)
    view.set_frame(7)
    canvas.frame_view.zoom(3)
    camera = canvas.stage.camera
    view.set_clip(cars)
    assert view.frame == 0
    assert canvas.frame_view.is_fitted
    view.set_frame(4)
    view.set_clip(birds)
    assert (view.frame, canvas.stage.camera) == (7, camera)
    view.set_clip(cars)
    assert view.frame == 4
    assert canvas.frame_view.is_fitted


def test_messages_lie_at_the_top_right_of_the_canvas_and_let_the_mouse_through(open_studio: Studio, qtbot):
    session, window = open_studio.session, open_studio.window
    toast = window.toasts.show("Split track 1 at frame 5", "edit", "Undo", lambda: None)
    frame_view = session.canvas.frame_view
    area = frame_view.rect().translated(frame_view.mapTo(window, QPoint(0, 0)))
    assert area.contains(toast.geometry())
    assert toast.geometry().right() > area.center().x()
    assert toast.geometry().bottom() < area.center().y()
    beneath = toast.geometry().topLeft() + QPoint(20, toast.height() // 2)
    assert window.childAt(beneath) is frame_view
    assert toast.button.isVisible()
    assert window.childAt(toast.button.mapTo(window, toast.button.rect().center())) is toast.button
    window.show_workspace("train")
    assert not area.isEmpty()
    assert window.centralWidget().geometry().contains(toast.geometry())
    QTest.mouseClick(toast.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.toasts.texts == [])


@pytest.mark.parametrize("count", [1, 11315])
def test_counts_have_thousands_separators(count: int):
    text = SetReview(1, tuple(range(count)), Review.REJECTED).text
    assert text == ("Reject track 0" if count == 1 else "Reject 11,315 tracks")
