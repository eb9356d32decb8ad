"""A part of tracks is marked and deleted in the real window; the database is read after."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from sqlalchemy import select

from core.trajectories import schema
from studio.app import Studio
from tests.studio.at_the_window import ALT, CTRL, SHIFT, SWAN, key
from tests.studio.window.test_filling import everything, go, rows

LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def long_point(open_studio: Studio) -> int:
    """A point in frames 0 to 6."""
    session = open_studio.session
    return int(session.document.points(session.view.clip.id).ids[4])


def at(studio: Studio, id: int, frame: float) -> QPoint:
    lanes = studio.session.timeline.lanes
    return QPoint(round(lanes.scale.x(frame)), round(lanes.lane_rect(id).center().y()))


def drag(studio: Studio, id: int, start: float, end: float, keys=SHIFT, release: bool = True) -> None:
    """Over the lane of a track, from one frame to another; halves are the middles of frames."""
    viewport = studio.session.timeline.viewport()
    QTest.mousePress(viewport, LEFT, keys, at(studio, id, start))
    for part in (0.5, 1.0):
        QTest.mouseMove(viewport, at(studio, id, start + part * (end - start)))
    if release:
        QTest.mouseRelease(viewport, LEFT, keys, at(studio, id, end))


def spans(studio: Studio, *ids: int) -> list[tuple[int, int]]:
    t = schema.trajectory.c
    with studio.session.document.project.reading() as connection:
        query = select(t.first, t.last).where(t.id.in_(ids)).order_by(t.id)
        return [tuple(row) for row in connection.execute(query)]


def test_shift_and_drag_marks_a_part_of_all_selected_tracks_and_del_takes_it_in_one_step(
    open_studio: Studio, qtbot, long_point
):
    session, hint = open_studio.session, open_studio.window.hint
    session.view.set_selection({SWAN, long_point})
    before, newest = everything(open_studio), session.document.points(session.view.clip.id).ids.max()
    drag(open_studio, long_point, 4.5, 2.5)  # backwards, too
    assert session.view.marked == (2, 4)
    assert session.view.selection == {SWAN, long_point}
    assert hint.text() == "Frames 2 to 4 are marked: Del deletes this part of 2 selected tracks; Esc unmarks."
    key(qtbot, open_studio, Qt.Key.Key_Delete)
    new = int(session.document.points(session.view.clip.id).ids.max())
    assert new > newest
    assert spans(open_studio, long_point, new) == [(0, 1), (5, 6)]
    assert session.view.marked is None
    text = session.document.last_edit().text
    assert text == f"Delete frames 2 to 4 of 2 tracks; what follows is {new}"
    assert [row[0] for row in rows(open_studio, SWAN)] == [0, 5, 11], "it had no frame there"
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(open_studio) == before
    drag(open_studio, SWAN, 4.5, 7.5)
    key(qtbot, open_studio, Qt.Key.Key_Delete, CTRL)
    assert [row[0] for row in rows(open_studio, SWAN)] == [0, 11]
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(open_studio) == before


def test_keys_mark_too_and_what_cannot_be_deleted_says_why(open_studio: Studio, qtbot, long_point):
    session, view, hint = open_studio.session, open_studio.session.view, open_studio.window.hint
    view.set_selection({long_point})
    before = everything(open_studio)
    key(qtbot, open_studio, Qt.Key.Key_Delete, CTRL)
    assert hint.text() == "Mark a part first: drag with Shift over its lane, or Alt+[ and Alt+]."
    for frame, pressed, marked in (
        (8, Qt.Key.Key_BracketLeft, (8, 8)),
        (10, Qt.Key.Key_BracketRight, (8, 10)),
        (9, Qt.Key.Key_BracketLeft, (9, 10)),
    ):
        go(open_studio, qtbot, frame)
        key(qtbot, open_studio, pressed, ALT)
        assert view.marked == marked
    key(qtbot, open_studio, Qt.Key.Key_Delete)
    assert hint.text() == "Nothing of what is selected lies in frames 9 to 10."
    assert everything(open_studio) == before
    go(open_studio, qtbot, 5)
    key(qtbot, open_studio, Qt.Key.Key_BracketLeft, ALT)
    assert view.marked == (5, 10)
    key(qtbot, open_studio, Qt.Key.Key_Delete)
    assert spans(open_studio, long_point) == [(0, 4)]
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    key(qtbot, open_studio, Qt.Key.Key_BracketRight, ALT)
    key(qtbot, open_studio, Qt.Key.Key_Escape)
    assert (view.marked, view.selection) == (None, {long_point}), "Esc unmarked and did nothing else"
    key(qtbot, open_studio, Qt.Key.Key_BracketRight, ALT)
    view.set_selection({SWAN})
    assert view.marked is None, "what was marked was of another track"
    assert everything(open_studio) == before
    assert session.document.last_edit().text != ""


def test_the_mark_is_seen_unmarked_by_a_click_and_given_up_by_escape(open_studio: Studio, qtbot, long_point):
    session, view = open_studio.session, open_studio.session.view
    view.set_selection({long_point})
    timeline = session.timeline
    plain = timeline.viewport().grab().toImage()
    drag(open_studio, long_point, 1.5, 3.5, release=False)
    seen = timeline.viewport().grab().toImage()
    assert seen != plain
    place = at(open_studio, long_point, 2.5)
    assert seen.pixelColor(place) != plain.pixelColor(place)
    other = at(open_studio, SWAN, 2.5)
    assert seen.pixelColor(other) == plain.pixelColor(other), "only selected tracks are marked"
    timeline.setFocus()
    qtbot.keyClick(timeline, Qt.Key.Key_Escape)
    assert view.marked is None
    QTest.mouseRelease(timeline.viewport(), LEFT, SHIFT, place)
    drag(open_studio, SWAN, 0.5, 3.5)
    assert (view.selection, view.marked) == ({SWAN}, (0, 3))
    QTest.mouseClick(timeline.viewport(), LEFT, SHIFT, at(open_studio, SWAN, 8.5))
    assert (view.selection, view.marked) == ({SWAN}, None)
    assert np.array_equal([row[0] for row in rows(open_studio, SWAN)], [0, 5, 11])
