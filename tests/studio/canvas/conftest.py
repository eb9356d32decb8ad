"""A project with one drawn clip, and the canvas that shows it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.datasets.clip import Clip
from core.geometry import encode_mask, mask_box
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from studio.canvas.pane import CanvasPane
from studio.document import Document
from studio.view_state import ViewState
from tests.studio.canvas.drawn import FRAMES, HEIGHT, WIDTH, Mouse, draw_frame, object_mask


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(FRAMES):
        rgb = draw_frame(number)
        cv2.imwrite(str(folder / f"{number:03d}.png"), rgb[..., ::-1])
    return Clip(
        name="drawn",
        dataset="frames",
        width=WIDTH,
        height=HEIGHT,
        root=folder,
        files=tuple(f"{number:03d}.png" for number in range(FRAMES)),
    )


@pytest.fixture
def document(new_document: Document, clip: Clip) -> Document:
    """A clip with a masked object in frames 0 to 5 (keyframe at 0), a boxed one, and three points."""
    masked = ObjectTrajectory(
        frames=np.arange(6, dtype=np.int32),
        boxes=np.array([mask_box(object_mask(frame)) for frame in range(6)]),
        origin=np.array([Origin.ANNOTATED] + [Origin.PROPAGATED] * 5, np.uint8),
        confidence=np.ones(6, np.float32),
        masks=tuple(encode_mask(object_mask(frame)) for frame in range(6)),
        label="ring",
    )
    boxed = ObjectTrajectory(
        frames=np.arange(12, dtype=np.int32),
        boxes=np.tile(np.array([[30.5, 20.25, 50.5, 40.25]], np.float32), (12, 1)),
        origin=np.full(12, Origin.ANNOTATED, np.uint8),
        confidence=np.ones(12, np.float32),
        masks=(None,) * 12,
    )
    path = np.stack((np.linspace(5, 16, 12), np.full(12, 30.0)), axis=1)
    points = PointTrajectories.pack(
        [0, 0, 2],
        [path, np.add(path, (0, 10)), np.add(path[:4], (40, -25))],
        [np.full(n, 0.5) for n in (12, 12, 4)],
    )
    assert new_document.perform(AddClips([(clip, [masked, boxed])]))
    clip_id = new_document.clips()[0].clip.id
    assert new_document.perform(ReplacePoints({clip_id: points}))
    return new_document


@pytest.fixture
def pane(qtbot, document: Document, view: ViewState) -> CanvasPane:
    """The canvas at frame 0, its edits joined to the document."""
    pane = CanvasPane(document, view)
    qtbot.addWidget(pane)
    pane.edit_asked.connect(document.perform)
    pane.resize(700, 560)
    pane.show()
    qtbot.waitExposed(pane)
    qtbot.waitUntil(lambda: pane.frame_view.frame is not None)
    pane.frame_view.setFocus()
    return pane


@pytest.fixture
def mouse(pane: CanvasPane) -> Mouse:
    return Mouse(pane.frame_view)
