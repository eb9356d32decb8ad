"""Filters typed, clicked, named and trained on in the real window."""

import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton, QToolButton

from core.project.saved_filters import FILE
from core.trajectories.filter_text import parse, text_of
from core.trajectories.model import Review
from core.trajectories.trajectory_edits import SetReview
from studio.app import Studio
from studio.filters.track_filters import TrackFilters
from tests.studio.at_the_window import CTRL, GOOSE, SWAN, activate, key

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def session(open_studio: Studio, qtbot):
    open_studio.window.resize(1280, 900)
    activate(qtbot, open_studio.window)
    return open_studio.session


def choose(row, text: str) -> None:
    """Choose an entry of the menu of saved filters."""
    row.saved.fill()
    (action,) = [one for one in row.saved.entries.actions() if one.text().startswith(text)]
    assert action.isEnabled(), action.toolTip()
    action.trigger()


def points(session, keep) -> set[int]:
    """The points of the clip whose errors and length keep, by a loop over them."""
    tracks = session.document.points(session.view.clip.id)
    spans = zip(tracks.ids, tracks.offsets[:-1], tracks.offsets[1:], strict=True)
    return {int(id) for id, start, end in spans if keep(tracks.error[start + 1 : end], int(end - start))}


def test_what_is_typed_is_seen_on_canvas_and_lanes_and_taken_away_by_clicks(
    open_studio: Studio, session, qtbot
):
    view, row = session.view, session.tracks.filter_row
    search = row.search
    qtbot.mouseClick(search, LEFT)
    qtbot.keyClicks(search, "error>0.5 len")
    qtbot.waitUntil(row.search.list.isVisible)
    qtbot.keyClick(search.list, Qt.Key.Key_Down)
    qtbot.keyClick(search.list, Qt.Key.Key_Return)
    assert search.text() == "error>0.5 length>"
    qtbot.keyClicks(search, "4")
    wanted = points(session, lambda errors, length: errors.mean() > 0.5 and length > 4)
    assert 0 < len(wanted) < 20
    qtbot.waitUntil(lambda: view.shown == wanted)
    assert row.count.text() == f"{len(wanted)} of 22 tracks"
    assert {one.id for one in session.canvas.stage.tracks.objects.values()} - {SWAN, GOOSE} == set()
    assert session.canvas.stage.tracks.shown == wanted
    chips = [chip.text().split("  ")[0] for chip in row.chips.buttons]
    assert chips == ["error > 0.5 px", "length > 4 frames"]

    qtbot.keyClicks(search, " wurst>1")
    qtbot.waitUntil(lambda: row.problem.isVisible())
    assert row.problem.text() == "wurst>1: there is no word wurst; write worst."
    assert view.shown == wanted, "what could be understood stays"
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert open_studio.window.focusWidget() is search, "there is something to put right"

    qtbot.mouseClick(row.chips.buttons[0], LEFT)
    wanted = points(session, lambda errors, length: length > 4)
    assert view.shown == wanted
    assert search.text() == "length>4"
    assert not row.problem.isVisible()
    assert open_studio.window.focusWidget() is not search

    revision = session.document.revision()
    qtbot.mouseClick(search, LEFT)
    cross = next(one for one in search.findChildren(QToolButton) if one.isVisible())
    qtbot.mouseClick(cross, LEFT)
    assert view.shown is None
    qtbot.waitUntil(lambda: focused(session))
    session.document.perform(SetReview(view.clip.id, (SWAN,), Review.ACCEPTED))
    qtbot.keyClick(open_studio.window.focusWidget(), Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: session.document.revision() == revision + 2)
    assert session.document.objects(view.clip.id)[SWAN].review == Review.OPEN
    assert (search.text(), view.shown) == ("", None), "Ctrl+Z was for the tracks"


def test_the_fields_and_the_line_are_two_views_of_one_filter(session, qtbot):
    view, row = session.view, session.tracks.filter_row
    fields = row.popover
    qtbot.mouseClick(row.fields_button, LEFT)
    qtbot.waitUntil(fields.isVisible)
    box = fields.choices["kind"].boxes[next(iter(fields.choices["kind"].boxes))]
    qtbot.mouseClick(box, LEFT, pos=QPoint(6, box.height() // 2))
    assert view.shown == {SWAN, GOOSE}
    assert row.search.text() == "kind:object"
    qtbot.mouseClick(box, LEFT, pos=QPoint(6, box.height() // 2))
    worst = fields.limits["worst"]
    qtbot.mouseClick(worst.low, LEFT)
    qtbot.keyClicks(worst.low, "1.25")
    qtbot.keyClick(worst.low, Qt.Key.Key_Return)
    wanted = points(session, lambda errors, length: errors.max() > 1.25)
    assert view.shown == wanted
    qtbot.mouseClick(worst.or_unknown, LEFT, pos=QPoint(6, worst.or_unknown.height() // 2))
    assert view.shown == wanted | {SWAN, GOOSE}
    assert row.search.text() == "worst>1.25,unknown"
    worst.low.setText("much")
    qtbot.keyClick(worst.low, Qt.Key.Key_Return)
    assert fields.problem.text().startswith("worst>much,unknown: a number must follow worst")
    assert view.shown == wanted | {SWAN, GOOSE}
    fields.hide()
    qtbot.waitUntil(lambda: focused(session))
    line = (
        'kind:object label:"red, car",none review:open,rejected from:hand error>=1,unknown audit<80% id>3 x'
    )
    session.tracks.filters.set(parse(line))
    qtbot.mouseClick(row.fields_button, LEFT)
    assert fields.label.text() == '"red, car", none'
    assert (fields.limits["error"].low.text(), fields.limits["audit"].high.text()) == (">=1", "80%")
    qtbot.keyClick(fields.label, Qt.Key.Key_Return)
    assert text_of(session.tracks.filters.now) == text_of(parse(line)), "opening and closing changes nothing"
    qtbot.mouseClick(fields.clear_button, LEFT)
    assert view.shown is None
    fields.hide()


def test_a_filter_gets_a_name_drives_the_table_and_trains(open_studio: Studio, session, qtbot):
    view, row, filters = session.view, session.tracks.filter_row, session.tracks.filters
    clip = view.clip.id
    ids = session.document.points(clip).ids[4:10].tolist()
    session.document.perform(SetReview(clip, tuple(ids), Review.ACCEPTED))
    choose(row, "accepted only")
    assert view.shown == set(ids)
    assert row.saved.text() == "accepted only"
    filters.set(parse("review:accepted length>=5"))
    choose(row, "Save this filter as")
    row.saved.dialog.setTextValue("long: good")
    row.saved.dialog.accept()
    assert "name holds no :" in texts(open_studio)
    choose(row, "Save this filter as")
    row.saved.dialog.setTextValue("long good")
    row.saved.dialog.accept()
    file = session.document.project.path / FILE
    assert json.loads(file.read_text()) == {"filters": {"long good": "review:accepted length>=5"}}
    choose(row, "Rename")
    row.saved.dialog.setTextValue("good")
    row.saved.dialog.accept()
    assert json.loads(file.read_text())["filters"] == {"good": "review:accepted length>=5"}
    assert row.saved.text() == "good"
    key(qtbot, open_studio, Qt.Key.Key_F, CTRL)
    qtbot.waitUntil(row.search.hasFocus)
    qtbot.keyClick(row.search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: focused(session))
    assert view.shown is None

    open_studio.window.show_workspace("train")
    train = session.train
    editor = train.form.editor("tracks")
    train.form.editor("minimum_length").set_value(2)
    combo = editor.focusProxy()
    combo.setCurrentIndex(combo.findText("good"))
    combo.activated.emit(combo.currentIndex())
    tracks = session.document.points(clip)
    good = sum(int(n) >= 5 and review == 1 for n, review in zip(tracks.lengths, tracks.review, strict=True))
    words = f"Trains on {good} point tracks of 1 clip after the filter review:accepted length>=5."
    qtbot.waitUntil(lambda: train._material.text().startswith(words))
    assert "No object tracks of clips that train pass the filter" in train._material.text()
    assert train.form.value().tracks == "review:accepted length>=5", "the line, not its name"
    start = train.findChild(QPushButton, "pretrain_button")
    assert start.isEnabled()
    session.document.perform(SetReview(clip, tuple(ids), Review.OPEN))
    sentence = "The filter review:accepted length>=5 leaves no tracks to train on"
    qtbot.waitUntil(lambda: start.toolTip().startswith(sentence))
    assert not start.isEnabled()
    combo.setEditText("review:opne")
    combo.lineEdit().editingFinished.emit()
    assert "review is open, accepted, rejected or suggested" in train.form.problem()
    combo.setCurrentIndex(0)
    combo.activated.emit(0)
    choose(row, "good")
    choose(row, "Delete")
    assert json.loads(file.read_text())["filters"] == {}
    assert text_of(filters.now) == "review:accepted length>=5", "it goes on to drive"


def focused(session) -> bool:
    """Whether keys would go to the canvas."""
    return session.canvas.window().focusWidget() in (session.canvas, session.canvas.focusProxy())


def texts(studio: Studio) -> str:
    return "\n".join(studio.window.toasts.texts)


def test_a_damaged_file_is_said_and_the_built_in_filters_are_there(qtbot, tmp_path):
    (tmp_path / FILE).write_text("{")
    filters = TrackFilters(tmp_path)
    assert "damaged" in filters.problem
    assert list(filters.named) == ["accepted only", "open", "rejected", "suggested", "to check", "by hand"]


def test_the_filter_is_there_again_when_the_project_is_opened_again(open_studio: Studio, session, qtbot):
    project = session.document.project.path
    session.tracks.filters.set(parse("kind:object label:swan"))
    open_studio.close_project()
    assert open_studio.open_project(project)
    again = open_studio.session
    assert again.tracks.filter_row.search.text() == "kind:object label:swan"
    qtbot.waitUntil(lambda: again.view.shown == {SWAN})
