"""Objects that a person draws are filled between their keyframes, in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from sqlalchemy import select

from core.geometry import decode_mask
from core.trajectories import schema
from core.trajectories.model import Origin
from studio.app import Studio
from tests.studio import densified
from tests.studio.at_the_window import CTRL, SHIFT, SWAN, key
from tests.studio.canvas.drawn import Mouse


def rows(studio: Studio, id: int) -> list[tuple[int, float, int, bool]]:
    """Frame, left edge, origin and whether there is a mask, of an object in the database."""
    o = schema.observation.c
    query = select(o.frame, o.x1, o.origin, o.mask).where(o.trajectory_id == id).order_by(o.frame)
    with studio.session.document.project.reading() as connection:
        return [(row[0], row[1], row[2], bool(row[3])) for row in connection.execute(query)]


def everything(studio: Studio) -> list[list[tuple]]:
    with studio.session.document.project.reading() as connection:
        tables = (schema.clip, schema.trajectory, schema.observation)
        return [
            [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        ]


def go(studio: Studio, qtbot, frame: int) -> None:
    studio.session.view.set_frame(frame)
    qtbot.waitUntil(lambda: studio.session.canvas.stage.scene.frame == frame)


def chosen(studio: Studio) -> int:
    (id,) = studio.session.view.selection
    return id


def wait(studio: Studio, qtbot) -> None:
    qtbot.waitUntil(lambda: studio.session.filling.refilling.is_idle)


@pytest.fixture
def two_boxes(open_studio: Studio, qtbot) -> Studio:
    """A new object with the boxes 4..14 at frame 2 and 24..34 at frame 7, drawn with the mouse."""
    mouse = Mouse(open_studio.session.canvas.frame_view)
    go(open_studio, qtbot, 2)
    key(qtbot, open_studio, Qt.Key.Key_N)
    mouse.drag((4, 20), (10, 25), (14, 30))
    qtbot.waitUntil(lambda: len(open_studio.session.view.selection) == 1)
    go(open_studio, qtbot, 7)
    mouse.drag((24, 20), (30, 25), (34, 30))
    wait(open_studio, qtbot)
    return open_studio


def test_what_lies_between_two_boxes_is_there_at_once_and_one_undo_takes_it_back(two_boxes: Studio, qtbot):
    id = chosen(two_boxes)
    found = rows(two_boxes, id)
    assert [frame for frame, *_ in found] == [2, 3, 4, 5, 6, 7]
    np.testing.assert_allclose([left for _, left, *_ in found], [4, 8, 12, 16, 20, 24], atol=0.2)
    assert [origin for *_, origin, _ in found] == [Origin.EDITED, *[Origin.PROPAGATED] * 4, Origin.EDITED]
    key(qtbot, two_boxes, Qt.Key.Key_Z, CTRL)
    assert [frame for frame, *_ in rows(two_boxes, id)] == [2]
    key(qtbot, two_boxes, Qt.Key.Key_Z, CTRL | SHIFT)
    assert rows(two_boxes, id) == found


def test_a_box_between_two_others_bends_the_way_and_its_removal_straightens_it(two_boxes: Studio, qtbot):
    id = chosen(two_boxes)
    straight = rows(two_boxes, id)
    go(two_boxes, qtbot, 4)
    Mouse(two_boxes.session.canvas.frame_view).drag((40, 20), (45, 25), (50, 30))
    wait(two_boxes, qtbot)
    assert [round(left) for _, left, *_ in rows(two_boxes, id)] == [4, 22, 40, 35, 29, 24]
    key(qtbot, two_boxes, Qt.Key.Key_Delete)
    wait(two_boxes, qtbot)
    assert rows(two_boxes, id) == straight


def test_switched_off_nothing_is_filled(open_studio: Studio, qtbot, request: pytest.FixtureRequest):
    open_studio.window.commands["fill_again"].trigger()
    request.getfixturevalue("two_boxes")
    assert [frame for frame, *_ in rows(open_studio, chosen(open_studio))] == [2, 7]


def masks(studio: Studio, frame: int) -> np.ndarray:
    """(H, W) bool, of the selected object; empty where it has a box only."""
    one = studio.session.document.objects(studio.session.view.clip.id)[chosen(studio)]
    runs = one.masks[one.place(frame)]
    size = (densified.HEIGHT, densified.WIDTH)
    return decode_mask(runs, *size) if runs else np.zeros(size, bool)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return np.count_nonzero(one & other) / np.count_nonzero(one | other)


def test_the_way_of_filling_is_chosen_for_an_object_by_key_and_menu_and_stays_with_it(
    drawn_studio: Studio, qtbot, drawn
):
    session, commands = drawn_studio.session, drawn_studio.window.commands
    truth = drawn[0].labels[4] == 1
    before = everything(drawn_studio)
    assert commands["fill_flow"].isChecked(), "where nothing was chosen"
    commands["fill_shape"].trigger()
    wait(drawn_studio, qtbot)
    by_shape = masks(drawn_studio, 4)
    assert overlap(masks(drawn_studio, 12), drawn[0].labels[12] == 1) > 0.5
    assert commands["fill_shape"].isChecked()
    assert not commands["fill_flow"].isChecked()
    assert len(rows(drawn_studio, chosen(drawn_studio))) == densified.FRAMES
    assert session.document.history()[0].text == f"Fill track {chosen(drawn_studio)} by shape"
    key(qtbot, drawn_studio, Qt.Key.Key_I)
    wait(drawn_studio, qtbot)
    by_flow = masks(drawn_studio, 4)
    assert overlap(by_flow, truth) > overlap(by_shape, truth)
    key(qtbot, drawn_studio, Qt.Key.Key_I)
    wait(drawn_studio, qtbot)
    qtbot.waitUntil(commands["fill_box"].isChecked)
    assert not masks(drawn_studio, 4).any(), "straight fills boxes alone"
    go(drawn_studio, qtbot, 8)
    key(qtbot, drawn_studio, Qt.Key.Key_K)
    qtbot.waitUntil(commands["fill_box"].isChecked)
    key(qtbot, drawn_studio, Qt.Key.Key_K)
    wait(drawn_studio, qtbot)
    assert not masks(drawn_studio, 4).any(), "an edit of a keyframe keeps to the choice"
    for _ in range(5):
        key(qtbot, drawn_studio, Qt.Key.Key_Z, CTRL)
    assert everything(drawn_studio) == before


def test_k_unmakes_a_keyframe_whose_shape_stays(open_studio: Studio, qtbot):
    session = open_studio.session
    session.view.set_selection({SWAN})
    go(open_studio, qtbot, 5)
    before = everything(open_studio)
    shape = next(row for row in rows(open_studio, SWAN) if row[0] == 5)
    key(qtbot, open_studio, Qt.Key.Key_K)
    assert [row for row in rows(open_studio, SWAN) if row[0] == 5] == [(5, shape[1], Origin.PROPAGATED, True)]
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(open_studio) == before
    for frame in (0, 5, 11):
        go(open_studio, qtbot, frame)
        key(qtbot, open_studio, Qt.Key.Key_K)
    assert open_studio.window.hint.text() == "This is the only keyframe of the object; it needs one."
    assert [row[2] for row in rows(open_studio, SWAN) if row[0] == 11] == [Origin.ANNOTATED]


def test_a_shape_is_copied_to_another_frame_and_to_a_new_object(open_studio: Studio, qtbot):
    session = open_studio.session
    key(qtbot, open_studio, Qt.Key.Key_V, CTRL)
    assert open_studio.window.hint.text() == "Copy the shape of an object first (Ctrl+C)."
    session.view.set_selection({SWAN})
    go(open_studio, qtbot, 5)
    key(qtbot, open_studio, Qt.Key.Key_C, CTRL)
    go(open_studio, qtbot, 8)
    before = everything(open_studio)
    key(qtbot, open_studio, Qt.Key.Key_V, CTRL)
    found = {row[0]: row for row in rows(open_studio, SWAN)}
    assert found[8][1:] == (found[5][1], Origin.EDITED, True)
    session.filling.refilling.cancel()
    key(qtbot, open_studio, Qt.Key.Key_Z, CTRL)
    assert everything(open_studio) == before
    session.view.set_selection(())
    key(qtbot, open_studio, Qt.Key.Key_V, CTRL)
    (new,) = set(session.document.objects(session.view.clip.id)) - {SWAN, 2}
    assert rows(open_studio, new) == [(8, found[5][1], Origin.EDITED, True)]
    assert session.document.objects(session.view.clip.id)[new].label == "swan"
