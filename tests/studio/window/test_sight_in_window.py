"""Occluded and out of sight, by key, in the real window."""

import numpy as np
from PySide6.QtCore import Qt
from sqlalchemy import select

from core.trajectories import schema
from core.trajectories.model import Flag, Origin
from studio.app import Studio
from tests.studio.at_the_window import CTRL, GOOSE, SWAN, key
from tests.studio.window.test_filling import everything, go, rows, wait


def flags(studio: Studio, id: int) -> dict[int, int]:
    """Frame → what is said there of an object, in the database; the others say nothing."""
    o = schema.observation.c
    said = Flag.OCCLUDED | Flag.OUTSIDE
    query = select(o.frame, o.flags).where(o.trajectory_id == id).order_by(o.frame)
    with studio.session.document.project.reading() as connection:
        return {frame: value & said for frame, value in connection.execute(query) if value & said}


def test_by_key_objects_are_occluded_and_out_of_sight_and_back(open_studio: Studio, qtbot):
    session, commands = open_studio.session, open_studio.window.commands
    session.view.set_selection({SWAN, GOOSE})
    qtbot.waitUntil(commands["fill_box"].isEnabled)
    commands["fill_box"].trigger()
    wait(open_studio, qtbot)
    whole = everything(open_studio)

    go(open_studio, qtbot, 3)
    plain = session.canvas.frame_view.grab().toImage()
    key(qtbot, open_studio, Qt.Key.Key_Q)
    wait(open_studio, qtbot)
    assert flags(open_studio, SWAN) == flags(open_studio, GOOSE) == {3: Flag.OCCLUDED}
    assert session.canvas.frame_view.grab().toImage() != plain
    assert [row[0] for row in rows(open_studio, SWAN) if row[2] == Origin.EDITED] == [3]
    assert session.document.history()[0].text == "2 tracks occluded from frame 3"
    go(open_studio, qtbot, 4)
    qtbot.waitUntil(commands["occluded"].isChecked)
    session.view.set_selection({SWAN})
    qtbot.waitUntil(lambda: "occluded" in session.inspector.facts["Here"].text())
    go(open_studio, qtbot, 5)
    qtbot.waitUntil(lambda: not commands["occluded"].isChecked())
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    wait(open_studio, qtbot)
    assert everything(open_studio) == whole

    session.view.set_selection({SWAN})
    go(open_studio, qtbot, 7)
    lane = session.timeline.viewport().grab().toImage()
    key(qtbot, open_studio, Qt.Key.Key_O)
    wait(open_studio, qtbot)
    assert [row[0] for row in rows(open_studio, SWAN)] == [*range(7), 11]
    assert flags(open_studio, SWAN) == {6: Flag.OUTSIDE}
    assert session.timeline.viewport().grab().toImage() != lane
    qtbot.waitUntil(commands["outside"].isChecked)
    assert session.inspector.facts["Here"].text() == "out of sight"
    key(qtbot, open_studio, Qt.Key.Key_Q)
    assert open_studio.window.hint.text() == "What is selected is not in this frame."
    out = everything(open_studio)

    go(open_studio, qtbot, 9)
    key(qtbot, open_studio, Qt.Key.Key_O)
    wait(open_studio, qtbot)
    found = rows(open_studio, SWAN)
    assert [row[0] for row in found] == [*range(7), 9, 10, 11], "filled from there to the next keyframe"
    np.testing.assert_allclose([row[1] for row in found[-3:]], (16, 18.5, 21), atol=0.01)
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(open_studio) == out
    go(open_studio, qtbot, 7)
    key(qtbot, open_studio, Qt.Key.Key_O)
    wait(open_studio, qtbot)
    assert [row[0] for row in rows(open_studio, SWAN)] == list(range(12)), "pressed again, it is back"
    assert flags(open_studio, SWAN) == {}
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(open_studio) == whole

    go(open_studio, qtbot, 0)
    key(qtbot, open_studio, Qt.Key.Key_O)
    assert open_studio.window.hint.text().startswith("The object is not there before this frame; trim")
    assert everything(open_studio) == whole


def test_a_keyframe_that_went_out_of_sight_has_its_own_shape_when_the_key_is_pressed_again(
    open_studio: Studio, qtbot
):
    open_studio.session.view.set_selection({SWAN})
    go(open_studio, qtbot, 5)
    before = everything(open_studio)
    key(qtbot, open_studio, Qt.Key.Key_O)
    wait(open_studio, qtbot)
    assert [row[0] for row in rows(open_studio, SWAN)] == [0, 11]
    key(qtbot, open_studio, Qt.Key.Key_O)
    wait(open_studio, qtbot)
    assert everything(open_studio) == before
