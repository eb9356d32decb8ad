"""The mouse on the canvas, and what the database holds after."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.geometry import decode_mask, encode_mask, mask_box
from core.trajectories.model import Origin
from core.trajectories.observation_edits import AddObject
from studio.canvas.hit_test import handle_places
from studio.view_state import TOOLS
from tests.studio.canvas.drawn import HEIGHT, WIDTH, object_mask

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
RING, BOXED, HIGH, LOW, LATE = 1, 2, 3, 4, 5  # ids, in the order in which they were added


@pytest.fixture
def objects(document, view):
    return lambda: document.objects(view.clip.id)


@pytest.fixture
def points(document, view):
    return lambda: document.points(view.clip.id)


def mask_at(one, frame):
    return decode_mask(one.masks[one.place(frame)], HEIGHT, WIDTH)


def revision(document):
    return document.revision()


# --- selecting --------------------------------------------------------------------------------


def test_a_click_selects_the_point_under_it_and_a_click_on_nothing_clears(mouse, view, pane):
    mouse.click(5, 30)
    assert view.selection == {HIGH}
    mouse.click(60, 4)
    assert view.selection == frozenset()


def test_control_click_adds_and_takes_away(mouse, view, pane):
    mouse.click(5, 30)
    mouse.click(5, 40, CONTROL)
    assert view.selection == {HIGH, LOW}
    mouse.click(5, 30, CONTROL)
    assert view.selection == {LOW}


def test_a_click_inside_takes_the_mask_and_its_hole_is_outside(mouse, view, pane):
    mouse.click(11.5, 16.5)
    assert view.selection == {RING}
    mouse.click(16, 13)
    assert view.selection == frozenset()


def test_a_click_on_an_edge_takes_the_box(mouse, view, pane):
    mouse.click(30.5, 30)
    assert view.selection == {BOXED}


def test_a_drag_over_nothing_selects_what_lies_inside(mouse, view, pane):
    mouse.drag((1, 26), (8, 35), (20, 46))
    assert view.selection == {HIGH, LOW}
    mouse.drag((26, 18.5), (40, 30), (56, 44), keys=CONTROL)
    assert view.selection == {HIGH, LOW, BOXED}


def test_what_the_filter_hides_cannot_be_clicked(mouse, view, pane):
    view.set_shown(frozenset({LOW}))
    mouse.click(5, 30)
    assert view.selection == frozenset()


def test_hovering_names_what_is_there(mouse, view, pane):
    mouse.move(5, 31)
    mouse.move(5, 30)
    assert view.hovered == HIGH
    mouse.move(60, 4)
    assert view.hovered is None


def test_of_two_boxes_on_each_other_the_smaller_is_taken(mouse, view, pane, document):
    outer = AddObject(view.clip.id, "outer", 0, np.array((27, 19, 60, 46), np.float32))
    assert document.perform(outer)
    mouse.click(40, 30)
    assert view.selection == {BOXED}
    mouse.click(55, 44)
    assert view.selection == {max(document.objects(view.clip.id))}


# --- moving and resizing ----------------------------------------------------------------------


def test_dragging_a_point_moves_it_in_this_frame_with_one_edit(qtbot, mouse, pane, document, points):
    before = revision(document)
    mouse.drag((5, 30), (7, 30), (12, 33), (15, 36))
    assert revision(document) == before + 1
    place = int(np.searchsorted(points().ids, HIGH))
    path = points().points(place)
    np.testing.assert_allclose(path[0], (15, 36), atol=0.15)
    np.testing.assert_allclose(path[1], (6, 30), atol=1e-5)
    assert document.undo()
    np.testing.assert_allclose(points().points(place)[0], (5, 30), atol=1e-5)


def test_the_database_is_not_touched_while_dragging(mouse, pane, document, points):
    before = revision(document)
    mouse.press(5, 30)
    for step in range(10):
        mouse.move(6 + step, 31 + step)
    assert revision(document) == before
    assert pane.frame_view.tool.active
    mouse.release(20, 40)
    assert revision(document) == before + 1


def test_what_is_dragged_leaves_its_old_place_and_comes_back_when_cancelled(mouse, pane, view):
    mouse.click(11.5, 16.5)
    mouse.press(11.5, 16.5)
    mouse.move(20, 30)
    assert pane.stage.lifted == RING
    QTest.keyClick(pane.frame_view, Qt.Key.Key_Escape)
    assert pane.stage.lifted is None
    mouse.release(20, 30)


def test_escape_cancels_a_drag(qtbot, mouse, pane, document):
    before = revision(document)
    mouse.press(5, 30)
    mouse.move(20, 30)
    QTest.keyClick(pane.frame_view, Qt.Key.Key_Escape)
    assert not pane.frame_view.tool.active
    mouse.release(20, 30)
    assert revision(document) == before


def test_going_to_another_frame_lets_go_of_what_is_dragged(qtbot, mouse, pane, document, view):
    before = revision(document)
    mouse.press(5, 30)
    mouse.move(20, 30)
    view.set_frame(3)
    qtbot.waitUntil(lambda: pane.stage.scene.frame == 3)
    mouse.release(20, 30)
    assert revision(document) == before


def test_moving_an_object_makes_a_keyframe_and_its_mask_follows(qtbot, mouse, pane, view, document, objects):
    view.set_frame(2)
    qtbot.waitUntil(lambda: pane.stage.scene.frame == 2)
    mouse.click(13.5, 16.5)
    mouse.drag((13.5, 16.5), (16, 20), (18.7, 24.2))
    one = objects()[RING]
    np.testing.assert_array_equal(one.boxes[2], (17, 16, 29, 26))
    assert one.origin[2] == Origin.EDITED
    assert one.origin[3] == Origin.PROPAGATED
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[8:, 5:] = object_mask(2)[:-8, :-5]
    assert np.array_equal(mask_at(one, 2), expected)
    np.testing.assert_array_equal(mask_box(mask_at(one, 2)), one.boxes[2])
    assert document.undo()
    assert objects()[RING].masks[2] == encode_mask(object_mask(2))


def test_a_moved_object_stays_inside_the_frame(mouse, pane, objects):
    mouse.click(11.5, 16.5)
    mouse.drag((11.5, 16.5), (20, 20), (-30, -30))
    np.testing.assert_array_equal(objects()[RING].boxes[0], (0, 0, 12, 10))


def test_dragging_an_object_that_is_not_selected_by_its_inside_bands_instead(mouse, pane, document):
    before = revision(document)
    mouse.drag((11.5, 16.5), (20, 20), (25, 25))
    assert revision(document) == before


def test_a_handle_resizes_the_box_and_stretches_the_mask(mouse, pane, view, objects):
    mouse.click(11.5, 16.5)
    corner = handle_places(objects()[RING].boxes[0])[4]
    mouse.drag(tuple(corner), (26, 20), (34, 28))
    one = objects()[RING]
    np.testing.assert_array_equal(one.boxes[0], (10, 8, 34, 28))
    assert np.array_equal(mask_at(one, 0)[8:28, 10:34], np.kron(object_mask(0)[8:18, 10:22], np.ones((2, 2))))


def test_a_box_without_a_mask_keeps_fractions(mouse, pane, view, objects):
    mouse.click(30.5, 30)
    left = handle_places(objects()[BOXED].boxes[0])[7]
    mouse.drag(tuple(left), (36, 30), (40, 30))
    box = objects()[BOXED].boxes[0]
    np.testing.assert_allclose(box[0], 40, atol=0.15)
    np.testing.assert_array_equal(box[1:], np.array((20.25, 50.5, 40.25), np.float32))


# --- drawing ----------------------------------------------------------------------------------


def test_the_box_tool_makes_an_object_and_selects_it(mouse, pane, view, objects):
    known = set(objects())
    view.set_tool("box")
    mouse.drag((40, 4), (50, 10), (56, 14))
    (new,) = set(objects()) - known
    np.testing.assert_allclose(objects()[new].boxes, [(40, 4, 56, 14)], atol=0.15)
    assert objects()[new].origin.tolist() == [Origin.EDITED]
    assert view.selection == {new}


def test_the_box_tool_replaces_the_box_of_the_selected_object_and_cuts_its_mask(mouse, pane, view, objects):
    view.set_selection({RING})
    view.set_tool("box")
    mouse.drag((10, 8), (12, 12), (16, 18))
    box = objects()[RING].boxes[0]
    np.testing.assert_allclose(box, (10, 8, 16, 18), atol=0.15)
    assert np.array_equal(mask_at(objects()[RING], 0)[:, :16], object_mask(0)[:, :16])
    assert not mask_at(objects()[RING], 0)[:, 16:].any()


def test_a_click_with_the_box_tool_draws_nothing(mouse, pane, view, document):
    before = revision(document)
    view.set_tool("box")
    mouse.click(40, 4)
    mouse.drag((40, 4), (40.5, 4.5), (40.3, 4.2))
    assert revision(document) == before


def test_a_stroke_of_the_brush_joins_the_mask(mouse, pane, view, document, objects):
    view.set_selection({RING})
    view.set_tool("brush")
    pane.stage.set_brush_radius(2)
    before = revision(document)
    mouse.drag((12, 20), (16, 20), (20, 20))
    assert revision(document) == before + 1
    mask = mask_at(objects()[RING], 0)
    assert mask[19:21, 11:21].all()
    assert (mask & object_mask(0)).sum() == object_mask(0).sum()
    np.testing.assert_array_equal(objects()[RING].boxes[0], mask_box(mask))


def test_painting_with_nothing_selected_makes_an_object(mouse, pane, view, objects):
    known = set(objects())
    view.set_tool("brush")
    pane.stage.set_brush_radius(3)
    mouse.click(50, 8)
    (new,) = set(objects()) - known
    assert mask_at(objects()[new], 0)[8, 50]
    assert abs(mask_at(objects()[new], 0).sum() - np.pi * 9) < 5


def test_erasing_takes_pixels_away_and_erasing_all_deletes_here(mouse, pane, view, objects):
    view.set_selection({RING})
    view.set_tool("erase")
    pane.stage.set_brush_radius(4)
    mouse.click(11, 9)
    mask = mask_at(objects()[RING], 0)
    assert not mask[9, 11]
    assert mask[16, 20]
    pane.stage.set_brush_radius(60)
    mouse.click(16, 13)
    assert objects()[RING].place(0) is None
    assert objects()[RING].place(1) is not None


@pytest.mark.parametrize("tool", ["brush", "erase", "box", "select"])
def test_drawing_on_the_selection_keeps_its_mask_though_the_filter_hides_it(mouse, pane, view, objects, tool):
    view.set_selection({RING})
    view.set_shown(frozenset({LOW}))
    view.set_tool(tool)
    pane.stage.set_brush_radius(2)
    start, end = {"box": ((9, 7), (23, 19)), "select": ((11.5, 16.5), (21.5, 16.5))}.get(
        tool, ((12, 16), (16, 16))
    )
    mouse.drag(start, (15, 15), end)
    one = objects()[RING]
    mask = mask_at(one, 0)
    expected = {
        "select": np.roll(object_mask(0), 10, axis=1),
        "box": object_mask(0),
        "brush": object_mask(0) | mask,
        "erase": object_mask(0) & mask,
    }[tool]
    assert np.array_equal(mask, expected)
    assert one.origin[0] == Origin.EDITED
    assert mask.sum() > 50


def test_what_is_selected_is_shown_though_the_filter_hides_it(pane, view):
    view.set_shown(frozenset({LOW}))
    assert pane.stage.scene.ids.tolist() == [LOW]
    assert pane.stage.scene.objects == ()
    view.set_selection({RING, HIGH})
    assert pane.stage.scene.ids.tolist() == [HIGH, LOW]
    assert [one.id for one in pane.stage.scene.objects] == [RING]
    view.set_selection(())
    assert pane.stage.scene.objects == ()


def test_the_eraser_asks_for_a_selection_first(qtbot, mouse, pane, view, document):
    view.set_tool("erase")
    before = revision(document)
    mouse.drag((11, 9), (14, 12))
    assert revision(document) == before
    assert pane.frame_view.tool.hint().startswith("Select one object")


def test_escape_cancels_a_stroke(mouse, pane, view, document):
    view.set_selection({RING})
    view.set_tool("brush")
    before = revision(document)
    mouse.press(12, 20)
    mouse.move(20, 20)
    QTest.keyClick(pane.frame_view, Qt.Key.Key_Escape)
    mouse.release(20, 20)
    assert revision(document) == before


def test_an_outline_closed_with_enter_replaces_the_mask(mouse, pane, view, objects):
    view.set_selection({RING})
    view.set_tool("polygon")
    for corner in ((40, 4), (60, 4), (60, 14), (20, 30), (40, 14)):
        mouse.click(*corner)
        if corner == (20, 30):
            QTest.keyClick(pane.frame_view, Qt.Key.Key_Backspace)
    QTest.keyClick(pane.frame_view, Qt.Key.Key_Return)
    np.testing.assert_array_equal(objects()[RING].boxes[0], (40, 4, 60, 14))
    assert mask_at(objects()[RING], 0).sum() == 200


def test_an_outline_is_closed_by_its_first_corner_or_a_double_click(mouse, pane, view, objects):
    known = set(objects())
    view.set_tool("polygon")
    for corner in ((40, 4), (60, 4), (60, 14), (40, 4)):
        mouse.click(*corner)
    assert len(set(objects()) - known) == 1
    view.set_selection(())
    for corner in ((2, 2), (8, 2)):
        mouse.click(*corner)
    mouse.click(8, 10)
    QTest.mouseDClick(pane.frame_view, Qt.MouseButton.LeftButton, pos=mouse.at(8, 10))
    assert len(set(objects()) - known) == 2


def test_escape_forgets_an_outline(mouse, pane, view, document):
    view.set_tool("polygon")
    before = revision(document)
    for corner in ((40, 4), (60, 4), (60, 14)):
        mouse.click(*corner)
    assert pane.cancel()
    assert not pane.cancel()
    QTest.keyClick(pane.frame_view, Qt.Key.Key_Return)
    assert revision(document) == before


# --- the pane's actions -----------------------------------------------------------------------


def test_new_object_takes_the_box_tool_with_nothing_selected(pane, view):
    view.set_selection({RING})
    pane.new_object()
    assert (view.tool, view.selection) == ("box", frozenset())


def test_each_tool_says_what_it_expects(qtbot, pane, view):
    said = []
    pane.hint_changed.connect(said.append)
    for tool in (*TOOLS[1:], "select"):
        view.set_tool(tool)
    assert len(set(said)) == len(TOOLS)
    assert all(said)


def test_a_lost_selection_during_a_drag_does_nothing(mouse, pane, view, document, objects):
    mouse.click(11.5, 16.5)
    mouse.press(11.5, 16.5)
    mouse.move(15, 20)
    view.set_selection(())
    mouse.release(15, 20)
    assert objects()[RING].origin[0] == Origin.EDITED  # what was grabbed was moved all the same
