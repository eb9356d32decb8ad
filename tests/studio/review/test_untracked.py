"""What moves and no object follows is drawn, accepted or dismissed from the review queue, by keys."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.model import Origin, PointTrajectories
from studio.app import Studio
from tests.studio.at_the_window import CTRL, key
from tests.studio.canvas.drawn import Mouse
from tests.studio.review.at_the_queue import choose
from tests.studio.small_project import FRAMES, HEIGHT, WIDTH


def moving() -> PointTrajectories:
    """Points of a picture that stands still, and nine that go a pixel and a half up a frame."""
    still = [(x, y) for x in range(4, WIDTH, 8) for y in range(4, HEIGHT, 8)]
    thing = [(x, y) for x in (44, 46, 48) for y in (34, 36, 38)]
    frames = np.arange(FRAMES)[:, None]
    paths = [np.array(place) + frames * (0, 0) for place in still]
    paths += [np.array(place) + frames * (0, -1.5) for place in thing]
    return PointTrajectories.pack([0] * len(paths), paths)


@pytest.fixture
def at_item(open_studio: Studio, qtbot) -> Studio:
    session = open_studio.session
    open_studio.window.commands["fill_again"].setChecked(False)
    others = [one.clip.id for one in session.document.clips() if one.clip.id != session.view.clip.id]
    points = {session.view.clip.id: moving(), others[0]: PointTrajectories.pack([], [])}
    assert session.document.perform(ReplacePoints(points))
    choose(open_studio, qtbot, "untracked")
    key(qtbot, open_studio, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: session.queue.active)
    qtbot.waitUntil(lambda: session.canvas.stage.scene.frame == session.view.frame)  # keys act on that
    return open_studio


def new_objects(studio: Studio, before: set[int]) -> dict:
    objects = studio.session.document.objects(studio.session.view.clip.id)
    return {id: one for id, one in objects.items() if id not in before}


def test_enter_makes_an_object_of_boxes_around_the_points_and_undo_takes_it_back(at_item: Studio, qtbot):
    session = at_item.session
    queue, item = session.queue, session.queue.current
    before = set(session.document.objects(session.view.clip.id))
    assert session.review.counts.text() == "1 to review, 0 kept as they are; 1 clip has no points"
    panel = session.review
    assert panel.threshold.isHidden(), "one item has no spread of values to choose from"
    usual = session.queue.of_recipe.threshold
    session.queue.set_threshold(session.queue.order.findings.values[0] + 10)
    assert panel.counts.text() == "0 to review, 1 kept as it is; 1 clip has no points"
    assert panel.empty.text() == "Nothing lies beyond the threshold; change it to see more."
    assert panel.threshold.isVisible(), "what is to be changed can be"
    panel.threshold.setValue(panel.threshold.minimum())
    assert panel.counts.text().startswith("1 to review")
    session.queue.set_threshold(usual)
    assert at_item.window.hint.text().startswith("1 of 1: In frames 0 to 11, 9 points that lie in no object")
    shown = session.canvas.stage.camera
    corner = shown.to_view(np.array([[46.0, 36 - 1.5 * item.frame]]))[0]
    assert 0 < corner[0] < session.canvas.frame_view.width()
    key(qtbot, at_item, Qt.Key.Key_Return)
    ((id, one),) = new_objects(at_item, before).items()
    assert one.frames.tolist() == list(range(FRAMES))
    assert one.keyframes.tolist() == [item.frame]
    assert set(one.origin.tolist()) == {Origin.EDITED, Origin.PROPAGATED}
    np.testing.assert_allclose(one.boxes[4], (44, 28, 48, 32))
    qtbot.waitUntil(lambda: not queue.is_searching)
    assert not len(queue.order), "it is followed now"
    key(qtbot, at_item, Qt.Key.Key_Z, CTRL)
    assert not new_objects(at_item, before)
    qtbot.waitUntil(lambda: len(queue.order) == 1 and not queue.is_searching)
    key(qtbot, at_item, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: queue.active)
    key(qtbot, at_item, Qt.Key.Key_Backspace)
    assert not new_objects(at_item, before)
    choose(at_item, qtbot, "births")
    choose(at_item, qtbot, "untracked")
    assert not len(queue.order), "it was dismissed"
    assert id not in session.document.objects(session.view.clip.id)


def test_what_is_drawn_there_belongs_to_the_item_and_enter_goes_on_once_it_is_carried(at_item: Studio, qtbot):
    session, mouse = at_item.session, Mouse(at_item.session.canvas.frame_view)
    queue, before = session.queue, set(session.document.objects(session.view.clip.id))
    y = 36 - 1.5 * queue.current.frame
    key(qtbot, at_item, Qt.Key.Key_N)
    mouse.drag((42, y - 4), (46, y), (50, y + 4))
    ((id, _),) = new_objects(at_item, before).items()
    assert session.view.selection == {id}
    assert queue.active, "the new object is the item's"
    qtbot.waitUntil(lambda: not queue.is_searching)
    assert len(queue.order) >= 1, "it is followed in one frame only"
    key(qtbot, at_item, Qt.Key.Key_V)
    session.view.set_selection({min(before)})
    assert not queue.active
