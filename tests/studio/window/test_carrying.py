"""P carries the selected object on, live, in the real window."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDoubleSpinBox, QInputDialog

from core.geometry import decode_mask
from core.trajectories.model import Origin
from core.trajectories.trajectory_edits import Trim
from studio.app import Studio
from tests.studio import densified
from tests.studio.at_the_window import CTRL, SHIFT, key
from tests.studio.window.test_deleting_parts import drag
from tests.studio.window.test_filling import chosen, everything, go, rows


def ended(studio: Studio, qtbot) -> None:
    qtbot.waitUntil(lambda: not studio.session.filling.carrying.under_way)


def test_p_carries_to_the_next_keyframe_live_and_one_undo_takes_all_of_it_back(
    drawn_studio: Studio, qtbot, drawn
):
    session, hint = drawn_studio.session, drawn_studio.window.hint
    go(drawn_studio, qtbot, 8)
    before, entries, lanes = everything(drawn_studio), len(session.document.history()), []
    session.view.filling_changed.connect(lambda filling: lanes.extend(filling.values()))
    frames: list[int] = []
    session.view.frame_changed.connect(frames.append)
    key(qtbot, drawn_studio, Qt.Key.Key_P)
    assert (lanes[0].first, lanes[0].last) == (8, 15)
    key(qtbot, drawn_studio, Qt.Key.Key_P)
    assert hint.text() == "An object is being carried; Esc stops it."
    ended(drawn_studio, qtbot)
    found = {row[0]: row for row in rows(drawn_studio, chosen(drawn_studio))}
    assert sorted(found) == [0, *range(8, 17), 24]
    assert [found[frame][2] for frame in (8, 12, 16)] == [
        Origin.ANNOTATED,
        Origin.PROPAGATED,
        Origin.ANNOTATED,
    ]
    assert frames == sorted(frames)
    assert frames[-1] == 15, "the frame that is seen goes with it"
    assert hint.text() == f"Carried track {chosen(drawn_studio)} over 7 frames."
    one = session.document.objects(session.view.clip.id)[chosen(drawn_studio)]
    mask, truth = decode_mask(one.masks[one.place(11)], 150, 200), drawn[0].labels[11] == 1
    assert np.count_nonzero(mask & truth) / np.count_nonzero(mask | truth) > 0.8
    assert len(session.document.history()) == entries + 1
    key(qtbot, drawn_studio, Qt.Key.Key_P)
    assert hint.text() == "The next frame is a keyframe of the object already."
    key(qtbot, drawn_studio, Qt.Key.Key_Z, CTRL)
    assert everything(drawn_studio) == before
    key(qtbot, drawn_studio, Qt.Key.Key_Z, CTRL | SHIFT)
    assert {row[0]: row for row in rows(drawn_studio, chosen(drawn_studio))} == found


def test_p_goes_on_from_where_it_led_though_that_frame_is_still_being_decoded(drawn_studio: Studio, qtbot):
    session, hint = drawn_studio.session, drawn_studio.window.hint
    go(drawn_studio, qtbot, 8)
    session.canvas.loader.open(None)  # as slow as a machine with much to do: no frame comes
    key(qtbot, drawn_studio, Qt.Key.Key_P)
    ended(drawn_studio, qtbot)
    assert session.view.frame == 15
    assert session.canvas.stage.scene.frame < 15
    entries = len(session.document.history())
    key(qtbot, drawn_studio, Qt.Key.Key_P)
    assert hint.text() == "The next frame is a keyframe of the object already."
    assert len(session.document.history()) == entries


def test_shift_p_carries_back_and_escape_keeps_what_came_so_far(drawn_studio: Studio, qtbot):
    session = drawn_studio.session
    id = chosen(drawn_studio)
    go(drawn_studio, qtbot, 24)
    before = everything(drawn_studio)
    key(qtbot, drawn_studio, Qt.Key.Key_P, SHIFT)
    qtbot.waitUntil(lambda: len(rows(drawn_studio, id)) > len(densified.KEYS))
    stopped = session.filling.carrying.under_way
    key(qtbot, drawn_studio, Qt.Key.Key_Escape)
    assert not session.filling.carrying.under_way
    frames = [row[0] for row in rows(drawn_studio, id) if row[0] > 16]
    assert frames == list(range(frames[0], 25))
    if stopped:
        assert drawn_studio.window.hint.text().endswith(f"stopped at frame {frames[0]}.")
        assert session.view.selection, "Esc ended the carrying and nothing else"
    session.filling.carrying._background.close()
    assert [row[0] for row in rows(drawn_studio, id) if row[0] > 16] == frames
    key(qtbot, drawn_studio, Qt.Key.Key_Z, CTRL)
    assert everything(drawn_studio) == before


def test_it_stops_below_the_confidence_that_the_person_chose(drawn_studio: Studio, qtbot):
    drawn_studio.window.commands["carry_limit"].trigger()
    dialog = drawn_studio.window.findChild(QInputDialog)
    field = dialog.findChild(QDoubleSpinBox)
    field.setValue(1.0)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert drawn_studio.window.preferences.now.carry_confidence == 1
    go(drawn_studio, qtbot, 8)
    before = everything(drawn_studio)
    key(qtbot, drawn_studio, Qt.Key.Key_P)
    ended(drawn_studio, qtbot)
    text = drawn_studio.window.hint.text()
    assert text.endswith("over 0 frames; its confidence falls below 1 after frame 8."), text
    assert everything(drawn_studio) == before


def test_undo_while_it_is_carried_ends_it(drawn_studio: Studio, qtbot):
    go(drawn_studio, qtbot, 0)
    before = everything(drawn_studio)
    key(qtbot, drawn_studio, Qt.Key.Key_P)
    qtbot.waitUntil(lambda: len(rows(drawn_studio, chosen(drawn_studio))) > len(densified.KEYS))
    key(qtbot, drawn_studio, Qt.Key.Key_Z, CTRL)
    assert not drawn_studio.session.filling.carrying.under_way
    drawn_studio.session.filling.carrying._background.close()
    qtbot.wait(300)
    assert everything(drawn_studio) == before


def test_the_end_of_a_lane_that_is_dragged_outwards_carries_the_object_to_there(drawn_studio: Studio, qtbot):
    session, id = drawn_studio.session, chosen(drawn_studio)
    session.perform(Trim(session.view.clip.id, id, 0, 16))
    before = everything(drawn_studio)
    drag(drawn_studio, id, 17, 21, keys=Qt.KeyboardModifier.NoModifier)
    ended(drawn_studio, qtbot)
    assert [row[0] for row in rows(drawn_studio, id)] == [0, 8, 16, 17, 18, 19, 20]
    assert session.view.frame == 20
    key(qtbot, drawn_studio, Qt.Key.Key_Z, CTRL)
    assert everything(drawn_studio) == before
