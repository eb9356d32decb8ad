"""A proposal finds its tracks by where they lie, and reads as it was written."""

import json
from dataclasses import replace

import numpy as np
import pytest

from core.errors import StudioError
from core.identity.change_points import Finding, SeenTrack
from core.identity.proposals import (
    What,
    as_json,
    bearers,
    from_json,
    path_of,
    proposal_of,
    read_proposals,
    same_error,
    write_proposals,
)
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories
from core.trajectories.trajectory_edits import Split, Swap

NOTHING = PointTrajectories.pack([], [])


def boxes(row: int, frames: np.ndarray) -> np.ndarray:
    return np.stack([frames * 2, frames * 0 + row, frames * 2 + 10, frames * 0 + row + 10], 1).astype(
        np.float32
    )


def an_object(id: int, parts: list[tuple[int, range]]) -> ObjectTrajectory:
    """Follows the thing in a row of the picture over some frames, then that of another."""
    frames = np.concatenate([np.array(frames, np.int32) for _, frames in parts])
    where = np.concatenate([boxes(row, np.array(frames)) for row, frames in parts])
    count = len(frames)
    return ObjectTrajectory(
        frames=frames, boxes=where, origin=np.full(count, Origin.PROPAGATED, np.uint8),
        confidence=np.ones(count, np.float32), masks=(None,) * count, id=id,
    )  # fmt: skip


def by_id(*objects: ObjectTrajectory) -> dict[int, ObjectTrajectory]:
    return {one.id: one for one in objects}


A, B = an_object(3, [(0, range(20))]), an_object(5, [(40, range(20))])
SEEN = [SeenTrack(one.id, one.frames, one.boxes, np.zeros((20, 1), np.float32)) for one in (A, B)]
CUT = proposal_of(1, Finding((0,), 8, 0.9, 0.61234, 0.1, 0.7), SEEN)
SWAP = proposal_of(1, Finding((0, 1), 12, 0.8, 0.6, 0.1, 0.2), SEEN)


def test_it_says_what_it_is_and_why():
    assert CUT.subject((3,)) == "cut of track 3 at frame 8"
    assert CUT.reason((3,)) == (
        "From frame 8 on, track 3 looks unlike itself. What is before and after differs by 0.61 (0 is "
        "alike, 1 unlike), where 0.10 is usual for it; the nearest other thing differs by 0.70."
    )
    assert SWAP.subject((3, 5)) == "swap of tracks 3 and 5 at frame 12"
    assert "track 3 looks like track 5 did before" in SWAP.reason((3, 5))


def test_its_tracks_are_found_and_the_edit_is_of_them():
    assert bearers(CUT, by_id(A, B), NOTHING) == (3,)
    assert CUT.edit((3,)) == Split(1, 3, 8)
    assert bearers(SWAP, by_id(A, B), NOTHING) == (3, 5)
    assert SWAP.edit((3, 5)) == Swap(1, 3, 5, 12)


def test_it_is_void_once_it_was_done_and_not_before():
    cut = by_id(an_object(3, [(0, range(8))]), an_object(9, [(0, range(8, 20))]), B)
    assert bearers(CUT, cut, NOTHING) is None
    assert bearers(SWAP, cut, NOTHING) == (9, 5)  # what follows the cut has another id now
    swapped = by_id(
        an_object(3, [(0, range(12)), (40, range(12, 20))]),
        an_object(5, [(40, range(12)), (0, range(12, 20))]),
    )
    assert bearers(SWAP, swapped, NOTHING) is None
    assert bearers(CUT, swapped, NOTHING) == (3,)


def test_it_is_void_where_tracks_were_moved_merged_or_are_gone():
    assert bearers(CUT, by_id(B), NOTHING) is None
    assert bearers(CUT, by_id(replace(A, boxes=A.boxes + 3)), NOTHING) is None
    gap = an_object(3, [(0, range(7)), (0, range(8, 20))])
    assert bearers(CUT, by_id(gap), NOTHING) is None
    assert bearers(SWAP, by_id(A), NOTHING) is None


def test_a_step_over_a_gap_is_another_step_also_where_nothing_moves():
    still = replace(A, boxes=np.repeat(A.boxes[:1], 20, 0))
    seen = [SeenTrack(3, still.frames, still.boxes, np.zeros((20, 1), np.float32))]
    cut = proposal_of(1, Finding((0,), 8, 0.9, 0.6, 0.1, 0.7), seen)
    assert bearers(cut, by_id(still), NOTHING) == (3,)
    gap = an_object(3, [(0, range(7)), (0, range(8, 20))])
    assert bearers(cut, by_id(replace(gap, boxes=still.boxes[:19])), NOTHING) is None


def test_two_tracks_that_became_one_are_not_swapped_with_themselves():
    twins = [replace(one, boxes=A.boxes) for one in (A, B)]
    seen = [SeenTrack(one.id, one.frames, one.boxes, np.zeros((20, 1), np.float32)) for one in twins]
    swap = proposal_of(1, Finding((0, 1), 12, 0.8, 0.6, 0.1, 0.2), seen)
    assert bearers(swap, by_id(*twins), NOTHING) == (3, 5)
    assert bearers(swap, by_id(replace(A, id=9)), NOTHING) is None


def test_points_are_found_by_the_middle_of_their_squares():
    paths = [np.stack([np.arange(10.0) * 2, np.full(10, y)], 1) for y in (5.0, 30.0)]
    points = replace(PointTrajectories.pack([4, 4], paths), ids=np.array([11, 12]))
    seen = [
        SeenTrack(id, np.arange(4, 14), np.hstack([xy - 50, xy + 50]), np.zeros((10, 1)))
        for id, xy in zip((11, 12), paths, strict=True)
    ]
    cut = proposal_of(1, Finding((1,), 9, 0.9, 0.6, 0.1, 0.7), seen)
    assert bearers(cut, {}, points) == (12,)
    moved = replace(points, xy=points.xy + np.float32(4))
    assert bearers(cut, {}, moved) is None
    later = replace(points, first=points.first + 5)
    assert bearers(cut, {}, later) is None
    step = cut.steps[
        0
    ]  # one that starts where it should go on, packed after one that ends where it came from
    ends, starts = (np.array(box).reshape(2, 2).mean(0)[None] for box in (step.before_box, step.after_box))
    two = replace(PointTrajectories.pack([8, 9], [ends, starts]), ids=np.array([21, 22]))
    assert bearers(cut, {}, two) is None


@pytest.mark.parametrize("proposal", [CUT, SWAP])
def test_it_reads_as_it_was_written(proposal, tmp_path):
    write_proposals(tmp_path, 1, [proposal])
    assert read_proposals(tmp_path) == {1: [proposal]}
    assert from_json(json.loads(json.dumps(as_json(proposal)))) == proposal


def test_a_clip_without_errors_is_done_all_the_same_and_a_damaged_file_is_named(tmp_path):
    write_proposals(tmp_path, 2, [])
    assert read_proposals(tmp_path) == {2: []}
    path_of(tmp_path, 3).write_text('[{"what": "cut", "steps": []}]')
    with pytest.raises(StudioError, match=r"proposals-3\.json is damaged"):
        read_proposals(tmp_path)


def test_which_are_about_the_same_error():
    near, far = replace(CUT, frame=11), replace(CUT, frame=12)
    assert same_error(CUT, (3,), near, (3,))
    assert not same_error(CUT, (3,), far, (3,))
    assert not same_error(CUT, (3,), near, (4,))
    assert same_error(SWAP, (3, 5), SWAP, (5, 3))
    assert not same_error(replace(CUT, what=What.SWAP), (3,), CUT, (3,))
