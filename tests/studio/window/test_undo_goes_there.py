"""Undo in the real window: where it goes, what it says, and what of a job it leaves alone."""

from PySide6.QtCore import Qt

from core.trajectories import store
from core.trajectories.bulk_edits import FillObservations, ReplacePoints
from core.trajectories.observation_edits import DeleteObservation
from core.trajectories.trajectory_edits import Relabel, Split
from studio.app import Studio
from tests.core.trajectories.small_database import make_object
from tests.studio.at_the_window import CTRL, GOOSE, SHIFT, SWAN, key
from tests.studio.small_project import draw_points


def label_of(studio: Studio, id: int) -> str:
    """The label of a track in the database."""
    with studio.session.document.project.reading() as connection:
        return store.some_objects(connection, [id])[0].label


def test_undo_and_redo_go_to_clip_and_frame_of_what_they_change_and_say_where(open_studio: Studio, qtbot):
    session, toasts = open_studio.session, open_studio.window.toasts
    birds, cars = (one.clip for one in session.clips.summaries)
    session.document.perform(DeleteObservation(birds.id, GOOSE, 5))
    session.view.set_clip(cars)
    session.view.set_frame(9)
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert session.view.clip.id == birds.id
    assert (session.view.frame, session.view.selection) == (5, {GOOSE})
    assert session.clips.tree.chosen_ids() == [birds.id], "Ctrl, which is held, adds no clip to the other"
    assert toasts.texts == [f"Undone in birds: Delete track {GOOSE} at frame 5"]
    session.view.set_clip(cars)
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL | SHIFT)
    assert (session.view.clip.id, session.view.frame) == (birds.id, 5)
    assert session.clips.tree.chosen_ids() == [birds.id]
    assert toasts.texts == [f"Done again in birds: Delete track {GOOSE} at frame 5"]


def test_where_what_changes_is_seen_already_the_frame_stays(open_studio: Studio, qtbot):
    session = open_studio.session
    session.document.perform(Split(session.view.clip.id, SWAN, 5))
    for frame, expected in ((8, 8), (2, 5)):
        session.view.set_frame(frame)
        key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
        assert (session.view.frame, session.view.selection) == (expected, {SWAN})
        key(qtbot, open_studio, Qt.Key.Key_Z, CTRL | SHIFT)


def test_a_job_that_lands_is_not_what_the_next_undo_takes_back(open_studio: Studio, qtbot):
    session, window = open_studio.session, open_studio.window
    document, clip = session.document, session.view.clip.id
    document.perform(Relabel(clip, (SWAN,), "mine"))
    document.perform(ReplacePoints({clip: draw_points(7)}))
    assert window.toasts.texts == [f"Label track {SWAN} 'mine'", "Track 7 points"]
    assert window.commands["undo"].text().replace("&", "") == f"Undo Label track {SWAN} 'mine'"
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert label_of(open_studio, SWAN) == "swan"
    assert len(document.points(clip)) == 7
    (tracked,) = (one for one in document.history() if one.text == "Track 7 points")
    session.history.turn_asked.emit([tracked.id])
    assert len(document.points(clip)) == 20


def test_a_job_that_stands_in_the_way_of_undo_is_named(open_studio: Studio, qtbot):
    session, clip = open_studio.session, open_studio.session.view.clip.id
    session.document.perform(Relabel(clip, (SWAN,), "mine"))
    session.document.perform(FillObservations({clip: {SWAN: make_object([3], masks=False)}}))
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert label_of(open_studio, SWAN) == "mine"
    assert open_studio.window.toasts.texts[-1] == (
        f"“Label track {SWAN} 'mine'” cannot be taken back alone: “Densify 1 object” came later and changed "
        "the same; take that back first, in History."
    )


def test_the_form_of_tracking_says_what_it_replaces_and_what_it_keeps(open_studio: Studio, qtbot):
    session = open_studio.session
    clip, popover = session.view.clip.id, session.jobs.popovers["track"]
    points = session.document.points(clip)
    long_one = int(points.ids[points.lengths.argmax()])
    session.document.perform(Split(clip, long_one, int(points.first[points.lengths.argmax()]) + 2))
    open_studio.window.commands["track"].trigger()
    keeps = "Replaces 19 tracked points; keeps 2 that you edited or reviewed."
    qtbot.waitUntil(lambda: popover.note.text() == keeps)
    qtbot.keyClick(popover.clips, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: popover.note.text().startswith("Replaces 39 tracked points; keeps 2"))
    popover.hide()
    densify = session.jobs.popovers["densify"]
    open_studio.window.commands["densify"].trigger()
    assert densify.isVisible()
    assert densify.note.text() == "", "nothing was filled yet"
    densify.hide()
