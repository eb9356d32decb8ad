"""The camera's motion is told in a thread while stabilised trails are drawn."""

from dataclasses import replace

import numpy as np

from core.trajectories.bulk_edits import ReplacePoints
from core.trajectories.model import PointTrajectories
from core.trajectories.trajectory_edits import DeleteTrajectories
from studio.canvas.pane import CanvasPane
from studio.document import Document
from studio.view_state import ViewState
from tests.studio.canvas.drawn import FRAMES

SHAKE = np.array([(6 * np.sin(2.5 * frame), 5 * np.cos(1.7 * frame)) for frame in range(FRAMES)])


def drawn(pane: CanvasPane) -> int:
    """Pixels of the frame that tracks cover."""
    pane.frame_view.grab()
    return int((np.array(pane.frame_view._overlay._pixels) != 0).sum())


def add_wall(document: Document, clip_id: int) -> None:
    """Thirty points of something that stands still, seen by a camera that does not."""
    wall = np.random.default_rng(2).uniform((12, 10), (52, 38), (30, 2))
    document.perform(ReplacePoints({clip_id: PointTrajectories.pack([0] * 30, [p + SHAKE for p in wall])}))


def test_trails_of_a_wall_shrink_when_the_motion_is_known_and_an_edit_keeps_it(
    qtbot, pane: CanvasPane, document: Document, view: ViewState
):
    stabilising, clip = pane.stage.stabilising, view.clip
    view.set_layers(replace(view.layers, masks=False, boxes=False, names=False, stabilise=False))
    add_wall(document, clip.id)
    view.set_frame(8)
    qtbot.waitUntil(lambda: pane.stage.scene.frame == 8)
    shaken, motion = drawn(pane), stabilising.motion
    assert not motion.is_known(0)
    view.set_layers(replace(view.layers, stabilise=True))
    qtbot.waitUntil(lambda: all(motion.is_known(step) for step in range(FRAMES - 1)))
    qtbot.waitUntil(lambda: drawn(pane) < 0.4 * shaken)
    steady = drawn(pane)
    view.set_layers(replace(view.layers, trails_chosen=True))
    assert drawn(pane) <= steady
    ids = document.points(clip.id).ids.tolist()
    document.perform(DeleteTrajectories(clip.id, tuple(ids[:3])))
    assert stabilising.motion is motion
    document.perform(DeleteTrajectories(clip.id, tuple(ids[3:15])))
    assert stabilising.motion is not motion


def test_a_frame_without_a_path_behind_it_is_not_drawn_again_for_the_motion(
    qtbot, pane: CanvasPane, document: Document, view: ViewState
):
    stabilising, clip = pane.stage.stabilising, view.clip
    add_wall(document, clip.id)
    motion, told = stabilising.motion, []
    assert view.frame == 0
    assert not any(motion.is_known(step) for step in range(FRAMES - 1)), "the clip is shown first"
    stabilising.changed.connect(lambda: told.append(view.frame))
    qtbot.waitUntil(lambda: all(motion.is_known(step) for step in range(FRAMES - 1)))
    qtbot.waitUntil(lambda: not stabilising._background.is_running)
    assert not stabilising._showing.isActive()
    assert not told


def test_a_path_that_is_drawn_is_not_kept_waiting(
    qtbot, pane: CanvasPane, document: Document, view: ViewState
):
    stabilising = pane.stage.stabilising
    add_wall(document, view.clip.id)
    assert stabilising._later.isActive()
    with qtbot.waitSignal(stabilising.changed):
        view.set_frame(5)
        assert not stabilising._later.isActive()
    qtbot.waitUntil(lambda: all(stabilising.motion.is_known(step) for step in range(5)))
