"""Errors that are planted in tracked clips are what they are called, and an item shows its own alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.curation_clips import by_lot
from benchmarks.planted_in_clips import KINDS, LOST, Tracked, planted, with_broken_points
from core.datasets.clip import Clip
from core.review.findings import Item
from core.tracking.movers import Mover
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories

FRAMES = 40
CLIP = Clip(
    name="a", dataset="frames", width=200, height=120, root=Path(), files=("f",) * FRAMES, id=7, keyframes=()
)


def an_object(id: int, y: int) -> ObjectTrajectory:
    """A box that goes to the right, a keyframe every ten frames."""
    frames = np.arange(FRAMES, dtype=np.int32)
    origin = np.where(frames % 10 == 0, Origin.ANNOTATED, Origin.PROPAGATED).astype(np.uint8)
    x = 10 + frames
    boxes = np.stack([x, np.full(FRAMES, y), x + 30, np.full(FRAMES, y + 30)], 1).astype(np.float32)
    return ObjectTrajectory(frames, boxes, origin, np.ones(FRAMES, np.float32), (None,) * FRAMES, id=id)


@pytest.fixture
def clip() -> Tracked:
    objects = {1: an_object(1, 10), 2: an_object(2, 70)}
    paths = [np.cumsum(np.ones((30, 2)), axis=0) + n for n in range(12)]
    points = PointTrajectories.pack([0] * 12, paths, [np.zeros(30)] * 12)
    return Tracked(CLIP, replace(points, ids=100 + np.arange(12)), objects, objects)


def item(*tracks: int, frame: int, proposal: Mover | None = None) -> Item:
    return Item(7, tracks, frame - 1, frame + 1, frame, 1.0, proposal=proposal)


def test_a_swap_and_a_broken_track_keep_every_box_but_those_that_are_lost(clip: Tracked):
    wrong, error = KINDS["swap"](clip, np.random.default_rng(1))
    frame = sorted(error.frames)[3]
    assert wrong.objects[1].boxes[frame - 1, 1] == 10
    assert wrong.objects[1].boxes[frame, 1] == 70
    assert error.is_shown_by(item(1, 2, frame=frame))
    assert not error.is_shown_by(item(1, frame=frame + 6))
    wrong, error = KINDS["broken track"](clip, np.random.default_rng(1))
    first, second = (wrong.objects[id] for id in error.tracks)
    assert second.frames[0] - first.frames[-1] == LOST + 1
    assert len(first.frames) + len(second.frames) == FRAMES - LOST


def test_what_is_missing_is_shown_by_points_that_move_there(clip: Tracked):
    wrong, error = KINDS["missing object"](clip, np.random.default_rng(1))
    (gone,) = clip.objects.keys() - wrong.objects.keys()
    frames = np.arange(5, 15)
    there = Mover(frames, clip.truth[gone].boxes[5:15], frames, 1.0, frames)
    (stays,) = wrong.objects.values()
    elsewhere = replace(there, boxes=stays.boxes[5:15])
    assert error.is_shown_by(item(100, frame=9, proposal=there))
    assert not error.is_shown_by(item(100, frame=9, proposal=elsewhere))
    assert not error.is_shown_by(item(stays.id, frame=9))


def test_a_false_track_is_around_nothing_and_a_late_one_begins_at_a_keyframe(clip: Tracked):
    wrong, error = KINDS["false track"](clip, np.random.default_rng(1))
    (ghost,) = (wrong.objects[id] for id in error.tracks)
    assert error.is_shown_by(item(ghost.id, frame=int(ghost.frames[0])))
    wrong, error = KINDS["late object"](clip, np.random.default_rng(1))
    late = wrong.objects[error.tracks[0]]
    assert late.frames[0] in (10, 20, 30)
    assert sorted(error.boxes) == list(range(late.frames[0]))


def test_kinds_take_turns_and_tracks_by_lot_seldom_show_one(clip: Tracked):
    made = planted([clip] * 6, np.random.default_rng(3))
    assert len({error.kind for _, error in made}) == 6
    _, error = KINDS["broken track"](clip, np.random.default_rng(1))
    few = by_lot([clip], error, clip)
    assert 0 < by_lot([clip] * 20, error, clip) < few < 1


def test_broken_points_are_pairs_with_frames_between_them(clip: Tracked):
    broken, pairs = with_broken_points(clip, np.random.default_rng(0))
    points = broken.points
    assert len(pairs) == 12
    for first, second in pairs:
        row, other = (int(np.flatnonzero(points.ids == id)[0]) for id in (first, second))
        assert 1 <= points.first[other] - points.last[row] - 1 <= 4
