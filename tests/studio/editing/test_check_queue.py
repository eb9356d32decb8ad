"""A person goes from frame to frame where ways of filling disagree, and decides what is true."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.identity.proposals import Proposal, What
from core.trajectories.model import Flag, ObjectTrajectory, Origin, Review
from core.trajectories.trajectory_edits import SetReview
from studio.app import Studio
from studio.editing.check_queue import Check, next_to_check
from studio.editing.proposals import Proposed
from tests.studio import densified
from tests.studio.at_the_window import key
from tests.studio.judged import judge


def an_object(id: int, flagged: list[int], review: Review = Review.OPEN) -> ObjectTrajectory:
    frames = np.arange(10, dtype=np.int32)
    return ObjectTrajectory(
        id=id,
        frames=frames,
        boxes=np.zeros((10, 4), np.float32),
        origin=np.full(10, Origin.PROPAGATED, np.uint8),
        confidence=np.ones(10, np.float32),
        masks=(None,) * 10,
        flags=np.where(np.isin(frames, flagged), Flag.DISAGREES, 0).astype(np.uint8),
        review=review,
    )


OBJECTS = [
    an_object(4, [2, 3, 8]),
    an_object(1, []),
    an_object(7, [5], Review.REJECTED),
    an_object(3, [0, 9]),
]


ORDER = [one.id for one in OBJECTS]
BY_ID = {one.id: one for one in OBJECTS}


@pytest.mark.parametrize(
    ("selection", "frame", "by", "found"),
    [
        ((), 6, 1, (4, 2)),
        ((4,), 2, 1, (4, 3)),
        ((4,), 5, 1, (4, 8)),
        ((4,), 8, 1, (3, 0)),
        ((1,), 0, 1, (3, 0)),
        ((3,), 9, 1, None),
        ((99,), 6, 1, (4, 2)),
        ((), 6, -1, (3, 9)),
        ((3,), 0, -1, (4, 8)),
        ((7,), 9, -1, (4, 8)),
        ((4,), 2, -1, None),
    ],
)
def test_the_next_frame_to_check(selection, frame, by, found):
    check = next_to_check(ORDER, BY_ID, (), selection, frame, by)
    assert check == (None if found is None else Check((found[0],), found[1]))


def test_nothing_to_check():
    assert next_to_check([], {}, (), (), 0, 1) is None


def a_proposal(frame: int, *tracks: int) -> Proposed:
    what = What.SWAP if len(tracks) == 2 else What.CUT
    return Proposed(Proposal(1, what, frame, (), 1.0, 0.0, 0.0, 0.0), tracks)


@pytest.mark.parametrize(
    ("selection", "frame", "by", "found"),
    [
        ((4,), 3, 1, Check((3, 4), 6)),  # the swap, at the first of its tracks in the table
        ((3, 4), 6, 1, Check((4,), 8)),
        ((4,), 8, 1, Check((1,), 7)),
        ((1,), 7, 1, Check((3,), 0)),
        ((3,), 0, -1, Check((1,), 7)),
        ((1,), 7, -1, Check((4,), 8)),
        ((4,), 8, -1, Check((3, 4), 6)),
        ((3,), 9, 1, Check((55,), 1)),
    ],
)
def test_what_is_proposed_is_met_on_the_way_and_a_swap_once(selection, frame, by, found):
    proposed = [a_proposal(6, 3, 4), a_proposal(7, 1), a_proposal(1, 55), a_proposal(2, 77)]
    assert next_to_check([*ORDER, 55], BY_ID, proposed, selection, frame, by) == found


@pytest.fixture
def checking(open_studio: Studio, drawn, qtbot, tmp_path: Path) -> Studio:
    """Looks at two densified objects, the first with frames 3, 4 and 12 to check, the second with 20."""
    session = open_studio.session
    (tmp_path / "drawn").mkdir()
    densified.add_to(session.document, tmp_path / "drawn", drawn)
    clip = next(known.clip for known in session.document.clips() if known.clip.name == "drawn")
    session.view.set_clip(clip)
    first, second = session.document.objects(clip.id)
    judge(session.document, clip.id, first, {}, {3, 4, 12})
    judge(session.document, clip.id, second, {}, {20})
    return open_studio


def test_brackets_go_from_frame_to_frame_and_say_when_there_is_none_left(checking: Studio, qtbot):
    view, (first, second) = checking.session.view, sorted(checking.session.tracks.model.shown_ids.tolist())
    seen = []
    for _ in range(4):
        key(qtbot, checking, Qt.Key.Key_BracketRight)
        seen.append((*view.selection, view.frame))
    assert seen == [(first, 3), (first, 4), (first, 12), (second, 20)]
    key(qtbot, checking, Qt.Key.Key_BracketRight)
    assert (*view.selection, view.frame) == (second, 20)
    assert checking.window.hint.text() == "No more frames to check."
    key(qtbot, checking, Qt.Key.Key_BracketLeft)
    assert (*view.selection, view.frame) == (first, 12)


def test_confirming_a_frame_takes_it_off_the_list(checking: Studio, qtbot):
    session = checking.session
    checking.window.commands["fill_again"].setChecked(False)
    key(qtbot, checking, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: session.canvas.stage.scene.frame == 3)
    key(qtbot, checking, Qt.Key.Key_K)
    (id,) = session.view.selection
    one = session.document.objects(session.view.clip.id)[id]
    assert one.to_check.tolist() == [4, 12]
    assert 3 in one.keyframes
    session.document.undo()
    assert session.document.objects(session.view.clip.id)[id].to_check.tolist() == [3, 4, 12]


def test_rejected_objects_and_those_the_filter_hides_are_passed_over(checking: Studio, qtbot):
    session = checking.session
    first, second = sorted(session.document.objects(session.view.clip.id))
    session.document.perform(SetReview(session.view.clip.id, (first,), Review.REJECTED))
    key(qtbot, checking, Qt.Key.Key_BracketRight)
    assert (*session.view.selection, session.view.frame) == (second, 20)
    session.document.undo()
    session.view.set_selection(())
    session.tracks.filter_row.search.setText(str(second))
    qtbot.waitUntil(lambda: session.tracks.model.shown_ids.tolist() == [second])
    session.view.set_frame(0)
    key(qtbot, checking, Qt.Key.Key_BracketRight)
    assert (*session.view.selection, session.view.frame) == (second, 20)
