"""Suggestions are split and joined within the queue, by keys; the queue stays at what is selected."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.trajectories.model import ObjectTrajectory, Origin, Review
from core.trajectories.suggestion_edits import AddSuggestions
from studio.app import Studio
from studio.tables.clip_cells import TRACKS
from tests.studio.at_the_window import CTRL, key
from tests.studio.review.at_the_queue import choose

NEXT, SPLIT, JOIN, ACCEPT = Qt.Key.Key_BracketRight, Qt.Key.Key_X, Qt.Key.Key_M, Qt.Key.Key_Return
REJECT, LATER, UNDO = Qt.Key.Key_Backspace, Qt.Key.Key_Escape, Qt.Key.Key_Z


def suggestion(sure: float) -> ObjectTrajectory:
    frames = np.arange(12, dtype=np.int32)
    boxes = np.array([(10.0 + k, 20, 30 + k, 40) for k in frames], np.float32)
    confidence = np.full(12, sure, np.float32)
    confidence[6] += 0.05  # where it is shown
    origin = np.full(12, Origin.PROPAGATED, np.uint8)
    return ObjectTrajectory(
        frames=frames,
        boxes=boxes,
        origin=origin,
        confidence=confidence,
        masks=(None,) * 12,
        review=Review.SUGGESTED,
    )


@pytest.fixture
def queue(open_studio: Studio, qtbot):
    session = open_studio.session
    clip = session.view.clip
    assert session.document.perform(AddSuggestions({clip.id: [suggestion(0.9)]}))
    choose(open_studio, qtbot, "suggested")
    key(qtbot, open_studio, NEXT)
    qtbot.waitUntil(lambda: session.queue.active)
    qtbot.waitUntil(lambda: session.canvas.stage.scene.frame == session.view.frame)  # keys act on that
    return session.queue


def objects(studio: Studio) -> list[tuple[int, int, Review]]:
    """First and last frame and review of each suggestion, and of what became of it."""
    found = studio.session.document.objects(studio.session.view.clip.id).values()
    return [(int(one.frames[0]), int(one.frames[-1]), one.review) for one in found if len(one.frames) > 3]


def test_the_half_that_a_split_leaves_selected_is_decided_next(open_studio: Studio, queue, qtbot):
    session, panel = open_studio.session, open_studio.session.review
    (whole,) = session.view.selection
    assert session.view.frame == 6
    key(qtbot, open_studio, SPLIT)
    qtbot.waitUntil(lambda: session.view.selection.isdisjoint({whole}))
    (half,) = session.view.selection
    qtbot.waitUntil(lambda: queue.current.tracks == (half,))
    assert queue.active
    assert "in frames 6 to 11 looks like" in panel.why.text()
    assert f"If track {whole} is a part of it, join them (M)." in panel.decisions.text()

    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: queue.current.tracks == (whole,))
    assert "in frames 0 to 11 looks like" in panel.why.text()

    key(qtbot, open_studio, SPLIT)
    qtbot.waitUntil(lambda: whole not in queue.current.tracks)
    key(qtbot, open_studio, JOIN)
    qtbot.waitUntil(lambda: objects(open_studio) == [(0, 11, Review.SUGGESTED)])
    qtbot.waitUntil(lambda: queue.found() is not None)
    (joined,) = session.view.selection
    key(qtbot, open_studio, SPLIT)
    qtbot.waitUntil(lambda: queue.current.tracks not in ((joined,), (half,)))
    first = (0, 5, Review.SUGGESTED)
    key(qtbot, open_studio, ACCEPT)
    qtbot.waitUntil(lambda: sorted(objects(open_studio)) == [first, (6, 11, Review.ACCEPTED)])


def test_without_suggestions_the_queue_says_so(open_studio: Studio, qtbot):
    choose(open_studio, qtbot, "suggested")
    with qtbot.waitSignal(open_studio.session.queue.told) as told:
        key(qtbot, open_studio, NEXT)
    assert told.args == [open_studio.session.queue.nothing_left()]
    assert told.args[0].startswith("No object waits for a decision. ")
    assert not open_studio.session.queue.active


def test_the_only_one_comes_back_when_it_is_left_for_later(open_studio: Studio, queue, qtbot):
    (only,) = queue.current.tracks
    key(qtbot, open_studio, LATER)
    assert queue.active
    assert queue.current.tracks == (only,)
    assert objects(open_studio) == [(0, 11, Review.SUGGESTED)]


def again(studio: Studio, qtbot) -> None:
    """Open the project another time."""
    path = studio.session.document.project.path
    studio.close_project()
    assert studio.open_project(path)
    qtbot.waitUntil(studio.window.curtain.isHidden)
    qtbot.waitUntil(studio.window.commands["undo"].isEnabled)


@pytest.mark.parametrize(
    ("pressed", "wanted"),
    [
        (ACCEPT, [(0, 11, Review.ACCEPTED)]),
        (REJECT, [(0, 11, Review.REJECTED)]),
        (SPLIT, [(0, 5, Review.SUGGESTED), (6, 11, Review.SUGGESTED)]),
    ],
)
def test_each_decision_is_taken_back_after_a_restart(open_studio: Studio, queue, qtbot, pressed, wanted):
    key(qtbot, open_studio, pressed)
    qtbot.waitUntil(lambda: sorted(objects(open_studio)) == wanted)
    again(open_studio, qtbot)
    assert sorted(objects(open_studio)) == wanted
    key(qtbot, open_studio, UNDO, CTRL)
    qtbot.waitUntil(lambda: objects(open_studio) == [(0, 11, Review.SUGGESTED)])


def test_a_join_is_taken_back_after_a_restart(open_studio: Studio, queue, qtbot):
    (whole,) = open_studio.session.view.selection
    key(qtbot, open_studio, SPLIT)
    qtbot.waitUntil(lambda: whole not in queue.current.tracks and queue.found() is not None)
    key(qtbot, open_studio, JOIN)
    qtbot.waitUntil(lambda: objects(open_studio) == [(0, 11, Review.SUGGESTED)])
    again(open_studio, qtbot)
    key(qtbot, open_studio, UNDO, CTRL)
    qtbot.waitUntil(lambda: len(objects(open_studio)) == 2)


def test_clips_and_filters_tell_suggestions(open_studio: Studio, queue, qtbot):
    session = open_studio.session
    (only,) = queue.current.tracks
    (item,) = session.clips.tree.findItems(
        session.view.clip.name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
    )
    assert "(1 suggested)" in item.toolTip(TRACKS)
    search = session.tracks.filter_row.search
    qtbot.mouseClick(search, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(search, "review:suggested")
    qtbot.waitUntil(lambda: session.view.shown == {only})
    qtbot.keyClick(search, Qt.Key.Key_Return)
    key(qtbot, open_studio, NEXT)
    qtbot.waitUntil(lambda: queue.active)
    key(qtbot, open_studio, REJECT)
    qtbot.waitUntil(lambda: "suggested" not in item.toolTip(TRACKS))


def test_suggestions_train_only_where_that_is_asked_for(open_studio: Studio, queue, qtbot):
    open_studio.window.show_workspace("train")
    train = open_studio.session.train
    train.form.editor("minimum_length").set_value(2)
    train.form.editor("regime").set_value("objtr")
    assert train.form.value().suggestions is False
    qtbot.waitUntil(lambda: "1 suggested object that nobody accepted" in train._material.text())
    train.form.editor("suggestions").set_value(True)
    train.form.changed.emit()
    qtbot.waitUntil(lambda: "1 object of them only suggested" in train._material.text())
    assert "nobody accepted" not in train._material.text()


def test_asked_for_by_a_message_the_queue_begins_at_the_surest(open_studio: Studio, queue, qtbot):
    session = open_studio.session
    (first,) = queue.current.tracks
    surer = replace(suggestion(0.95), boxes=suggestion(0.95).boxes + 60)
    assert session.document.perform(AddSuggestions({session.view.clip.id: [suggestion(0.6), surer]}))
    session.jobs.review_asked.emit("suggested")
    qtbot.waitUntil(lambda: queue.active and not queue.is_searching)
    (shown,) = queue.current.tracks
    assert shown != first
    assert session.document.objects(session.view.clip.id)[shown].confidence.mean() > 0.9
