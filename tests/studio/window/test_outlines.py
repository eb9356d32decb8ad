"""The corners of a mask's outline, dragged in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.geometry import encode_mask, mask_box
from core.trajectories.observation_edits import SetObservation
from studio.app import Studio
from tests.studio.at_the_window import ALT, CTRL, GOOSE, SHIFT, SWAN, key
from tests.studio.canvas.drawn import Mouse
from tests.studio.small_project import HEIGHT, WIDTH
from tests.studio.window.test_filling import everything, go
from tests.studio.window.test_mask_editing import mask, ragged

ROWS, COLUMNS = np.indices((HEIGHT, WIDTH)) + 0.5


@pytest.fixture
def at_outline(open_studio: Studio, qtbot) -> Studio:
    """A ragged mask of the swan at frame 5, with a hole and specks, its outline shown; nothing is filled."""
    session = open_studio.session
    open_studio.window.commands["fill_again"].setChecked(False)
    drawn = ragged()
    session.document.perform(
        SetObservation(session.view.clip.id, SWAN, 5, mask_box(drawn), encode_mask(drawn))
    )
    session.view.set_selection({SWAN})
    go(open_studio, qtbot, 5)
    key(qtbot, open_studio, Qt.Key.Key_G, SHIFT)
    return open_studio


def test_corners_are_dragged_added_and_taken_away_in_one_step_of_undo(at_outline: Studio, qtbot):
    studio, before = at_outline, everything(at_outline)
    mouse, hint = Mouse(studio.session.canvas.frame_view), studio.window.hint
    assert hint.text().startswith("Drag a corner")
    mouse.drag((15, 8), (13, 6), (11, 4))  # the corner at the top left
    assert "Enter keeps it" in hint.text()
    mouse.drag((25, 13), (27, 13), (29, 13))  # a new one in the middle of the right side
    mouse.click(40, 30, keys=ALT)  # a corner of the speck, which becomes a triangle
    mouse.move(18, 12)
    QApplication.sendEvent(studio.session.canvas.frame_view, QEvent(QEvent.Type.Leave))  # as by a note
    qtbot.keyClick(studio.session.canvas.frame_view, Qt.Key.Key_Delete)  # one of the hole
    assert everything(studio) == before, "a preview writes nothing"
    key(qtbot, studio, Qt.Key.Key_Backspace)
    key(qtbot, studio, Qt.Key.Key_Return)
    found, was = mask(studio), ragged()
    top_left = (COLUMNS >= 11) & (ROWS >= 4) & ((COLUMNS < 16) | (ROWS < 9))
    right = (COLUMNS > 25) & (ROWS > 8) & (ROWS < 18)
    speck = (COLUMNS > 39) & (ROWS > 29) & (COLUMNS < 43) & (ROWS < 33)
    elsewhere = ~(top_left | right | speck)
    np.testing.assert_array_equal(found[elsewhere], was[elsewhere])
    assert found[5, 12]
    nose = right & (4 * (1 - np.abs(ROWS - 13) / 5) - 0.3 > COLUMNS - 25)
    assert found[nose].all()
    assert not found[right & (4 * (1 - np.abs(ROWS - 13) / 5) + 0.3 < COLUMNS - 25)].any()
    assert 1 <= found[speck].sum() <= 3
    key(qtbot, studio, Qt.Key.Key_Z, CTRL)
    assert everything(studio) == before


def test_what_is_changed_is_kept_on_leaving_and_what_is_not_stays_as_it_is(at_outline: Studio, qtbot):
    studio, before = at_outline, everything(at_outline)
    mouse, view = Mouse(studio.session.canvas.frame_view), studio.session.view
    for leave in (lambda: key(qtbot, studio, Qt.Key.Key_V), lambda: view.set_selection({GOOSE})):
        leave()
        assert everything(studio) == before, "nothing was changed"
        view.set_selection({SWAN})
        key(qtbot, studio, Qt.Key.Key_G, SHIFT)
        mouse.drag((15, 8), (13, 6), (11, 4))
        leave()
        assert mask(studio)[5, 12]
        studio.session.document.undo()
        assert everything(studio) == before
        view.set_selection({SWAN})
        key(qtbot, studio, Qt.Key.Key_G, SHIFT)
    mouse.drag((15, 8), (13, 6), (11, 4))
    key(qtbot, studio, Qt.Key.Key_Escape)
    key(qtbot, studio, Qt.Key.Key_Return)
    assert everything(studio)[2] == before[2]


def test_a_click_takes_another_object_and_without_a_mask_it_says_so(at_outline: Studio, qtbot):
    studio, view = at_outline, at_outline.session.view
    mouse = Mouse(studio.session.canvas.frame_view)
    view.set_selection(())
    assert studio.window.hint.text().startswith("Select one object with a mask")
    mouse.click(20, 10)
    assert len(view.selection) == 1
    view.set_selection({SWAN})
    QTest.mouseMove(studio.session.canvas.frame_view, mouse.at(50, 40))
    qtbot.keyClick(studio.session.canvas.frame_view, Qt.Key.Key_Delete)
    assert studio.window.hint.text().startswith("Point at a corner")
    np.testing.assert_array_equal(mask(studio), ragged())
