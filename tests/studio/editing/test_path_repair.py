"""A person drags a point of a drifting path back: the path around it is followed again."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt

from core.datasets.clip import Clip
from core.datasets.synthetic import render_clip
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import Origin, PointTrajectories
from core.trajectories.observation_edits import MovePoint
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel
from studio.canvas.pane import CanvasPane
from studio.document import Document
from studio.editing.path_repair import PathRepair
from studio.view_state import ViewState
from tests.studio.at_the_window import activate, key
from tests.studio.canvas.drawn import Mouse, pane_at

FRAMES, AT = 20, 10
DRIFTS, OTHER = 1, 2  # ids: one path drifts off in frames 6 to 14, the other is true


@pytest.fixture(scope="module")
def drawn() -> tuple[list[np.ndarray], np.ndarray]:
    """The frames, and the true paths (2, 20, 2) of two points of an object."""
    clip = render_clip(13, frames=FRAMES, width=320, height=240)
    rows, columns = np.nonzero(clip.labels[0] == 2)
    starts = np.stack([columns, rows], axis=1)[:: len(rows) // 60] + 0.5
    seen = np.all([clip.visible(0, starts, frame) for frame in range(FRAMES)], axis=0)
    middle = starts[seen].mean(axis=0)
    inner = starts[seen][np.argsort(np.linalg.norm(starts[seen] - middle, axis=1))[[0, 4]]]
    return list(clip.frames), np.stack([clip.position(0, inner, frame) for frame in range(FRAMES)], axis=1)


@pytest.fixture
def truth(drawn) -> np.ndarray:
    return drawn[1][0]


@pytest.fixture
def document(drawn, new_document: Document, tmp_path: Path) -> Document:
    frames, paths = drawn
    for number, image in enumerate(frames):
        cv2.imwrite(str(tmp_path / f"{number:02d}.png"), np.ascontiguousarray(image[..., ::-1]))
    files = tuple(f"{number:02d}.png" for number in range(FRAMES))
    clip = Clip(name="drawn", dataset="frames", width=320, height=240, root=tmp_path, files=files)
    drifting = paths[0].copy()
    drifting[6:15] += np.outer(np.sin(np.linspace(0, np.pi, 11))[1:-1], (7, -5))
    assert new_document.perform(AddClips([(clip, [])]))
    clip_id = new_document.clips()[0].clip.id
    assert new_document.perform(
        ReplacePoints({clip_id: PointTrajectories.pack([0, 0], [drifting, paths[1]])})
    )
    return new_document


@pytest.fixture
def repair(document: Document, view: ViewState):
    repair = PathRepair(document, view)
    repair.failed.connect(pytest.fail)
    yield repair
    repair.close()


@pytest.fixture
def pane(qtbot, document: Document, view: ViewState, repair: PathRepair) -> Iterator[CanvasPane]:
    yield from pane_at(qtbot, document, view, repair.perform, AT)


def path_of(document: Document, id: int) -> np.ndarray:
    points = document.points(document.clips()[0].clip.id)
    return points.points(int(np.searchsorted(points.ids, id)))


def origins_of(document: Document, id: int) -> np.ndarray:
    points = document.points(document.clips()[0].clip.id)
    return points.take(points.ids == id).origin


def move_to(document: Document, place: np.ndarray, id: int = DRIFTS, frame: int = AT) -> MovePoint:
    return MovePoint(document.clips()[0].clip.id, id, frame, float(place[0]), float(place[1]))


def off(path: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.linalg.norm(path - truth, axis=1)


def test_dragging_a_wrong_point_to_the_truth_puts_the_path_around_it_right(
    qtbot, pane: CanvasPane, document: Document, view: ViewState, truth: np.ndarray
):
    before, other = path_of(document, DRIFTS).copy(), path_of(document, OTHER).copy()
    revision, entries = document.revision(), len(document.history())
    assert off(before, truth)[6:15].mean() > 5
    Mouse(pane.frame_view).drag(tuple(before[AT]), (before[AT] + truth[AT]) / 2, tuple(truth[AT]))
    at_once = path_of(document, DRIFTS).copy()
    assert document.revision() == revision + 1
    assert view.repairing == {DRIFTS}
    pixel = 1 / pane.stage.camera.scale  # the mouse is in whole ones at both ends of the drag
    assert off(at_once, truth)[AT] <= np.hypot(pixel, pixel)
    np.testing.assert_array_equal(at_once[AT + 1], before[AT + 1])
    qtbot.waitUntil(lambda: not view.repairing)
    after = path_of(document, DRIFTS)
    assert off(after, truth)[6:15].mean() < 0.6
    assert off(after, truth).max() < 1
    np.testing.assert_array_equal(after[AT], at_once[AT])
    assert np.abs(after - before)[:4].max() < 0.7
    assert np.abs(after - before)[-3:].max() < 0.7
    np.testing.assert_array_equal(path_of(document, OTHER), other)
    origins = origins_of(document, DRIFTS)
    assert origins[AT] == Origin.EDITED
    assert (origins[7:10] == Origin.PROPAGATED).all()
    assert (origins[[0, -1]] == Origin.LINKED).all()
    assert len(document.history()) == entries + 1, "one step of undo"
    assert document.undo()
    np.testing.assert_array_equal(path_of(document, DRIFTS), before)
    assert document.redo()
    np.testing.assert_array_equal(path_of(document, DRIFTS), after)


def test_the_canvas_says_that_a_path_is_being_repaired(
    pane: CanvasPane, document: Document, view: ViewState, repair: PathRepair, truth: np.ndarray
):
    repair.perform(move_to(document, truth[AT]))
    said = pane.frame_view.grab().toImage()
    assert repair.cancel()
    assert pane.frame_view.grab().toImage() != said


def test_the_point_is_where_it_was_put_at_once(document: Document, repair: PathRepair, truth: np.ndarray):
    before = path_of(document, DRIFTS).copy()
    repair.perform(move_to(document, truth[AT]))
    at_once = path_of(document, DRIFTS)
    assert off(at_once, truth)[AT] < 0.01
    others = np.arange(len(before)) != AT
    np.testing.assert_array_equal(at_once[others], before[others])  # the repair is not waited for
    assert repair.cancel()


@pytest.mark.parametrize("what", ["another edit of it", "undo", "cancel", "deleting it"])
def test_a_repair_is_given_up(
    qtbot, document: Document, view: ViewState, repair: PathRepair, truth: np.ndarray, what: str
):
    clip, before = view.clip.id, path_of(document, DRIFTS).copy()
    repair.perform(move_to(document, truth[AT]))
    assert view.repairing == {DRIFTS}
    if what == "undo":
        document.undo()
    elif what == "cancel":
        assert repair.cancel()
        assert not repair.cancel()
    elif what == "deleting it":
        document.perform(DeleteTrajectories(clip, (DRIFTS,)))
    else:
        document.perform(Relabel(clip, (DRIFTS,), "mine"))
    assert view.repairing == frozenset()
    revision = document.revision()
    qtbot.waitUntil(lambda: repair.is_idle)
    assert document.revision() == revision
    if what != "deleting it":
        kept = np.arange(FRAMES) != AT
        np.testing.assert_array_equal(path_of(document, DRIFTS)[kept], before[kept])


def test_moving_it_again_repairs_from_the_last_place(
    qtbot, document: Document, view: ViewState, repair: PathRepair, truth: np.ndarray
):
    repair.perform(move_to(document, truth[AT] + 20))
    repair.perform(move_to(document, truth[AT]))
    qtbot.waitUntil(lambda: not view.repairing)
    assert off(path_of(document, DRIFTS), truth).max() < 1


def test_anchors_that_were_set_before_the_first_was_repaired_all_stay_and_are_all_solved_around(
    qtbot, document: Document, view: ViewState, repair: PathRepair, truth: np.ndarray
):
    for frame in (8, 12, 10):
        repair.perform(move_to(document, truth[frame], frame=frame))
    qtbot.waitUntil(lambda: not view.repairing)
    path, origins = path_of(document, DRIFTS), origins_of(document, DRIFTS)
    np.testing.assert_allclose(path[[8, 10, 12]], truth[[8, 10, 12]], atol=1e-4)
    assert np.flatnonzero(origins == Origin.EDITED).tolist() == [8, 10, 12]
    assert off(path, truth).max() < 1, "beyond the first and the last of them, too"
    assert (origins[[7, 9, 11, 13]] == Origin.PROPAGATED).all()


def test_two_points_are_repaired_one_after_the_other(
    qtbot, document: Document, view: ViewState, repair: PathRepair, drawn
):
    entries = len(document.history())
    repair.perform(move_to(document, drawn[1][0][AT]))
    repair.perform(move_to(document, drawn[1][1][AT] + 0.8, OTHER))
    assert view.repairing == {DRIFTS, OTHER}
    qtbot.waitUntil(lambda: not view.repairing)
    assert off(path_of(document, DRIFTS), drawn[1][0]).max() < 1
    assert (origins_of(document, OTHER) == Origin.PROPAGATED).any()
    texts = [entry.text for entry in document.history()[:-entries]]
    moves = [f"Move point {OTHER} at frame 10", f"Move point {DRIFTS} at frame 10"]
    assert texts == moves, "each repair is part of the step that it follows from"


def test_while_something_is_undone_it_stays_possible_to_do_it_again(
    qtbot, document: Document, view: ViewState, repair: PathRepair, truth: np.ndarray
):
    repair.perform(move_to(document, truth[AT]))
    document.perform(Relabel(view.clip.id, (OTHER,), "x"))
    document.undo()
    qtbot.waitUntil(lambda: not view.repairing)
    assert document.redo_text() == f"Label track {OTHER} 'x'"


def test_a_missing_frame_is_one_sentence(
    qtbot, document: Document, view: ViewState, repair: PathRepair, truth: np.ndarray
):
    repair.failed.disconnect(pytest.fail)
    (view.clip.root / view.clip.files[AT + 1]).unlink()
    with qtbot.waitSignal(repair.failed) as said:
        repair.perform(move_to(document, truth[AT]))
    assert view.clip.files[AT + 1] in said.args[0]
    assert view.repairing == frozenset()


def test_escape_in_the_window_gives_a_repair_up_before_it_clears_the_selection(open_studio, qtbot):
    session = open_studio.session
    clip = session.view.clip.id
    point = int(session.document.points(clip).ids[4])  # frames 0 to 6
    session.view.set_selection({point})
    activate(qtbot, open_studio.window)
    session.canvas.edit_asked.emit(MovePoint(clip, point, 2, 20.0, 20.0))
    assert session.view.repairing == {point}
    key(qtbot, open_studio, Qt.Key.Key_Escape)
    assert session.view.repairing == frozenset()
    assert session.view.selection == {point}


def test_the_note_of_the_repair_is_not_covered_by_the_one_of_the_mouse(
    qtbot, pane: CanvasPane, view: ViewState, document: Document
):
    def seen(hovered: int | None):
        view.set_hovered(hovered)
        return pane.frame_view.grab().toImage()

    view.set_selection([DRIFTS])
    Mouse(pane.frame_view).move(*path_of(document, DRIFTS)[AT])
    qtbot.waitUntil(lambda: view.hovered == DRIFTS and pane.frame_view.underMouse())
    assert seen(DRIFTS) != seen(None)
    view.set_repairing(frozenset({DRIFTS}))
    assert seen(DRIFTS) == seen(None)
