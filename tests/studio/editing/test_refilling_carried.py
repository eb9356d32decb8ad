"""What a person carried on is filled again as it was carried."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from core.trajectories import schema
from core.trajectories.model import ObjectTrajectory, Origin
from core.trajectories.observation_edits import CarryObservations, DeleteObservation, MakeKeyframe, SetFilling
from studio.document import Document
from studio.editing.refilling import Refilling
from studio.view_state import ViewState
from tests.studio import densified
from tests.studio.densified import FIRST, SECOND
from tests.studio.editing.refilled import AT, boxes, changed, clip_id, moved, one


@pytest.fixture
def document(drawn, new_document: Document, tmp_path: Path) -> Document:
    densified.add_to(new_document, tmp_path, drawn)
    return new_document


def test_a_box_that_was_carried_and_is_confirmed_leaves_the_others_on_their_way(
    document: Document, view: ViewState, refilling: Refilling
):
    """Carried by the pictures, it goes in a curve; a straight way to the keyframe would say less."""
    for frame in (16, 24):
        assert document.perform(DeleteObservation(clip_id(document), FIRST, frame))
    assert document.perform(SetFilling(clip_id(document), (FIRST,), "box"))
    start = one(document).boxes[one(document).place(8)]
    away = np.arange(1, 17, dtype=np.float32)
    carried = ObjectTrajectory(
        frames=np.arange(9, 25, dtype=np.int32),
        boxes=start + np.stack([away, away**2 / 20, away, away**2 / 20], axis=1),
        origin=np.full(16, Origin.PROPAGATED, np.uint8),
        confidence=np.full(16, 0.9, np.float32),
        masks=(None,) * 16,
    )
    assert document.perform(CarryObservations(clip_id(document), FIRST, 8, carried))
    before = boxes(document)
    refilling.perform(MakeKeyframe(clip_id(document), FIRST, AT))
    assert refilling.is_idle
    assert not changed(document, before)
    refilling.perform(moved(document, 20))  # this one is another box
    refilling.close()
    assert changed(document, before)


def test_what_was_carried_on_with_little_confidence_is_not_held_to_a_higher_one(
    qtbot, document: Document, view: ViewState, refilling: Refilling
):
    """The other object was carried beyond its last keyframe as far as a person wanted."""
    tail = one(document, SECOND)
    assert document.perform(DeleteObservation(clip_id(document), SECOND, 24))
    rows = np.flatnonzero(tail.frames > 16)
    carried = ObjectTrajectory(
        frames=tail.frames[rows],
        boxes=tail.boxes[rows],
        origin=np.full(len(rows), Origin.PROPAGATED, np.uint8),
        confidence=np.full(len(rows), 0.25, np.float32),
        masks=tuple(tail.masks[row] for row in rows.tolist()),
    )
    assert document.perform(CarryObservations(clip_id(document), SECOND, 16, carried))
    refilling.perform(moved(document, 20))
    qtbot.waitUntil(lambda: not view.filling)
    p = schema.provenance.c
    with document.project.reading() as connection:
        (settings,) = connection.scalars(select(p.settings).where(p.job == "refill"))
    assert settings["min_confidence"] == 0.25
