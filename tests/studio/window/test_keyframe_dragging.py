"""A keyframe is dragged along its lane, in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from core.trajectories.model import Origin
from studio.app import Studio
from tests.studio.at_the_window import CTRL, GOOSE, SWAN, key
from tests.studio.window.test_filling import everything, rows, wait

LEFT = Qt.MouseButton.LeftButton


class Lane:
    """A mouse on the lane of a track."""

    def __init__(self, studio: Studio, id: int) -> None:
        self._timeline, self._id = studio.session.timeline, id

    def at(self, frame: float) -> QPoint:
        """The middle of a frame."""
        lanes = self._timeline.lanes
        return QPoint(round(lanes.scale.middle(frame)), round(lanes.lane_rect(self._id).center().y()))

    def press(self, frame: float, *ways: float) -> None:
        QTest.mousePress(self._timeline.viewport(), LEFT, pos=self.at(frame))
        for way in ways:
            QTest.mouseMove(self._timeline.viewport(), self.at(way))

    def release(self, frame: float) -> None:
        QTest.mouseRelease(self._timeline.viewport(), LEFT, pos=self.at(frame))

    def drag(self, *frames: float) -> None:
        self.press(*frames)
        self.release(frames[-1])

    def pixels(self):
        return self._timeline.viewport().grab().toImage()


@pytest.fixture
def straight(open_studio: Studio, qtbot) -> Studio:
    """The swan is filled straight between keyframes: at 0, 5, 11 it is 10, 15, 21 pixels from the left."""
    open_studio.session.view.set_selection({SWAN})
    qtbot.waitUntil(open_studio.window.commands["fill_box"].isEnabled)
    open_studio.window.commands["fill_box"].trigger()
    wait(open_studio, qtbot)
    return open_studio


def test_a_dragged_keyframe_is_filled_around_at_once_and_one_undo_takes_both_back(straight: Studio, qtbot):
    lane, before = Lane(straight, SWAN), everything(straight)
    quiet = lane.pixels()
    lane.press(5, 6, 7, 8)
    assert straight.window.hint.text() == "Release to move keyframe 5 to frame 8; Esc cancels."
    assert lane.pixels() != quiet, "the ghost of the tick"
    lane.release(8)
    wait(straight, qtbot)
    assert straight.session.view.frame == 8
    found = rows(straight, SWAN)
    assert [frame for frame, *_ in found] == list(range(12))
    lefts = np.interp(np.arange(12), (0, 8, 11), (10, 15, 21))
    np.testing.assert_allclose([left for _, left, *_ in found], lefts, atol=0.01)
    assert [frame for frame, _, origin, _ in found if origin == Origin.EDITED] == [8]
    assert [frame for frame, _, origin, _ in found if origin == Origin.ANNOTATED] == [0, 11]
    assert found[8][3], "with its mask"
    assert straight.session.document.history()[0].text == f"Move keyframe of track {SWAN} from frame 5 to 8"
    key(qtbot, straight, Qt.Key.Key_Z, CTRL)
    assert everything(straight) == before


def test_it_stops_beside_its_neighbours_and_only_a_selected_track_is_touched(straight: Studio, qtbot):
    session, swan, goose = straight.session, Lane(straight, SWAN), Lane(straight, GOOSE)
    before = session.document.revision()
    swan.press(5, 6, 8)
    qtbot.keyClick(session.timeline, Qt.Key.Key_Escape)
    swan.release(8)
    swan.drag(5, 8, 5)
    assert session.document.revision() == before, "Escape, and the way back, leave it where it was"
    goose.drag(5, 6, 8)
    assert session.document.revision() == before
    assert straight.window.hint.text() == "Click on the track first; then its keyframes can be dragged."
    session.view.set_selection({SWAN, GOOSE})
    goose.press(5, 8, 14)
    assert "stops at frame 10: it cannot pass" in straight.window.hint.text()
    goose.release(14)
    wait(straight, qtbot)
    keys = [
        [frame for frame, _, origin, _ in rows(straight, id) if origin != Origin.PROPAGATED]
        for id in (SWAN, GOOSE)
    ]
    assert keys == [[0, 5, 11], [0, 10, 11]], "of several selected tracks the one that is pressed"
    assert session.view.selection == {SWAN, GOOSE}


def test_masks_are_filled_in_a_thread_and_still_one_undo_takes_all_back(drawn_studio: Studio, qtbot):
    (id,) = drawn_studio.session.view.selection
    qtbot.waitUntil(drawn_studio.window.commands["fill_shape"].isEnabled)
    drawn_studio.window.commands["fill_shape"].trigger()
    wait(drawn_studio, qtbot)
    before, old = everything(drawn_studio), rows(drawn_studio, id)
    Lane(drawn_studio, id).drag(8, 9, 11)
    wait(drawn_studio, qtbot)
    found = rows(drawn_studio, id)
    assert [row[0] for row in found if row[2] != Origin.PROPAGATED] == [0, 11, 16, 24]
    assert [row[0] for row in found] == list(range(25))
    assert all(row[3] for row in found)
    changed = {mine[0] for mine, then in zip(found, old, strict=True) if mine != then}
    assert {8, 11} <= changed <= set(range(1, 16)), "up to the keyframes beside it"
    key(qtbot, drawn_studio, Qt.Key.Key_Z, CTRL)
    assert everything(drawn_studio) == before
