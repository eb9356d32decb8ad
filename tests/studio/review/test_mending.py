"""Planted errors are mended through the queue alone, by keys; the database is read."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.identity.change_points import Finding
from core.trajectories import store
from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.model import EndReason, PointTrajectories, Review
from core.trajectories.observation_edits import AddObject
from core.trajectories.trajectory_edits import Swap
from studio.app import Studio
from tests.studio import densified
from tests.studio.at_the_window import CTRL, key
from tests.studio.editing.test_proposals import a_run
from tests.studio.judged import judge
from tests.studio.review.at_the_queue import choose
from tests.studio.small_project import draw_points

NEXT, ACCEPT, REJECT = Qt.Key.Key_BracketRight, Qt.Key.Key_Return, Qt.Key.Key_Backspace
WRONG, SWAPPED, DRIFT = (3, 4), 14, 9.0


def some_points() -> PointTrajectories:
    """A good point, one that drifts, and one that was lost for a frame and found again."""
    paths = [[(20.0 + k, row) for k in range(12)] for row in (100.0, 120.0)]
    paths += [[(20.0 + k, 140.0) for k in range(0, 6)], [(20.0 + k, 140.0) for k in range(7, 12)]]
    errors = [np.full(len(path), 0.1) for path in paths]
    errors[1][8] = DRIFT
    lost, end = EndReason.INCONSISTENT, EndReason.CLIP_END
    return PointTrajectories.pack(
        [0, 0, 0, 7], [np.array(path) for path in paths], errors, [end, end, lost, end]
    )


@pytest.fixture
def planted(open_studio: Studio, drawn, tmp_path: Path, qtbot) -> Studio:
    """A clip with a wrong fill, a swap, a false object, a broken point and one that drifts."""
    session = open_studio.session
    document = session.document
    (tmp_path / "drawn").mkdir()
    densified.add_to(document, tmp_path / "drawn", drawn)
    clip = next(known.clip for known in document.clips() if known.clip.name == "drawn")
    others = {one.clip.id: draw_points(1) for one in document.clips() if one.clip.id != clip.id}
    assert document.perform(ReplacePoints({clip.id: some_points(), **others}))
    session.view.set_clip(clip)
    first, second = document.objects(clip.id)
    judge(document, clip.id, first, {}, WRONG)
    assert document.perform(Swap(clip.id, first, second, SWAPPED))
    a_run(open_studio, [Finding((0, 1), SWAPPED, 0.9, 0.6, 0.1, 0.05)])
    assert document.perform(AddObject(clip.id, "ghost", 6, np.array([80.0, 60, 99, 80])))
    qtbot.waitUntil(lambda: len(session.proposals.of_clip(clip.id)) == 1)
    return open_studio


def stored(studio: Studio):
    """The objects by id and the points of the clip, as the database has them."""
    clip_id = studio.session.view.clip.id
    with studio.session.document.project.reading() as connection:
        objects = {one.id: one for one in store.objects(connection, clip_id)}
        return objects, store.points(connection, clip_id)


def test_a_planted_set_of_errors_is_mended_by_two_keys_each_and_undone_one_by_one(planted: Studio, qtbot):
    session = planted.session
    objects, points = stored(planted)
    first, second, ghost = sorted(objects)
    swapped = [objects[id].boxes[-1] for id in (first, second)]
    decisions = [
        ("disagreements", REJECT),
        ("identity_errors", ACCEPT),
        ("births", REJECT),
        ("short_gaps", ACCEPT),
        ("worst_links", REJECT),
    ]
    for recipe, decision in decisions:
        choose(planted, qtbot, recipe)
        session.view.set_selection(())
        key(qtbot, planted, NEXT)
        assert session.queue.active
        key(qtbot, planted, decision)
    after, mended = stored(planted)
    assert set(objects[first].frames) - set(after[first].frames) == set(WRONG)
    assert np.array_equal([after[id].boxes[-1] for id in (first, second)], swapped[::-1])
    assert after[ghost].review == Review.REJECTED
    bridged = mended.take(mended.ids == points.ids[2])
    assert (bridged.first[0], bridged.last[0], len(mended)) == (0, 11, 3)
    assert mended.review.tolist() == [Review.OPEN, Review.REJECTED, Review.OPEN]
    for _ in decisions:
        key(qtbot, planted, Qt.Key.Key_Z, CTRL)
    again, whole = stored(planted)
    for id, one in objects.items():
        assert np.array_equal(again[id].boxes, one.boxes)
        assert np.array_equal(again[id].flags, one.flags)
        assert (again[id].review, again[id].masks) == (one.review, one.masks)
    for name in ("ids", "first", "offsets", "xy", "error", "origin", "end_reason", "review"):
        assert np.array_equal(getattr(whole, name), getattr(points, name))


def test_what_is_dismissed_or_left_is_not_asked_again(planted: Studio, qtbot):
    for recipe, total in (("identity_errors", 1), ("short_gaps", 1), ("disagreements", 1)):
        panel = choose(planted, qtbot, recipe)
        assert panel.model.rowCount() == total
        key(qtbot, planted, NEXT)
        key(qtbot, planted, ACCEPT if recipe == "disagreements" else REJECT)
        qtbot.waitUntil(lambda panel=panel: panel.empty.text() == "All 1 are decided.")
    choose(planted, qtbot, "short_gaps")
    assert planted.session.review.empty.text() == "All 1 are decided."
    assert len(stored(planted)[1]) == 4
    assert not any(len(one.to_check) for one in stored(planted)[0].values())


def test_what_was_mended_by_hand_is_passed_over_by_enter(planted: Studio, qtbot):
    session = planted.session
    choose(planted, qtbot, "births")
    key(qtbot, planted, NEXT)
    (ghost,) = session.view.selection
    key(qtbot, planted, Qt.Key.Key_Delete, Qt.KeyboardModifier.ShiftModifier)
    assert ghost not in stored(planted)[0]
    qtbot.waitUntil(lambda: not session.queue.is_searching and not len(session.queue.order))
    key(qtbot, planted, ACCEPT)
    assert session.queue.of_recipe.decided == {f"{session.view.clip.id}:{ghost}": "mended"}
    assert not session.queue.active
