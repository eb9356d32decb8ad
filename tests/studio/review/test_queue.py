"""A person goes through the review queue in the real window, by keys; the database is read."""

import json
import re
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from core.review.progress import FILE
from core.trajectories import dismissals, store
from core.trajectories.model import Review
from studio.app import Studio
from studio.review.panel import TALL
from tests.studio.at_the_window import CTRL, key
from tests.studio.review.at_the_queue import choose, shown


def reviews(studio: Studio) -> dict[int, int]:
    """Id → review of every point, as the database has it."""
    found = {}
    with studio.session.document.project.reading() as connection:
        for clip in store.clips(connection):
            points = store.points(connection, clip.id)
            found |= dict(zip(points.ids.tolist(), points.review.tolist(), strict=True))
    return found


def rows_of(panel) -> list[str]:
    return [panel.model.index(row, 0).data() for row in range(panel.model.rowCount())]


@pytest.fixture
def queueing(open_studio: Studio, qtbot) -> Studio:
    choose(open_studio, qtbot, "worst_links")
    return open_studio


def test_points_come_worst_first_and_keys_accept_reject_and_skip(queueing: Studio, qtbot):
    panel, queue, view = queueing.session.review, queueing.session.queue, queueing.session.view
    points = queueing.session.document.points(view.clip.id)
    assert panel.model.rowCount() == 38  # of 2 × 20 points, those of the error 0 left out
    assert panel.pace.text() == "0 of 38 done"
    first = queue.item(0)
    assert first.value == pytest.approx(1.9)
    key(qtbot, queueing, Qt.Key.Key_BracketRight)
    assert view.selection == {first.tracks[0]}
    assert view.clip.id == first.clip_id
    assert points.error[points.frame == view.frame].max() > 0
    assert panel.pace.text() == "1 of 38"
    key(qtbot, queueing, Qt.Key.Key_Return)
    second = queue.current
    assert reviews(queueing)[first.tracks[0]] == Review.ACCEPTED
    assert view.selection == set(second.tracks) != set(first.tracks)
    assert re.match(r"2 of 38, \d+ (s|min) each, ", panel.pace.text())
    key(qtbot, queueing, Qt.Key.Key_Backspace)
    assert reviews(queueing)[second.tracks[0]] == Review.REJECTED
    third = queue.current
    key(qtbot, queueing, Qt.Key.Key_Escape)
    assert reviews(queueing)[third.tracks[0]] == Review.OPEN
    assert queue.current != third
    assert panel.pace.text().startswith("4 of 38")
    key(qtbot, queueing, Qt.Key.Key_BracketLeft)
    assert queue.current == third
    assert sum(review != Review.OPEN for review in reviews(queueing).values()) == 2


def test_each_decision_is_one_step_of_undo_and_comes_back_to_its_item(queueing: Studio, qtbot):
    queue, before = queueing.session.queue, reviews(queueing)
    key(qtbot, queueing, Qt.Key.Key_BracketRight)
    first = queue.current
    key(qtbot, queueing, Qt.Key.Key_Return)
    key(qtbot, queueing, Qt.Key.Key_Z, CTRL)
    assert reviews(queueing) == before
    qtbot.waitUntil(lambda: queue.active and queue.current == first)
    assert queueing.session.review.pace.text().startswith("1 of 38")
    assert queueing.window.hint.text().startswith("1 of 38: ")
    key(qtbot, queueing, Qt.Key.Key_Backspace)
    assert reviews(queueing)[first.tracks[0]] == Review.REJECTED


def test_in_a_low_panel_the_histogram_gives_its_room_to_what_is_decided(queueing: Studio, qtbot):
    panel = queueing.session.review
    assert panel.plot.isVisible() == (panel.height() >= TALL)
    queueing.window.resize(1000, 640)
    qtbot.waitUntil(lambda: panel.height() < TALL and not panel.plot.isVisible())


def test_another_selection_leaves_the_queue_and_its_keys_are_what_they_were(queueing: Studio, qtbot):
    session = queueing.session
    key(qtbot, queueing, Qt.Key.Key_BracketRight)
    current = session.queue.current
    other = next(id for id in session.tracks.model.shown_ids.tolist() if id not in current.tracks)
    session.view.set_selection({other})
    assert not session.queue.active
    assert " of 38: " not in queueing.window.hint.text()
    assert session.review.start_button.isVisible()
    key(qtbot, queueing, Qt.Key.Key_Escape)
    assert session.view.selection == frozenset()
    qtbot.mouseClick(session.review.start_button, Qt.MouseButton.LeftButton)
    assert session.queue.current == current


def test_after_a_click_on_start_enter_decides(queueing: Studio, qtbot):
    panel, queue = queueing.session.review, queueing.session.queue
    panel.table.setFocus()
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    first = queue.current
    assert queueing.window.focusWidget() is queueing.session.canvas.frame_view
    key(qtbot, queueing, Qt.Key.Key_Return)
    assert reviews(queueing)[first.tracks[0]] == Review.ACCEPTED
    assert queue.current != first


@pytest.fixture
def search_goes_on(monkeypatch) -> Iterator[threading.Event]:
    """No clip is looked through until this is set."""
    goes_on = threading.Event()
    dismissed = dismissals.dismissed
    monkeypatch.setattr(dismissals, "dismissed", lambda connection: goes_on.wait() and dismissed(connection))
    yield goes_on
    goes_on.set()


def test_before_the_first_item_is_found_enter_decides_on_nothing(open_studio: Studio, qtbot, search_goes_on):
    queue, view = open_studio.session.queue, open_studio.session.view
    queue.choose("worst_links")
    view.set_selection({open_studio.session.tracks.model.shown_ids.tolist()[0]})
    before = open_studio.session.document.revision()
    key(qtbot, open_studio, Qt.Key.Key_BracketRight)
    assert queue.is_awaited
    for decision in (Qt.Key.Key_Return, Qt.Key.Key_Backspace):
        key(qtbot, open_studio, decision)
    assert open_studio.window.hint.text().startswith("Looking through the clips; the review begins when that")
    assert open_studio.session.document.revision() == before
    search_goes_on.set()
    qtbot.waitUntil(lambda: queue.active)
    assert not queue.is_awaited
    key(qtbot, open_studio, Qt.Key.Key_Return)
    assert list(reviews(open_studio).values()).count(Review.ACCEPTED) == 1


def test_esc_gives_up_a_review_that_waits(open_studio: Studio, qtbot, search_goes_on):
    queue, view = open_studio.session.queue, open_studio.session.view
    queue.choose("worst_links")
    chosen = {open_studio.session.tracks.model.shown_ids.tolist()[0]}
    view.set_selection(chosen)
    key(qtbot, open_studio, Qt.Key.Key_BracketRight)
    key(qtbot, open_studio, Qt.Key.Key_Escape)
    assert open_studio.window.hint.text() == "The review does not begin."
    search_goes_on.set()
    qtbot.waitUntil(lambda: not queue.is_searching)
    assert not queue.active
    assert view.selection == chosen


def test_a_click_in_the_list_goes_to_the_item_also_in_another_clip(queueing: Studio, qtbot):
    session, panel = queueing.session, queueing.session.review
    other = next(row for row in range(38) if session.queue.item(row).clip_id != session.view.clip.id)
    wanted = session.queue.item(other)
    panel.table.scrollTo(panel.model.index(other, 0))
    place = panel.table.visualRect(panel.model.index(other, 0)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: session.view.clip.id == wanted.clip_id)
    assert session.view.selection == set(wanted.tracks)
    assert session.view.frame == wanted.frame
    camera, view = session.canvas.stage.camera, session.canvas.frame_view
    assert min(view.width(), view.height()) / camera.scale >= 199  # a point, with 100 px on each side


def test_reasons_are_listed_where_there_is_room_for_them_to_tell_something(queueing: Studio, qtbot):
    table = queueing.session.review.table
    why, clip = table.model().columnCount() - 1, 1
    for width, is_hidden in ((300, True), (520, False), (300, True), (520, False)):
        table.resize(width, table.height())
        assert table.isColumnHidden(why) == is_hidden
        assert table.horizontalScrollBar().maximum() == 0
        assert is_hidden or table.columnWidth(why) >= 120
    table.setColumnWidth(clip, 90)
    table.resize(540, table.height())
    assert table.columnWidth(clip) == 90, "a person's width stays"


def test_the_threshold_is_dragged_and_the_counts_follow(queueing: Studio, qtbot):
    panel, queue = queueing.session.review, queueing.session.queue
    plot, box = panel.plot._plot, panel.plot._plot.getViewBox()
    assert panel.counts.text() == "38 to review, 0 kept as they are"
    assert panel.table.horizontalScrollBar().maximum() == 0, "reasons end where the list does"

    def at(value: float) -> QPointF:
        middle = box.viewRect().center().y()
        return QPointF(plot.mapFromScene(box.mapViewToScene(QPointF(value, middle))))

    qtbot.waitUntil(lambda: plot.rect().contains(at(1.9).toPoint()) and at(1.9).x() - at(0.1).x() > 100)
    start, end = at(float(panel.plot.line.value())), at(1.05)
    kinds, left, none = QEvent.Type, Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    moves = [start + share * (end - start) for share in np.linspace(0, 1, 6)]
    events = [(kinds.MouseMove, start, none, none), (kinds.MouseButtonPress, start, left, left)]
    events += [(kinds.MouseMove, place, none, left) for place in moves]
    for kind, place, button, held in [*events, (kinds.MouseButtonRelease, end, left, none)]:
        there = QPointF(plot.viewport().mapToGlobal(place.toPoint()))
        event = QMouseEvent(kind, place, there, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(plot.viewport(), event)
        qtbot.wait(20)  # moves that follow each other faster are passed over
    qtbot.waitUntil(lambda: len(queue.order) < 38)
    values = [queue.item(place).value for place in range(len(queue.order))]
    assert 0.9 < queue.of_recipe.threshold < 1.1
    assert min(values) >= queue.of_recipe.threshold
    assert len(values) == 2 * sum(number / 10 >= queue.of_recipe.threshold for number in range(20))
    assert panel.counts.text() == f"{len(values)} to review, {38 - len(values)} kept as they are"
    assert panel.threshold.value() == pytest.approx(queue.of_recipe.threshold, abs=0.01)


def test_the_list_is_sorted_by_its_head_and_walked_in_that_order(queueing: Studio, qtbot):
    panel, queue = queueing.session.review, queueing.session.queue
    header = panel.table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(0) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    names = rows_of(panel)
    key(qtbot, queueing, Qt.Key.Key_BracketRight)
    seen = [str(queue.current.tracks[0])]
    for _ in range(3):
        key(qtbot, queueing, Qt.Key.Key_BracketRight)
        qtbot.waitUntil(lambda: str(queue.current.tracks[0]) not in seen)
        seen.append(str(queue.current.tracks[0]))
    assert seen == names[:4]
    assert sorted(map(int, names)) in (list(map(int, names)), list(map(int, names))[::-1])


def test_it_is_taken_up_again_tomorrow(queueing: Studio, qtbot, small_project):
    key(qtbot, queueing, Qt.Key.Key_BracketRight)
    key(qtbot, queueing, Qt.Key.Key_Return)
    skipped = queueing.session.queue.current
    key(qtbot, queueing, Qt.Key.Key_Escape)
    left = queueing.session.queue.current
    queueing.close_project()
    assert json.loads((small_project / FILE).read_text())["recipe"] == "worst_links"
    assert queueing.open_project(small_project)
    panel, queue = shown(queueing, qtbot), queueing.session.queue
    assert queue.recipe.name == "worst_links"
    assert panel.recipe.currentData() == "worst_links"
    assert panel.pace.text().startswith("1 of 38 done")
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: queue.current == left)
    assert panel.pace.text().startswith("3 of 38")
    assert queue.of_recipe.skipped == [queue.recipe.key(skipped)]
    assert panel.model.index(0, 4).data().startswith("Later. ")


def test_what_was_skipped_comes_last_and_the_end_is_said(queueing: Studio, qtbot):
    queue, panel = queueing.session.queue, queueing.session.review
    queue.set_threshold(1.75)  # the two worst points of each clip
    assert len(queue.order) == 4
    key(qtbot, queueing, Qt.Key.Key_BracketRight)
    skipped = queue.current
    key(qtbot, queueing, Qt.Key.Key_Escape)
    for _ in range(3):
        before = queue.current
        assert before != skipped
        key(qtbot, queueing, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda before=before: queue.current != before)
    assert queue.current == skipped
    key(qtbot, queueing, Qt.Key.Key_Backspace)
    assert queue.current is None
    assert not queue.active
    assert queueing.window.hint.text().startswith("Nothing lies beyond the threshold")
    assert panel.empty.isVisible()
    assert panel.empty.text() == queueing.window.hint.text()
    assert sum(review != Review.OPEN for review in reviews(queueing).values()) == 4


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("to_check", "Densify objects (Ctrl+D)"),
        ("poorly_filled", "Densify with its audit first (Ctrl+D)"),
        ("next_keyframe", "Densify objects first (Ctrl+D)"),
        ("identity_errors", "Look for identity errors first"),
    ],
)
def test_an_empty_queue_says_what_to_do(open_studio: Studio, qtbot, name, words):
    panel = choose(open_studio, qtbot, name)
    assert panel.empty.isVisible()
    assert words in panel.empty.text()
    assert not panel.table.isVisible()
    assert not panel.start_button.isVisible()


def test_a_project_without_clips_asks_for_some(studio: Studio, qtbot, tmp_path):
    assert studio.new_project(tmp_path / "new")
    assert shown(studio, qtbot).empty.text() == "Import clips first."


def test_the_clip_of_the_next_item_is_read_while_this_one_is_looked_at(queueing: Studio, qtbot, monkeypatch):
    queue, document = queueing.session.queue, queueing.session.document
    asked = []
    monkeypatch.setattr(document, "prepare", asked.append)
    queue.sort("clip", descending=False)
    place = next(n for n in range(len(queue.order) - 1) if queue.item(n).clip_id != queue.item(n + 1).clip_id)
    queue._be_at(queue.item(place))
    assert asked == [queue.item(place + 1).clip_id]
    queue._be_at(queue.item(len(queue.order) - 1))
    assert len(asked) == 1, "after the last there is none"
