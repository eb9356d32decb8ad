"""Editing in the real window with mouse and keys."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.model import Review
from core.trajectories.observation_edits import AddObject
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel, SetReview
from studio.app import Studio
from studio.runs.scope import Scope, choices
from tests.studio.at_the_window import CTRL, GOOSE, SHIFT, SWAN, activate, key
from tests.studio.small_project import draw_points


def test_keys_undo_and_redo_an_edit_and_the_menu_names_it(open_studio: Studio, qtbot):
    session, commands = open_studio.session, open_studio.window.commands
    session.view.set_selection((SWAN,))
    qtbot.waitUntil(lambda: commands["delete_track"].isEnabled())
    key(qtbot, open_studio, Qt.Key.Key_Delete, SHIFT)
    qtbot.waitUntil(lambda: session.tracks.model.rowCount() == 21)
    assert commands["undo"].text().replace("&", "") == f"Undo Delete track {SWAN}"
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: session.tracks.model.rowCount() == 22)
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL | SHIFT)
    qtbot.waitUntil(lambda: session.tracks.model.rowCount() == 21)


def test_undo_reaches_back_over_a_restart(open_studio: Studio, small_project: Path):
    session = open_studio.session
    clip = session.view.clip.id
    session.document.perform(DeleteTrajectories(clip, (SWAN, GOOSE)))
    open_studio.close_project()
    open_studio.open_project(small_project)
    open_studio.window.commands["undo"].trigger()
    assert set(open_studio.session.document.objects(clip)) == {SWAN, GOOSE}


def test_an_edit_shows_a_toast_whose_undo_takes_it_back(open_studio: Studio, qtbot):
    session = open_studio.session
    session.document.perform(Relabel(session.view.clip.id, (SWAN,), "duck"))
    assert open_studio.window.toasts.texts == [f"Label track {SWAN} 'duck'"]
    assert f"Label track {SWAN} 'duck'" in open_studio.window.last_edit.text()
    qtbot.mouseClick(open_studio.window.toasts._shown[-1].button, Qt.MouseButton.LeftButton)
    assert session.document.objects(session.view.clip.id)[SWAN].label == "swan"


def test_a_long_name_of_the_last_edit_leaves_the_hint_its_room(open_studio: Studio):
    window, label = open_studio.window, "a name that nobody would ever choose " * 6
    open_studio.session.document.perform(Relabel(1, (SWAN,), label))
    assert label in window.last_edit.toolTip()
    assert window.last_edit.text().endswith("…")
    window.resize(1200, 800)
    assert window.last_edit.sizeHint().width() < 400


def test_return_accepts_and_goes_to_the_next_open_track(open_studio: Studio, qtbot):
    session = open_studio.session
    session.view.set_selection((SWAN,))
    qtbot.waitUntil(lambda: open_studio.window.commands["accept"].isEnabled())
    key(qtbot, open_studio, Qt.Key.Key_Return)
    objects = session.document.objects(session.view.clip.id)
    assert objects[SWAN].review == Review.ACCEPTED
    assert session.view.selection == frozenset({GOOSE})
    key(qtbot, open_studio, Qt.Key.Key_Backspace)
    assert session.document.objects(session.view.clip.id)[GOOSE].review == Review.REJECTED


def test_typing_in_a_field_triggers_no_action(open_studio: Studio, qtbot):
    session = open_studio.session
    session.view.set_selection((SWAN,))
    search = session.tracks.filter_row.search
    activate(qtbot, open_studio.window)
    search.setFocus()
    qtbot.waitUntil(search.hasFocus)
    revision = session.document.revision()
    for letter in (Qt.Key.Key_X, Qt.Key.Key_M, Qt.Key.Key_Space, Qt.Key.Key_Backspace, Qt.Key.Key_Return):
        qtbot.keyClick(search, letter)
    assert search.text() == "xm"
    assert session.document.revision() == revision
    assert not session.view.playing
    assert not search.hasFocus(), "Enter gives the keys back to the canvas"


def test_keys_of_curate_do_nothing_elsewhere(open_studio: Studio, qtbot):
    session = open_studio.session
    session.view.set_selection((SWAN,))
    open_studio.window.show_workspace("train")
    revision = session.document.revision()
    qtbot.keyClick(open_studio.window, Qt.Key.Key_Delete, SHIFT)
    qtbot.keyClick(open_studio.window, Qt.Key.Key_Return)
    assert session.document.revision() == revision


def test_frames_are_stepped_by_keys(open_studio: Studio, qtbot):
    view = open_studio.session.view
    key(qtbot, open_studio, Qt.Key.Key_Right)
    key(qtbot, open_studio, Qt.Key.Key_Right)
    assert view.frame == 2
    key(qtbot, open_studio, Qt.Key.Key_Right, CTRL)
    assert view.frame == 5  # a keyframe
    key(qtbot, open_studio, Qt.Key.Key_End)
    assert view.frame == 11
    key(qtbot, open_studio, Qt.Key.Key_Home)
    assert view.frame == 0


def test_escape_leaves_the_tool_then_the_selection(open_studio: Studio, qtbot):
    view = open_studio.session.view
    view.set_selection((SWAN,))
    key(qtbot, open_studio, Qt.Key.Key_B)
    assert view.tool == "box"
    key(qtbot, open_studio, Qt.Key.Key_Escape)
    assert view.tool == "select"
    assert open_studio.window.commands["tool_select"].isChecked()
    key(qtbot, open_studio, Qt.Key.Key_Escape)
    assert view.selection == frozenset()


def test_layers_follow_their_actions_and_back(open_studio: Studio, qtbot):
    view, commands = open_studio.session.view, open_studio.window.commands
    key(qtbot, open_studio, Qt.Key.Key_T)
    assert not view.layers.trails
    open_studio.session.canvas.layer_bar.chips["trails"].click()
    assert commands["trails"].isChecked()
    commands["colour_by_error"].trigger()
    assert view.layers.colour_by == "error"


def test_only_the_selected_can_be_shown_also_after_an_edit(open_studio: Studio, qtbot):
    session, commands = open_studio.session, open_studio.window.commands
    view = session.view
    view.set_selection((SWAN,))
    qtbot.waitUntil(lambda: commands["hide_others"].isEnabled())
    commands["hide_others"].trigger()
    assert view.shown == frozenset({SWAN})
    session.document.perform(Relabel(view.clip.id, (SWAN,), "duck"))
    view.set_selection((GOOSE,))
    assert view.shown == frozenset({SWAN})
    qtbot.waitUntil(lambda: commands["hide_others"].isChecked())
    commands["hide_others"].trigger()
    assert view.shown is None
    commands["hide_others"].trigger()
    assert view.shown == frozenset({GOOSE})
    view.set_clip(session.clips.summaries[1].clip)
    assert view.shown is None
    qtbot.waitUntil(lambda: not commands["hide_others"].isChecked())


def test_what_was_deleted_is_selected_no_longer(open_studio: Studio):
    session = open_studio.session
    session.view.set_selection((SWAN, GOOSE))
    session.document.perform(DeleteTrajectories(session.view.clip.id, (SWAN,)))
    assert session.view.selection == frozenset({GOOSE})
    assert open_studio.window.selected.text() == "1 selected"


def test_another_annotator_is_chosen_in_the_menu_of_a_clip(open_studio: Studio):
    session = open_studio.session
    clip = session.view.clip
    box = np.array([1, 2, 9, 9], np.float32)
    session.document.perform(AddObject(clip.id, "by another", 0, box, annotator=1))
    menu = session.clips.menu_for(clip)
    first, second = menu.actions()[:2]
    assert [first.isChecked(), second.isChecked()] == [True, False]
    second.trigger()
    assert [one.label for one in session.document.objects(clip.id).values()] == ["by another"]
    assert session.view.clip.annotator == 1
    assert session.tracks.model.index(0, 3).data() == "by another"
    session.document.undo()
    assert set(session.document.objects(clip.id)) == {SWAN, GOOSE}


def test_history_goes_back_several_steps(open_studio: Studio):
    session = open_studio.session
    clip = session.view.clip.id
    for label in "abc":
        session.document.perform(Relabel(clip, (SWAN,), label))
    session.history.steps_asked.emit(-2)
    assert session.document.objects(clip)[SWAN].label == "a"
    session.history.steps_asked.emit(1)
    assert session.document.objects(clip)[SWAN].label == "b"


def test_history_goes_back_past_a_large_edit(open_studio: Studio, qtbot):
    session = open_studio.session
    clip, document = session.view.clip.id, session.document
    points = len(document.points(clip))
    document.perform(Relabel(clip, (SWAN,), "a"))
    with qtbot.waitSignal(document.performed):
        document.perform_later(ReplacePoints({clip: draw_points(3000)}))
    document.perform(Relabel(clip, (SWAN,), "b"))
    session.history.steps_asked.emit(-3)
    assert document.busy == "Undo 3 edits"
    qtbot.waitUntil(lambda: not document.busy and document.objects(clip)[SWAN].label == "swan")
    assert len(document.points(clip)) == points
    session.history.steps_asked.emit(3)
    qtbot.waitUntil(lambda: not document.busy and document.objects(clip)[SWAN].label == "b")
    assert len(document.points(clip)) == 3000


def test_an_edit_by_key_belongs_to_the_frame_that_is_seen(open_studio: Studio, qtbot):
    session, commands = open_studio.session, open_studio.window.commands
    view, canvas = session.view, session.canvas
    view.set_selection((SWAN,))
    view.set_frame(5)
    qtbot.waitUntil(lambda: canvas.stage.scene.frame == 5 and commands["split"].isEnabled())
    canvas.loader.open(view.clip)  # as when nothing was read in advance
    view.set_frame(11)
    assert canvas.stage.scene.frame == 5
    commands["split"].trigger()
    split = [one.frames.tolist() for one in session.document.objects(view.clip.id).values()]
    assert [5, 11] in split


def test_what_can_be_done_follows_the_frame_that_is_seen(open_studio: Studio, qtbot):
    session, commands = open_studio.session, open_studio.window.commands
    canvas = session.canvas
    session.view.set_selection((SWAN,))
    qtbot.waitUntil(lambda: commands["accept"].isEnabled())
    canvas.loader.open(session.view.clip)
    session.view.set_frame(5)
    qtbot.waitUntil(lambda: canvas.stage.scene.frame == 5 and commands["split"].isEnabled())


def test_the_toast_of_an_edit_goes_when_its_undo_would_take_back_another(open_studio: Studio):
    session, toasts = open_studio.session, open_studio.window.toasts
    clip = session.view.clip.id
    for label in "ab":
        session.document.perform(Relabel(clip, (SWAN,), label))
    assert toasts.texts == [f"Label track {SWAN} 'b'"]
    session.document.undo()
    assert toasts.texts == [f"Undone in birds: Label track {SWAN} 'b'"]
    session.document.perform(Relabel(clip, (SWAN,), "c"))
    session.document.perform(Relabel(clip, (999,), "refused"))
    assert toasts.texts[0] == f"Label track {SWAN} 'c'", "a refused edit changes nothing"


def test_what_cannot_go_on_says_so(open_studio: Studio, qtbot):
    session, commands, hint = open_studio.session, open_studio.window.commands, open_studio.window.hint
    view, ids = session.view, session.tracks.model.shown_ids.tolist()
    view.set_frame(11)
    commands["next_keyframe"].trigger()
    assert hint.text() == "There is no later keyframe of any object."
    view.set_selection((ids[-1],))
    commands["next_track"].trigger()
    assert hint.text() == "This is the last track of the list."
    session.document.perform(SetReview(view.clip.id, tuple(ids[1:]), Review.ACCEPTED))
    view.set_selection((ids[0],))
    commands["next_open"].trigger()
    assert hint.text() == "This is the only open track of the list."
    qtbot.waitUntil(lambda: commands["accept"].isEnabled())
    commands["accept"].trigger()
    assert hint.text() == "Accepted. No open track is left in the list."
    session.tracks.filter_row.search.setText("nothing is called this")
    qtbot.waitUntil(lambda: session.tracks.model.rowCount() == 0)
    key(qtbot, open_studio, Qt.Key.Key_PageUp)
    assert hint.text() == "The list of tracks is empty."


def test_what_is_about_curating_is_seen_in_curate_only(open_studio: Studio, qtbot):
    window, session = open_studio.window, open_studio.session
    session.view.set_selection((SWAN,))
    assert window.hint.text().startswith(session.canvas.frame_view.tool.hint()), "before the keys of labels"
    assert window.selected.isVisible()
    session.view.set_playing(True)
    window.show_workspace("train")
    assert window.hint.text() == ""
    assert not window.selected.isVisible()
    assert not session.view.playing
    window.show_workspace("curate")
    assert window.hint.text().startswith(session.canvas.frame_view.tool.hint()), "before the keys of labels"
    assert window.selected.isVisible()


def test_the_frames_are_let_go_with_the_project(open_studio: Studio, small_project: Path, qtbot):
    canvas, view = open_studio.session.canvas, open_studio.session.view
    qtbot.waitUntil(lambda: len(canvas.loader.cached) == 12)
    view.set_playing(True)
    open_studio.window.show_workspace("compare")
    open_studio.close_project()
    assert canvas.loader.cached == frozenset()
    assert not view.playing
    open_studio.open_project(small_project)
    open_studio.window.show_workspace("curate")
    assert open_studio.window.hint.text() != ""


def test_a_refused_edit_is_one_sentence(open_studio: Studio):
    session = open_studio.session
    session.document.perform(DeleteTrajectories(session.view.clip.id, (9999,)))
    assert len(open_studio.window.toasts.texts) == 1
    assert open_studio.window.toasts.texts[0].endswith(".")


def test_the_form_of_a_job_opens_below_its_button(open_studio: Studio, qtbot):
    open_studio.window.commands["track"].trigger()
    popover = open_studio.session.jobs.popovers["track"]
    assert popover.isVisible()
    assert [popover.clips.itemText(k) for k in range(popover.clips.count())] == ["only birds", "the 2 clips"]
    assert popover.start_button.text() == "Start on birds"
    popover.hide()


def test_the_form_of_a_job_grows_with_what_is_unfolded_and_stays_on_the_screen(open_studio: Studio, qtbot):
    popover = open_studio.session.jobs.popovers["densify"]
    room = popover.screen().availableGeometry()
    clip = open_studio.session.view.clip
    popover.popup(room.bottomRight(), choices(clip, [], [clip]), Scope.SELECTED, lambda *_: ("", ""))
    folded, fields = popover.height(), [popover.form.editor(name) for name in ("min_confidence", "max_side")]
    qtbot.mouseClick(popover.form.findChild(QToolButton, "advanced_fold"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: popover.height() > folded)
    qtbot.waitUntil(lambda: all(field.height() >= field.sizeHint().height() for field in fields))
    assert room.contains(popover.geometry())
    qtbot.mouseClick(popover.form.findChild(QToolButton, "advanced_fold"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: popover.height() == folded)
    popover.hide()


def test_densified_objects_appear_by_themselves_as_one_edit(open_studio: Studio, qtbot):
    session = open_studio.session
    clip = session.view.clip.id
    open_studio.window.commands["densify"].trigger()
    popover = session.jobs.popovers["densify"]
    qtbot.keyClick(popover.clips, Qt.Key.Key_End)
    qtbot.mouseClick(popover.start_button, Qt.MouseButton.LeftButton)

    def frames() -> int:
        return sum(len(one.frames) for one in session.document.objects(clip).values())

    assert frames() == 6
    qtbot.waitUntil(lambda: frames() > 6, timeout=600_000)
    landed, *_ = session.document.history()
    assert (landed.text, landed.by_job) == ("Densify 3 objects", True)
    model = session.tracks.model
    assert sum(int(model.index(row, 5).data()) for row in (0, 1)) == frames()
    assert session.document.turn_over([landed.id])
    assert frames() == 6


def test_what_is_typed_into_the_search_takes_the_place_of_what_was_there(open_studio: Studio, qtbot):
    search = open_studio.session.tracks.filter_row.search
    search.setText("goose")
    key(qtbot, open_studio, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(search.hasFocus)
    qtbot.keyClicks(search, "swan")
    assert search.text() == "swan"


def test_a_frame_is_gone_to_by_typing_its_number(open_studio: Studio, qtbot):
    session = open_studio.session
    session.view.set_frame(4)
    key(qtbot, open_studio, Qt.Key.Key_J, CTRL)
    qtbot.waitUntil(session.canvas.transport.frame.hasFocus)
    qtbot.keyClicks(open_studio.window.focusWidget(), "11")
    qtbot.keyClick(open_studio.window.focusWidget(), Qt.Key.Key_Return)
    assert session.view.frame == 11


@pytest.mark.parametrize("pressed", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_keys_press_the_button_that_has_the_focus(open_studio: Studio, qtbot, pressed):
    session, button = open_studio.session, open_studio.window.undo_button
    session.document.perform(Relabel(session.view.clip.id, (SWAN,), "duck"))
    session.view.set_selection((GOOSE,))
    qtbot.waitUntil(lambda: open_studio.window.commands["accept"].isEnabled())
    activate(qtbot, open_studio.window)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(button.hasFocus)
    qtbot.keyClick(button, pressed)
    objects = session.document.objects(session.view.clip.id)
    assert objects[SWAN].label == "swan"
    assert objects[GOOSE].review == Review.OPEN
    assert not session.view.playing


def test_a_click_on_undo_leaves_the_keys_to_the_canvas(open_studio: Studio, qtbot):
    session = open_studio.session
    session.document.perform(Relabel(session.view.clip.id, (SWAN,), "duck"))
    key(qtbot, open_studio, Qt.Key.Key_Right)
    qtbot.mouseClick(open_studio.window.undo_button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(open_studio.window.focusWidget(), Qt.Key.Key_Space)
    assert session.view.playing
