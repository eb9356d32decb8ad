"""What keyframes say of an object's sight: what it means, how it is set; undo is exact."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import StudioError
from core.trajectories import integrity, journal, store
from core.trajectories.bulk_edits import FillObservations
from core.trajectories.model import Flag, Origin
from core.trajectories.observation_edits import (
    DeleteObservation,
    DemoteKeyframe,
    MakeKeyframe,
    MoveKeyframe,
    SetObservation,
)
from core.trajectories.sight import FOREVER, is_outside, occluded, occluded_of, outside
from core.trajectories.sight_edits import SetOccluded, SetOutside
from core.trajectories.trajectory_edits import Merge, Split, Swap, Trim
from tests.core.trajectories.small_database import contents

A, P = Origin.ANNOTATED, Origin.PROPAGATED


@pytest.fixture
def boxed(connection):
    """The object of frames 3 to 8, whose keyframes are 3, 5 and 7."""
    return store.objects(connection, store.clip(connection, "a").id, annotator=0)[1]


def perform(connection, edit, *words):
    """Make an edit of clip `a`; the object of frames 3 to 8 afterwards."""
    clip_id = store.clip(connection, "a").id
    journal.perform(connection, edit(clip_id, *words))
    assert integrity.problems(connection) == []
    return store.objects(connection, clip_id, annotator=0)[1]


def test_what_a_keyframe_says_holds_up_to_the_next_one():
    def of(frames, origin, flags):
        return occluded_of(np.array(frames), np.array(origin), np.array(flags)).tolist()

    assert of([3, 4, 5, 6], [A, P, A, P], [2, 0, 0, 0]) == [True, True, False, False]
    assert of([3, 4, 5, 6], [A, P, A, P], [0, 2, 2, 0]) == [False, False, True, True]
    assert of([3, 4, 8, 9], [A, P, P, P], [2, 0, 0, 0]) == [True, True, False, False], "not over a gap"
    assert of([8, 9, 10], [P, P, A], [2, 0, 0]) == [True, True, False], "after a cut it says so itself"
    assert of([], [], []) == []


def test_a_keyframe_is_occluded_and_what_follows_with_it_until_the_next(connection, boxed):
    before = contents(connection)
    after = perform(connection, SetOccluded, (boxed.id,), 4, True)
    assert after.keyframes.tolist() == [3, 4, 5, 7], "what was filled is a keyframe now"
    after = perform(connection, SetOccluded, (boxed.id,), 5, True)
    assert after.frames[occluded(after)].tolist() == [4, 5, 6]
    after = perform(connection, MakeKeyframe, boxed.id, 6)
    assert after.frames[occluded(after)].tolist() == [4, 5, 6], "a new keyframe among them says the same"
    after = perform(connection, SetObservation, boxed.id, 6, np.array([1, 2, 3, 4]), None)
    assert after.frames[occluded(after)].tolist() == [4, 5, 6]
    after = perform(connection, SetOccluded, (boxed.id,), 5, False)
    assert after.frames[occluded(after)].tolist() == [4, 6]
    for _ in range(5):
        journal.undo(connection)
    assert contents(connection) == before
    with pytest.raises(StudioError, match="nothing at frame 1"):
        perform(connection, SetOccluded, (boxed.id,), 1, True)


def test_cut_swapped_and_trimmed_it_stays_occluded(connection, boxed):
    perform(connection, SetOccluded, (boxed.id,), 7, True)
    before = contents(connection)
    perform(connection, Split, boxed.id, 8)
    second = store.objects(connection, store.clip(connection, "a").id, annotator=0)[-1]
    assert (second.frames.tolist(), occluded(second).tolist()) == ([8], [True])
    journal.undo(connection)
    after = perform(connection, Trim, boxed.id, 8, 8)
    assert (after.frames.tolist(), occluded(after).tolist()) == ([8], [True])
    journal.undo(connection)
    first = store.objects(connection, store.clip(connection, "a").id, annotator=0)[0]
    perform(connection, SetObservation, first.id, 9, np.array([1, 2, 3, 4]), None)
    for both in ((first.id, boxed.id), (boxed.id, first.id)):
        perform(connection, Swap, *both, 8)
        first = store.objects(connection, store.clip(connection, "a").id, annotator=0)[0]
        assert first.frames[occluded(first)].tolist() == [8]
        journal.undo(connection)
    journal.undo(connection)
    assert contents(connection) == before


def test_out_of_sight_there_is_nothing_until_the_next_keyframe_and_nothing_is_filled(connection, boxed):
    before = contents(connection)
    after = perform(connection, SetOutside, (boxed.id,), 6, True)
    assert after.frames.tolist() == [3, 4, 5, 7, 8]
    assert outside(after).tolist() == [[6, 6]]
    after = perform(connection, SetOutside, (boxed.id,), 8, True)
    assert (after.frames.tolist(), outside(after).tolist()) == ([3, 4, 5, 7], [[6, 6], [8, FOREVER]])
    assert is_outside(after, np.array([2, 5, 6, 7, 8, 900])).tolist() == [
        False,
        False,
        True,
        False,
        True,
        True,
    ]
    journal.undo(connection)
    journal.undo(connection)
    assert contents(connection) == before
    with pytest.raises(StudioError, match="not there before frame 3; trim its start"):
        perform(connection, SetOutside, (boxed.id,), 3, True)


def test_a_keyframe_in_that_frame_goes_and_what_was_last_seen_becomes_one(connection, boxed):
    after = perform(connection, SetOutside, (boxed.id,), 5, True)
    assert after.frames.tolist() == [3, 4, 7, 8]
    assert after.keyframes.tolist() == [3, 4, 7]
    assert after.flags.tolist() == [0, Flag.OUTSIDE, 0, 0]
    assert after.boxes[1].tolist() == boxed.boxes[1].tolist()


def test_back_in_sight_it_has_the_shape_that_it_went_with(connection, boxed):
    out = perform(connection, SetOutside, (boxed.id,), 4, True)
    assert out.frames.tolist() == [3, 5, 6, 7, 8], "up to the next keyframe"
    perform(connection, SetOutside, (boxed.id,), 8, True)
    before = contents(connection)
    after = perform(connection, SetOutside, (boxed.id,), 10, False)
    assert after.frames.tolist() == [3, 5, 6, 7, 10]
    assert after.boxes[-1].tolist() == after.boxes[-2].tolist()
    assert outside(after).tolist() == [[4, 4], [8, 9]]
    journal.undo(connection)
    assert contents(connection) == before
    after = perform(connection, SetOutside, (boxed.id,), 8, False)
    assert outside(after).tolist() == [[4, 4]], "in the first frame without it, only the sign goes"
    assert after.frames.tolist() == [3, 5, 6, 7]


def test_its_last_keyframe_stays_one_and_deleted_takes_it_out_of_sight_earlier(connection, boxed):
    perform(connection, SetOutside, (boxed.id,), 6, True)
    with pytest.raises(StudioError, match="goes out of sight after this keyframe"):
        perform(connection, DemoteKeyframe, boxed.id, 5)
    before = contents(connection)
    after = perform(connection, DeleteObservation, boxed.id, 5)
    assert (after.frames.tolist(), after.keyframes.tolist()) == ([3, 4, 7, 8], [3, 4, 7])
    assert outside(after).tolist() == [[5, 6]]
    journal.undo(connection)
    assert contents(connection) == before


def test_what_was_filled_from_other_keyframes_is_left_out(connection, boxed):
    clip_id = store.clip(connection, "a").id
    found = replace(boxed, origin=np.full(6, P, np.uint8), frames=np.arange(3, 9, dtype=np.int32))
    seen = boxed.keyframes_digest()
    perform(connection, SetOutside, (boxed.id,), 6, True)
    edit = FillObservations({clip_id: {boxed.id: found}}, job="refill", made_from={boxed.id: seen})
    journal.perform(connection, edit)
    after = store.some_objects(connection, [boxed.id])[0]
    assert after.frames.tolist() == [3, 4, 5, 7, 8]


def test_the_sign_goes_with_its_keyframe(connection, boxed):
    perform(connection, SetOutside, (boxed.id,), 6, True)
    before = contents(connection)
    after = perform(connection, MoveKeyframe, boxed.id, 5, 4)
    assert (after.frames.tolist(), outside(after).tolist()) == ([3, 4, 7, 8], [[5, 6]])
    journal.undo(connection)
    assert contents(connection) == before
    perform(connection, Split, boxed.id, 7)
    parts = [one.id for one in store.objects(connection, store.clip(connection, "a").id, annotator=0)[1:]]
    after = perform(connection, Merge, tuple(parts))
    assert outside(after).tolist() == [[6, 6]]
