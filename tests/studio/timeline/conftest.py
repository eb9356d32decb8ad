"""A project whose clip needs no frames on disk, and its timeline."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from core.datasets.clip import Clip
from core.trajectories.bulk_edits import AddClips, ReplacePoints
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from studio.document import Document
from studio.timeline.timeline import Timeline
from studio.view_state import ViewState

FRAMES = 40


def an_object(frames: list[int], keyframes: list[int], label: str = "") -> ObjectTrajectory:
    given = np.isin(frames, keyframes)
    return ObjectTrajectory(
        frames=np.array(frames, np.int32),
        boxes=np.tile(np.array([[10, 10, 20, 20]], np.float32), (len(frames), 1)),
        origin=np.where(given, Origin.ANNOTATED, Origin.PROPAGATED).astype(np.uint8),
        confidence=np.ones(len(frames), np.float32),
        masks=(None,) * len(frames),
        label=label,
    )


@pytest.fixture
def document(new_document: Document, tmp_path: Path) -> Document:
    """Object 1 in frames 5 to 30 with keyframes at 5, 18 and 30; object 2 with a gap; points 3 and 4."""
    clip = Clip(
        name="c",
        dataset="frames",
        width=64,
        height=48,
        root=tmp_path,
        files=tuple(f"{number}.png" for number in range(FRAMES)),
    )
    objects = [
        an_object(list(range(5, 31)), [5, 18, 30], "walker"),
        an_object([0, 1, 2, 10, 11], [0, 10], "a name that is much too long for the column of names"),
    ]
    points = PointTrajectories.pack([2, 20], [np.full((10, 2), 5.0), np.full((15, 2), 9.0)])
    assert new_document.perform(AddClips([(clip, objects)]))
    assert new_document.perform(ReplacePoints({new_document.clips()[0].clip.id: points}))
    return new_document


@pytest.fixture
def timeline(qtbot, document: Document, view: ViewState) -> Timeline:
    timeline = Timeline(document, view)
    qtbot.addWidget(timeline)
    timeline.edit_asked.connect(document.perform)
    timeline.resize(960, 220)
    timeline.show()
    qtbot.waitExposed(timeline)
    return timeline


@pytest.fixture
def place(timeline: Timeline):
    """Where a frame of a lane is in the viewport; `fraction` of the frame's width from its start."""

    def find(trajectory_id: int, frame: float) -> QPoint:
        rect = timeline.lanes.lane_rect(trajectory_id)
        return QPoint(round(timeline.lanes.scale.x(frame)), round(rect.center().y()))

    return find
