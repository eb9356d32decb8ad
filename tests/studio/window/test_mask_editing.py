"""Masks are painted, cleaned and seen in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.geometry import decode_mask, encode_mask, mask_box
from core.trajectories.observation_edits import SetObservation
from studio.app import Studio
from studio.canvas.layer_bar import LayerBar
from tests.studio.at_the_window import CTRL, SWAN, key
from tests.studio.canvas.drawn import Mouse
from tests.studio.small_project import HEIGHT, WIDTH, square
from tests.studio.window.test_filling import everything, go

CTRL_ALT = CTRL | Qt.KeyboardModifier.AltModifier


def mask(studio: Studio, frame: int = 5) -> np.ndarray:
    one = studio.session.document.objects(studio.session.view.clip.id)[SWAN]
    return decode_mask(one.masks[one.place(frame)], HEIGHT, WIDTH)


@pytest.fixture
def at_swan(open_studio: Studio, qtbot) -> Studio:
    """The swan selected at frame 5; nothing is filled after edits."""
    open_studio.window.commands["fill_again"].setChecked(False)
    open_studio.session.view.set_selection({SWAN})
    go(open_studio, qtbot, 5)
    return open_studio


def shown(bar: LayerBar) -> list[bool]:
    return [box.isVisible() for box in (bar.trail, bar.ahead, bar.brush, bar.opacity)]


def ragged() -> np.ndarray:
    """The square with a hole of 2 × 2 pixels, and two specks beside it."""
    drawn = square(5)
    drawn[12:14, 18:20] = False
    drawn[30:32, 40:42] = drawn[40, 5] = True
    return drawn


def test_the_largest_piece_is_kept_and_holes_are_filled_each_one_step_of_undo(at_swan: Studio, qtbot):
    session, hint = at_swan.session, at_swan.window.hint
    drawn = ragged()
    session.document.perform(
        SetObservation(session.view.clip.id, SWAN, 5, mask_box(drawn), encode_mask(drawn))
    )
    before = everything(at_swan)
    key(qtbot, at_swan, Qt.Key.Key_L, CTRL_ALT)
    expected = drawn.copy()
    expected[30:32, 40:42] = expected[40, 5] = False
    np.testing.assert_array_equal(mask(at_swan), expected)
    key(qtbot, at_swan, Qt.Key.Key_L, CTRL_ALT)
    assert hint.text() == "The mask is one piece already."
    key(qtbot, at_swan, Qt.Key.Key_H, CTRL_ALT)
    np.testing.assert_array_equal(mask(at_swan), square(5))
    key(qtbot, at_swan, Qt.Key.Key_H, CTRL_ALT)
    assert hint.text() == "The mask has no holes."
    for _ in range(2):
        key(qtbot, at_swan, Qt.Key.Key_Z, CTRL)
    assert everything(at_swan) == before


def test_control_erases_with_the_brush_and_paints_with_the_eraser(at_swan: Studio, qtbot):
    mouse = Mouse(at_swan.session.canvas.frame_view)
    at_swan.session.canvas.stage.set_brush_radius(2)
    key(qtbot, at_swan, Qt.Key.Key_U)
    assert "Ctrl erases" in at_swan.window.hint.text()
    mouse.drag((18.5, 12.5), (21.5, 12.5), keys=CTRL)
    erased = mask(at_swan)
    assert not erased[12, 18:22].any()
    assert (square(5) & erased == erased).all()
    key(qtbot, at_swan, Qt.Key.Key_U, Qt.KeyboardModifier.ShiftModifier)
    assert "Ctrl paints" in at_swan.window.hint.text()
    mouse.drag((18.5, 12.5), (21.5, 12.5), keys=CTRL)
    np.testing.assert_array_equal(mask(at_swan), square(5))
    mouse.drag((18.5, 12.5), (21.5, 12.5))
    np.testing.assert_array_equal(mask(at_swan), erased)


def test_while_a_mask_is_painted_points_are_hidden_and_the_bar_has_brush_and_opacity(at_swan: Studio, qtbot):
    session = at_swan.session
    bar, stage, view = session.canvas.layer_bar, session.canvas.stage, session.canvas.frame_view
    at_swan.window.resize(1680, 900)  # where nothing of the bar is folded
    session.view.set_selection(())
    qtbot.waitUntil(lambda: not session.view.selection)
    with_points = view.grab().toImage()
    key(qtbot, at_swan, Qt.Key.Key_U)
    painting = view.grab().toImage()
    assert painting != with_points
    assert session.view.layers.trails, "what was chosen stays"
    assert shown(bar) == [False, False, True, True]
    bar.brush.setValue(30)
    assert stage.brush_radius == 15
    key(qtbot, at_swan, Qt.Key.Key_Period)
    assert bar.brush.value() == round(2 * stage.brush_radius) > 30
    bar.opacity.setValue(90)
    assert session.view.layers.opacity == 90
    assert view.grab().toImage() != painting
    bar.opacity.setValue(33)
    key(qtbot, at_swan, Qt.Key.Key_V)
    assert view.grab().toImage() == with_points
    assert shown(bar) == [True, True, False, False]


def test_without_a_mask_it_says_so(at_swan: Studio, qtbot):
    at_swan.session.view.set_selection(())
    key(qtbot, at_swan, Qt.Key.Key_H, CTRL_ALT)
    assert at_swan.window.hint.text() == "Select an object first."
    at_swan.session.view.set_selection({SWAN})
    go(at_swan, qtbot, 3)
    key(qtbot, at_swan, Qt.Key.Key_L, CTRL_ALT)
    assert at_swan.window.hint.text() == "The object is not in this frame; draw its box (B)."
