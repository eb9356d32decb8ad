"""What an edit costs is said before it is made; the counts are worked out by hand.

An object of the small project is seen in frames 0, 5 and 11, which makes three positive pairs; its points are
too short to train. Points added here are seen in twelve frames: 28 pairs at least five frames apart.
"""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.datasets.clip import Use
from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.clip_edits import ChooseUse
from core.trajectories.model import PointTrajectories, Review
from core.trajectories.trajectory_edits import SetReview
from studio.app import Studio
from tests.studio.at_the_window import GOOSE, SWAN, key

PAIRS = 28


@pytest.fixture
def curating(open_studio: Studio, qtbot) -> Studio:
    """Looks at `birds`: two objects, and three points of twelve frames in the place of the short ones."""
    session = open_studio.session
    clip = next(one.clip for one in session.document.clips() if one.clip.name == "birds")
    paths = [np.stack([np.arange(12) + 5.0, np.full(12, 5.0 + k)], 1) for k in range(3)]
    errors = [np.full(12, k + 0.5) for k in range(3)]
    assert session.document.perform(ReplacePoints({clip.id: PointTrajectories.pack([0] * 3, paths, errors)}))
    session.view.set_clip(clip)
    qtbot.waitUntil(lambda: len(session.tracks.model.shown_ids) == 5)
    return open_studio


def points(studio: Studio) -> list[int]:
    return studio.session.document.points(studio.session.view.clip.id).ids.tolist()


def test_without_a_selection_the_clip_the_filter_and_the_accepted_tracks_are_weighed(curating, qtbot):
    session, clip = curating.session, curating.session.view.clip
    empty = session.inspector.empty
    qtbot.waitUntil(lambda: "In training: 5 tracks, 42 observations, 90 positive pairs." in empty.text())
    assert "alone" not in empty.text()
    session.document.perform(SetReview(clip.id, (SWAN,), Review.ACCEPTED))
    accepted = "Accepted ones alone: 1 of 5 tracks, 3 of 42 observations, 3 of 90 positive pairs."
    qtbot.waitUntil(lambda: accepted in empty.text())
    session.tracks.filter_row.search.setText("goose")
    shown = "Those shown alone: 1 of 5 tracks, 3 of 42 observations, 3 of 90 positive pairs."
    qtbot.waitUntil(lambda: shown in empty.text())
    session.tracks.filter_row.search.setText("review:accepted")
    qtbot.waitUntil(lambda: shown in empty.text())
    assert "Accepted ones alone" not in empty.text(), "the same count is said once"
    session.tracks.filter_row.search.setText("goose")
    session.document.perform(SetReview(clip.id, (GOOSE,), Review.REJECTED))
    qtbot.waitUntil(lambda: "Those shown alone: 0 of 4 tracks" in empty.text())


def test_what_rejecting_the_selection_costs(curating, qtbot):
    session, clip, note = curating.session, curating.session.view.clip, curating.session.impact
    first, second, third = points(curating)
    session.view.set_selection((first, second))
    share = "2 of 5 tracks, 24 of 42 observations, 56 of 90 positive pairs"
    qtbot.waitUntil(lambda: note.text() == f"Rejecting them takes {share} out of training.")
    session.view.set_selection((SWAN, GOOSE, first, second, third))
    qtbot.waitUntil(lambda: note.text().endswith("Nothing of birds would train then."))
    session.document.perform(SetReview(clip.id, (first,), Review.REJECTED))
    session.view.set_selection((first,))
    rejected = "Rejected, so nothing of it trains; accepting it brings 28 positive pairs."
    qtbot.waitUntil(lambda: note.text() == rejected)


def test_what_a_split_here_costs(curating, qtbot):
    session, note = curating.session, curating.session.impact
    first, *_ = points(curating)
    session.view.set_selection((first,))
    qtbot.waitUntil(lambda: note.text() != "")
    assert "Split here" not in note.text()  # the track starts here
    session.view.set_frame(6)  # two parts of six frames, both shorter than ten
    qtbot.waitUntil(lambda: note.text().endswith("Split here, 28 positive pairs fewer."))
    session.view.set_frame(11)  # eleven frames are left: 21 pairs
    qtbot.waitUntil(lambda: note.text().endswith("Split here, 7 positive pairs fewer."))
    session.view.set_selection((SWAN,))
    session.view.set_frame(5)  # frame 0 alone trains nothing, 5 and 11 do
    qtbot.waitUntil(lambda: note.text().endswith("Split here, 2 positive pairs fewer."))


def test_a_batch_that_is_rejected_by_a_key_is_told_with_its_cost(curating, qtbot):
    session = curating.session
    session.view.set_selection(points(curating))
    told = []
    session.actions.told.connect(told.append)
    key(qtbot, curating, Qt.Key.Key_Backspace)
    share = "3 of 5 tracks, 36 of 42 observations, 84 of 90 positive pairs"
    assert told == [f"Out of training: {share} of birds."]
    assert session.document.last_edit().text == "Reject 3 tracks"
    session.view.set_selection((SWAN,))
    key(qtbot, curating, Qt.Key.Key_Backspace)
    assert len(told) == 1  # one track needs no telling


def test_a_clip_that_does_not_train_and_tracks_that_are_too_short(curating, qtbot):
    session, note = curating.session, curating.session.impact
    clip = session.view.clip
    session.document.perform(ChooseUse((replace(clip, use=Use.HELD_OUT),)))
    session.view.set_clip(next(one.clip for one in session.document.clips() if one.clip.name == "birds"))
    session.view.set_selection((SWAN,))
    qtbot.waitUntil(lambda: note.text() == "birds is held out: its tracks train nothing.")
    assert note.cost() == ""
    session.view.set_clip(next(one.clip for one in session.document.clips() if one.clip.name == "cars"))
    session.view.set_selection(session.document.points(session.view.clip.id).ids[:2].tolist())
    qtbot.waitUntil(lambda: note.text() == "Too short or too small to train.")
    session.view.set_clip(None)
    qtbot.waitUntil(lambda: "In training" not in session.inspector.empty.text())
