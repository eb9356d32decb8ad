"""Suggestions are split and joined within the queue, by keys; the queue stays at what is selected."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.trajectories.model import ObjectTrajectory, Origin, Review
from core.trajectories.suggestion_edits import AddSuggestions
from studio.app import Studio
from tests.studio.at_the_window import CTRL, key
from tests.studio.review.at_the_queue import choose

NEXT, SPLIT, JOIN, ACCEPT = Qt.Key.Key_BracketRight, Qt.Key.Key_X, Qt.Key.Key_M, Qt.Key.Key_Return


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
