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


def test_trails_of_a_wall_shrink_when_the_motion_is_known_and_an_edit_keeps_it(
    qtbot, pane: CanvasPane, document: Document, view: ViewState
):
    stabilising, clip = pane.stage.stabilising, view.clip
    view.set_layers(replace(view.layers, masks=False, boxes=False, names=False, stabilise=False))
    wall = np.random.default_rng(2).uniform((12, 10), (52, 38), (30, 2))
    document.perform(ReplacePoints({clip.id: PointTrajectories.pack([0] * 30, [p + SHAKE for p in wall])}))
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
