"""A key that cannot act says why in the hint line of the real window, and changes nothing."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.app import Studio
from tests.studio.at_the_window import CTRL, GOOSE, SHIFT, SWAN, activate, key

NO = Qt.KeyboardModifier.NoModifier


def test_keys_that_cannot_act_say_why_and_change_nothing(open_studio: Studio, qtbot):
    session, hint = open_studio.session, open_studio.window.hint
    view, revision = session.view, session.document.revision()
    point = int(session.document.points(view.clip.id).ids[0])  # frames 0 to 2

    def at(frame: int, *selection: int) -> None:
        view.set_selection(selection)
        view.set_frame(frame)
        qtbot.waitUntil(lambda: session.canvas.stage.scene.frame == frame)

    cases = [
        (0, (SWAN,), Qt.Key.Key_X, NO, "Go to a frame inside the track."),
        (8, (point,), Qt.Key.Key_BracketLeft, CTRL, "Go to a frame inside the track."),
        (8, (point,), Qt.Key.Key_BracketRight, CTRL, "Go to a frame inside the track."),
        (1, (SWAN, point), Qt.Key.Key_M, NO, "Select tracks of one kind, objects or points."),
        (1, (SWAN, point), Qt.Key.Key_S, NO, "Select tracks of one kind, objects or points."),
        (0, (SWAN, GOOSE), Qt.Key.Key_S, NO, f"Track {SWAN} does not run through frame 0."),
        (4, (SWAN,), Qt.Key.Key_K, NO, "The object is not in this frame; draw its box (B)."),
        (5, (SWAN, GOOSE), Qt.Key.Key_K, NO, "Select one object only."),
        (5, (point,), Qt.Key.Key_I, NO, "Select an object first."),
        (4, (SWAN,), Qt.Key.Key_Delete, NO, "What is selected is not in this frame."),
        (4, (), Qt.Key.Key_Delete, SHIFT, "Select a track first."),
        (4, (), Qt.Key.Key_Return, NO, "Select a track first."),
        (4, (SWAN,), Qt.Key.Key_Return, SHIFT, "Open already."),
        (4, (SWAN,), Qt.Key.Key_Y, NO, "Nothing is proposed here; go to the next frame to check."),
        (4, (SWAN,), Qt.Key.Key_R, SHIFT, "What is selected is not in this frame."),
        (4, (SWAN,), Qt.Key.Key_Period, NO, "Take the brush (U) or the eraser (Shift+U) first."),
        (11, (SWAN,), Qt.Key.Key_End, CTRL, "This is the end of the track."),
        (11, (), Qt.Key.Key_Right, NO, "This is the last frame."),
        (11, (), Qt.Key.Key_Right, CTRL | SHIFT, "This is the last frame."),
        (0, (), Qt.Key.Key_Left, NO, "This is the first frame."),
        (0, (), Qt.Key.Key_Home, NO, "This is the first frame."),
        (0, (), Qt.Key.Key_Escape, NO, "There is nothing to cancel, and nothing is selected."),
        (0, (), Qt.Key.Key_Z, CTRL | SHIFT, "Nothing to redo."),
    ]
    for frame, selection, pressed, modifier, reason in cases:
        at(frame, *selection)
        hint.say("")
        key(qtbot, open_studio, pressed, modifier)
        assert hint.text() == reason, (pressed, modifier)
    assert session.document.revision() == revision
    assert view.frame == 0


def test_the_reason_stands_out_for_a_while_and_stands_in_the_palette_and_the_tooltip(
    open_studio: Studio, qtbot
):
    window = open_studio.window
    window.hint._said.setInterval(200)
    key(qtbot, open_studio, Qt.Key.Key_X)
    reason = window.commands.reason("split")
    assert window.hint.text() == reason == "Select a track first."
    assert window.hint.font().bold()
    assert reason in window.commands["split"].toolTip()
    qtbot.waitUntil(lambda: window.hint.text() == open_studio.session.canvas.frame_view.tool.hint())
    assert not window.hint.font().bold()


def test_keys_answer_also_while_the_table_has_the_focus_but_not_elsewhere(open_studio: Studio, qtbot):
    session, window = open_studio.session, open_studio.window
    activate(qtbot, window)
    session.tracks.table.setFocus()
    qtbot.waitUntil(session.tracks.table.hasFocus)
    qtbot.keyClick(session.tracks.table, Qt.Key.Key_X)
    assert window.hint.text() == "Select a track first."
    window.show_workspace("train")
    assert window.hint.text() == ""
    window.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_X)
    assert window.hint.text() == "Only in the workspace Curate (Alt+1)."


@pytest.mark.parametrize(("at_start", "words"), [(False, "ends at frame 11"), (True, "begins at frame 0")])
def test_a_lane_end_that_is_dragged_outwards_says_why_nothing_happens(
    open_studio: Studio, at_start: bool, words: str
):
    session, timeline = open_studio.session, open_studio.session.timeline
    revision, scale = session.document.revision(), timeline.lanes.scale
    x, y = scale.x(0 if at_start else 12), round(timeline.lanes.lane_rect(SWAN).center().y())
    end = QPoint(round(x), y)
    out = end + QPoint(-30 if at_start else 6, 0)
    QTest.mousePress(timeline.viewport(), Qt.MouseButton.LeftButton, NO, end)
    QTest.mouseMove(timeline.viewport(), out)
    QTest.mouseRelease(timeline.viewport(), Qt.MouseButton.LeftButton, NO, out)
    said = open_studio.window.hint.text()
    assert said == f"Track {SWAN} {words}; its end is dragged inwards, to trim it."
    assert session.document.revision() == revision


def test_hint_and_count_are_there_for_the_second_project_of_a_window(
    open_studio: Studio, small_project: Path, qtbot
):
    window = open_studio.window
    open_studio.close_project()
    assert window.hint.text() == ""
    assert open_studio.open_project(small_project)
    assert window.hint.text() == open_studio.session.canvas.frame_view.tool.hint() != ""
    assert window.hint.isVisible()
    open_studio.session.view.set_selection((SWAN, GOOSE))
    assert window.selected.isVisible()
    assert window.selected.text() == "2 selected"


def test_without_a_project_or_a_clip_keys_say_what_is_missing(studio: Studio, tmp_path: Path, qtbot):
    window = studio.window
    activate(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert window.hint.text() == "Open a project first."
    assert studio.new_project(tmp_path / "empty")
    qtbot.keyClick(window, Qt.Key.Key_X)
    assert window.hint.text() == "Import clips first."


def test_the_polygon_says_that_it_takes_the_place_of_a_mask(open_studio: Studio, qtbot):
    session, hint = open_studio.session, open_studio.window.hint
    key(qtbot, open_studio, Qt.Key.Key_G)
    assert hint.text().startswith("Click corners around a new object")
    assert "takes the place" not in hint.text()
    session.view.set_selection((SWAN,))
    assert hint.text().startswith(
        f"Click corners around track {SWAN}; the outline takes the place of its mask"
    )
