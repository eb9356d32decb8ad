"""The selected objects alone are densified, in the real window."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from core.tracking.config import DensifyConfig
from core.tracking.densify import Densifier
from core.trajectories.model import Origin
from studio.app import Studio
from studio.editing.densifying import Counts
from tests.studio import densified
from tests.studio.at_the_window import CTRL, SHIFT, key
from tests.studio.window.test_filling import chosen, everything, go, rows


def wait(studio: Studio, qtbot) -> None:
    qtbot.waitUntil(lambda: not studio.session.view.filling)


def test_nothing_but_what_is_selected_is_filled_and_what_that_replaces_is_counted_and_asked(
    drawn_studio: Studio, qtbot, drawn
):
    session, hint = drawn_studio.session, drawn_studio.window.hint
    go(drawn_studio, qtbot, 4)
    before, (first, second) = everything(drawn_studio), sorted(session.document.objects(session.view.clip.id))
    key(qtbot, drawn_studio, Qt.Key.Key_D, CTRL | SHIFT)
    assert hint.text() == f"Fills {densified.FRAMES - len(densified.KEYS)} empty frames."
    assert set(session.view.filling) == {first}
    wait(drawn_studio, qtbot)
    qtbot.waitUntil(lambda: len(rows(drawn_studio, first)) == densified.FRAMES)
    assert [row[0] for row in rows(drawn_studio, second)] == list(densified.KEYS)
    assert session.document.history()[0].text == "Densify 1 object"
    densifier = Densifier(drawn[0].frames, drawn[1][:1], DensifyConfig())
    for _ in densifier.steps():
        pass
    one = session.document.objects(session.view.clip.id)[first]
    np.testing.assert_allclose(
        one.boxes[one.origin == Origin.PROPAGATED], densifier.trajectories()[0].boxes, atol=3
    )
    filled = everything(drawn_studio)

    session.view.set_selection({first, second})
    key(qtbot, drawn_studio, Qt.Key.Key_D, CTRL | SHIFT)
    box = drawn_studio.window.findChild(QMessageBox)
    assert box.text() == "Densify 2 objects?"
    assert box.informativeText() == "Fills 21 empty frames, replaces 21 filled frames."
    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
    assert everything(drawn_studio) == filled
    key(qtbot, drawn_studio, Qt.Key.Key_Z, CTRL)
    assert everything(drawn_studio) == before


def test_escape_gives_it_up_and_nothing_is_in_the_history(drawn_studio: Studio, qtbot):
    session = drawn_studio.session
    go(drawn_studio, qtbot, 4)
    before, entries = everything(drawn_studio), len(session.document.history())
    key(qtbot, drawn_studio, Qt.Key.Key_D, CTRL | SHIFT)
    key(qtbot, drawn_studio, Qt.Key.Key_Escape)
    assert session.view.filling == {}
    assert session.view.selection == {chosen(drawn_studio)}
    session.filling.densifying.close()
    assert everything(drawn_studio) == before
    assert len(session.document.history()) == entries


def test_without_an_object_it_says_so(open_studio: Studio, qtbot):
    open_studio.session.view.set_selection(())
    key(qtbot, open_studio, Qt.Key.Key_D, CTRL | SHIFT)
    assert open_studio.window.hint.text() == "Select an object first."


def test_what_comes_to_nothing_is_not_counted():
    assert Counts(1, replaced=53, kept=0, empty=0).sentence == "Replaces 53 filled frames."
    assert Counts(1, replaced=0, kept=0, empty=0).sentence == "Fills 0 empty frames."
