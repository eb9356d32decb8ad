"""A person edits a keyframe of a densified object: what lies beside it is filled again, in the background."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.config import as_dict
from core.tracking.config import DensifyConfig
from core.tracking.refill import refill
from core.trajectories.bulk_edits import FillObservations
from core.trajectories.model import ObjectTrajectory, Origin
from core.trajectories.observation_edits import (
    DeleteObservation,
    MakeKeyframe,
)
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel
from studio.app import Studio
from studio.canvas.pane import CanvasPane
from studio.document import Document
from studio.editing.refilling import Refilling
from studio.view_state import Filling, ViewState
from tests.studio import densified
from tests.studio.at_the_window import key
from tests.studio.canvas.drawn import Mouse, pane_at
from tests.studio.densified import FIRST, KEYS, SECOND
from tests.studio.editing.refilled import AT, boxes, changed, clip_id, moved, one


@pytest.fixture
def document(drawn, new_document: Document, tmp_path: Path) -> Document:
    densified.add_to(new_document, tmp_path, drawn)
    return new_document


@pytest.fixture
def pane(qtbot, document: Document, view: ViewState, refilling: Refilling) -> Iterator[CanvasPane]:
    yield from pane_at(qtbot, document, view, refilling.perform, AT)


def check_filled(
    document: Document, edited: dict[int, ObjectTrajectory], drawn, method: str = "flow"
) -> None:
    """The first object is what filling gives around `AT`, from the objects as they were after the edit."""
    objects = list(edited.values())
    expected = refill(drawn[0].frames, objects, FIRST, AT, DensifyConfig(method=method)).objects[FIRST]
    rows = [one(document).place(int(frame)) for frame in expected.frames]
    np.testing.assert_array_equal(one(document).boxes[rows], expected.boxes)
    np.testing.assert_array_equal(one(document).flags[rows], expected.flags)


def wait(qtbot, view: ViewState) -> None:
    qtbot.waitUntil(lambda: not view.filling)


def test_dragging_a_filled_box_makes_a_keyframe_and_fills_its_two_spans_again(
    qtbot, pane: CanvasPane, document: Document, view: ViewState
):
    view.set_selection({FIRST})
    before, other, entries = boxes(document), one(document, SECOND), len(document.history())
    x1, y1, x2, y2 = before[AT]
    Mouse(pane.frame_view).drag(
        ((x1 + x2) / 2, (y1 + y2) / 2), ((x1 + x2) / 2 + 3, (y1 + y2) / 2), ((x1 + x2) / 2 + 9, (y1 + y2) / 2)
    )
    assert view.filling == {FIRST: Filling(8, 16)}
    assert changed(document, before) == [AT], "at once, no more than the frame itself"
    wait(qtbot, view)
    after = one(document)
    assert set(changed(document, before)) <= set(range(9, 16))
    assert {AT - 1, AT, AT + 1} <= set(changed(document, before))
    assert boxes(document)[AT + 1, 0] - before[AT + 1, 0] > 3, "the frames beside follow"
    assert after.keyframes.tolist() == sorted([*KEYS, AT])
    assert (after.origin[[AT - 1, AT + 1]] == Origin.PROPAGATED).all()
    assert after.frames.tolist() == list(range(25))
    assert one(document, SECOND).keyframes_digest() == other.keyframes_digest()
    assert len(document.history()) == entries + 1, "one step of undo"
    now = boxes(document)
    assert document.undo()
    np.testing.assert_array_equal(boxes(document), before)
    assert document.redo()
    np.testing.assert_array_equal(boxes(document), now)
    assert view.filling == {}


def test_what_is_filled_is_what_the_densifier_fills(
    qtbot, document: Document, view: ViewState, refilling: Refilling, drawn
):
    refilling.perform(moved(document))
    objects = document.objects(clip_id(document))
    wait(qtbot, view)
    check_filled(document, objects, drawn)


def test_painting_three_strokes_fills_once(
    qtbot, pane: CanvasPane, document: Document, view: ViewState, refilling: Refilling
):
    view.set_selection({FIRST})
    view.set_tool("brush")
    before, entries, revision = boxes(document), len(document.history()), document.revision()
    x, y = (before[AT, 2] + 4, (before[AT, 1] + before[AT, 3]) / 2)
    for number in range(3):
        Mouse(pane.frame_view).drag((x + 4 * number, y), (x + 4 * number + 3, y))
    assert view.filling == {FIRST: Filling(8, 16)}
    wait(qtbot, view)
    assert len(document.history()) == entries + 3
    assert document.revision() == revision + 4, "three strokes, and filled once"
    assert boxes(document)[AT + 1, 2] > before[AT + 1, 2] + 3


def test_a_confirmed_frame_and_a_deleted_keyframe_are_followed_too(
    qtbot, document: Document, view: ViewState, refilling: Refilling
):
    refilling.perform(MakeKeyframe(clip_id(document), FIRST, AT))
    assert view.filling == {FIRST: Filling(8, 16)}
    wait(qtbot, view)
    refilling.perform(DeleteObservation(clip_id(document), FIRST, AT))
    assert one(document).place(AT) is None
    assert view.filling == {FIRST: Filling(8, 16)}
    wait(qtbot, view)
    place = one(document).place(AT)
    assert place is not None
    assert one(document).origin[place] == Origin.PROPAGATED


def test_deleting_what_was_filled_leaves_a_gap(document: Document, view: ViewState, refilling: Refilling):
    refilling.perform(DeleteObservation(clip_id(document), FIRST, AT))
    assert view.filling == {}
    assert one(document).place(AT) is None


def test_two_frames_edited_one_after_the_other_are_both_filled(
    qtbot, document: Document, view: ViewState, refilling: Refilling
):
    before = boxes(document)
    refilling.perform(moved(document, 4))
    refilling.perform(moved(document, 20))
    assert view.filling == {FIRST: Filling(0, 24)}
    wait(qtbot, view)
    assert {3, 5, 19, 21} <= set(changed(document, before))
    assert not {9, 10, 11, 12, 13, 14, 15} & set(changed(document, before))


def test_another_edit_while_it_is_filled_begins_again(
    qtbot, document: Document, view: ViewState, refilling: Refilling, drawn
):
    refilling.perform(moved(document, by=20))
    qtbot.waitUntil(lambda: refilling._background.is_running)
    refilling.perform(moved(document, by=-14))
    objects = document.objects(clip_id(document))
    wait(qtbot, view)
    check_filled(document, objects, drawn)


def test_of_two_objects_the_latest_is_filled_first(
    qtbot, document: Document, view: ViewState, refilling: Refilling
):
    before = boxes(document), boxes(document, SECOND)
    entries = len(document.history())
    refilling.perform(moved(document))
    refilling.perform(moved(document, 20, id=SECOND))
    assert view.filling == {FIRST: Filling(8, 16), SECOND: Filling(16, 24)}
    wait(qtbot, view)
    assert 13 in changed(document, before[0])
    assert 21 in changed(document, before[1], SECOND)
    texts = [entry.text for entry in document.history()[:-entries]]
    assert texts == [
        "Densify 2 objects in frames 8 to 16",
        f"Edit track {SECOND} at frame 20",
        f"Edit track {FIRST} at frame 12",
    ], "what no longer ends the history is a step of its own"


def test_an_edit_of_another_object_does_not_stop_it(
    qtbot, document: Document, view: ViewState, refilling: Refilling
):
    before = boxes(document)
    refilling.perform(moved(document))
    qtbot.waitUntil(lambda: refilling._background.is_running)
    refilling.perform(moved(document, 20, id=SECOND))
    refilling._pause.stop()
    refilling._pause.timeout.emit()  # at once, while the first is being filled
    assert set(view.filling) == {FIRST, SECOND}
    wait(qtbot, view)
    assert AT + 1 in changed(document, before)


@pytest.mark.parametrize("what", ["undo", "cancel", "deleting it", "deleting what was filled"])
@pytest.mark.parametrize("under_way", [False, True])
def test_it_is_given_up(
    qtbot, document: Document, view: ViewState, refilling: Refilling, what: str, under_way: bool
):
    before = boxes(document)
    refilling.perform(moved(document))
    if under_way:
        qtbot.waitUntil(lambda: refilling._background.is_running)
    if what == "undo":
        document.undo()
    elif what == "cancel":
        assert refilling.cancel()
        assert not refilling.cancel()
    elif what == "deleting what was filled":
        refilling.perform(DeleteObservation(clip_id(document), FIRST, 4))
    else:
        document.perform(DeleteTrajectories(clip_id(document), (FIRST,)))
    assert view.filling == {}
    revision = document.revision()
    qtbot.waitUntil(lambda: refilling.is_idle)
    assert document.revision() == revision
    if what == "cancel":
        assert changed(document, before) == [AT]


def test_a_new_name_does_not_stop_it(qtbot, document: Document, view: ViewState, refilling: Refilling):
    before = boxes(document)
    refilling.perform(moved(document))
    refilling.perform(Relabel(clip_id(document), (FIRST,), "ball"))
    wait(qtbot, view)
    assert AT + 1 in changed(document, before)
    assert document.history()[0].text == "Densify 2 objects in frames 8 to 16"


def test_an_object_that_was_never_densified_is_filled_beside_the_edit_and_no_further(
    qtbot, new_document: Document, tmp_path: Path, drawn
):
    densified.add_to(new_document, tmp_path, drawn, fill=False)
    view = ViewState()
    refilling = Refilling(new_document, view, lambda: True)
    refilling.perform(moved(new_document, 8))
    assert view.filling == {FIRST: Filling(0, 16)}
    wait(qtbot, view)
    assert one(new_document).frames.tolist() == [*range(17), 24]
    assert one(new_document, SECOND).frames.tolist() == list(KEYS)
    refilling.perform(DeleteObservation(clip_id(new_document), FIRST, 24))
    wait(qtbot, view)
    assert one(new_document).frames.tolist() == list(range(17)), "nothing beyond its last keyframe"
    refilling.perform(moved(new_document, 16))
    wait(qtbot, view)
    assert one(new_document).frames.tolist() == list(range(17))
    refilling.close()


def test_switched_off_nothing_follows(document: Document, view: ViewState):
    refilling = Refilling(document, view, lambda: False)
    refilling.perform(moved(document))
    assert view.filling == {}
    assert one(document).keyframes.tolist() == sorted([*KEYS, AT])
    refilling.close()


def test_it_is_filled_as_the_clip_was_densified(
    qtbot, document: Document, view: ViewState, refilling: Refilling, drawn
):
    again = {FIRST: drawn[2][0], SECOND: drawn[2][1]}
    settings = as_dict(DensifyConfig(method="shape", one_way_frames=3))
    assert document.perform(FillObservations({clip_id(document): again}, settings={**settings, "run": "r"}))
    refilling.perform(moved(document))
    objects = document.objects(clip_id(document))
    wait(qtbot, view)
    check_filled(document, objects, drawn, "shape")


def test_the_edit_does_not_wait_for_the_filling(document: Document, view: ViewState, refilling: Refilling):
    before = boxes(document)
    for number in range(7):
        refilling.perform(moved(document, by=1 + number))
        assert changed(document, before) == [AT]
        assert view.filling
    refilling.cancel()


def test_a_missing_frame_is_one_sentence(qtbot, document: Document, view: ViewState, refilling: Refilling):
    refilling.failed.disconnect(pytest.fail)
    assert view.clip is not None
    (view.clip.root / view.clip.files[AT + 1]).unlink()
    with qtbot.waitSignal(refilling.failed) as said:
        refilling.perform(moved(document))
    assert view.clip.files[AT + 1] in said.args[0]
    assert view.filling == {}


def test_how_far_it_is_is_told(qtbot, document: Document, view: ViewState, refilling: Refilling):
    told: list[int] = []
    view.filling_changed.connect(lambda filling: told.extend(one.percent for one in filling.values()))
    refilling.perform(moved(document))
    refilling.perform(moved(document, 20))
    wait(qtbot, view)
    assert told[0] == 0
    assert len(told) > 5
    assert told == sorted(told)
    assert 90 <= told[-1] <= 100


def test_the_canvas_says_what_is_filled(pane: CanvasPane, document: Document, refilling: Refilling):
    refilling.perform(moved(document))
    said = pane.frame_view.grab().toImage()
    assert refilling.cancel()
    assert pane.frame_view.grab().toImage() != said


def test_keys_of_the_window_confirm_fill_and_give_up(open_studio: Studio, drawn, qtbot, tmp_path: Path):
    session = open_studio.session
    (tmp_path / "drawn").mkdir()
    densified.add_to(session.document, tmp_path / "drawn", drawn)
    stored = next(known.clip for known in session.document.clips() if known.clip.name == "drawn")
    ids = sorted(session.document.objects(stored.id))
    session.view.set_clip(stored)
    session.view.set_frame(AT)
    session.view.set_selection({ids[0]})
    qtbot.waitUntil(lambda: session.canvas.stage.scene.frame == AT)
    key(qtbot, open_studio, Qt.Key.Key_K)
    assert session.view.filling == {ids[0]: Filling(8, 16)}
    key(qtbot, open_studio, Qt.Key.Key_Escape)
    assert session.view.filling == {}
    assert session.view.selection == {ids[0]}
    session.document.undo()
    switch = open_studio.window.commands["fill_again"]
    assert switch.isChecked()
    switch.trigger()
    key(qtbot, open_studio, Qt.Key.Key_K)
    assert session.view.filling == {}
    assert not open_studio.window.preferences.now.fill_again
    switch.trigger()
    assert open_studio.window.preferences.now.fill_again
