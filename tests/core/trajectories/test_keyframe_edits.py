"""A keyframe is moved to another frame; undo brings every table back."""

import pytest

from core.errors import StudioError
from core.trajectories import journal, store
from core.trajectories.model import Origin
from core.trajectories.observation_edits import DeleteObservation, MoveKeyframe, SetFilling
from tests.core.trajectories.small_database import contents


@pytest.fixture
def boxed(connection):
    """The object of frames 3 to 8, whose keyframes are 3, 5 and 7."""
    return store.objects(connection, store.clip(connection, "a").id, annotator=0)[1]


def moved(connection, one, frame, to):
    journal.perform(connection, MoveKeyframe(store.clip(connection, "a").id, one.id, frame, to))
    return store.some_objects(connection, [one.id])[0]


def test_a_keyframe_takes_shape_and_flags_along_and_leaves_a_filled_frame(connection, boxed):
    clip_id = store.clip(connection, "a").id
    journal.perform(connection, SetFilling(clip_id, (boxed.id,), "shape"))
    before = contents(connection)
    after = moved(connection, boxed, 5, 6)
    assert after.frames.tolist() == boxed.frames.tolist()
    assert after.keyframes.tolist() == [3, 6, 7]
    assert after.origin.tolist()[2:4] == [Origin.PROPAGATED, Origin.EDITED]
    assert after.boxes[3].tolist() == boxed.boxes[2].tolist()
    assert after.flags[3] == store.some_objects(connection, [boxed.id])[0].flags[0] != 0
    journal.undo(connection)
    assert contents(connection) == before


@pytest.mark.parametrize(
    ("frame", "to", "frames"),
    [
        (3, 4, [4, 5, 6, 7, 8]),  # it begins later
        (3, 1, [1, 3, 4, 5, 6, 7, 8]),  # and earlier
        (7, 9, [3, 4, 5, 6, 7, 8, 9]),
        (7, 6, [3, 4, 5, 6, 7, 8]),  # it goes on behind: 7 counts as filled
    ],
)
def test_the_first_and_last_keyframe_take_the_end_of_the_object_along(connection, boxed, frame, to, frames):
    before = contents(connection)
    after = moved(connection, boxed, frame, to)
    assert after.frames.tolist() == frames
    assert after.keyframes.tolist() == sorted({3, 5, 7} - {frame} | {to})
    (head,) = [row for row in contents(connection)["trajectory"] if row[0] == repr(boxed.id)]
    assert head[7:9] == (repr(frames[0]), repr(frames[-1]))
    journal.undo(connection)
    assert contents(connection) == before


def test_between_keyframes_with_nothing_filled_it_leaves_nothing_behind(connection, boxed):
    clip_id = store.clip(connection, "a").id
    for frame in (4, 6, 8):
        journal.perform(connection, DeleteObservation(clip_id, boxed.id, frame))
    before = contents(connection)
    assert moved(connection, boxed, 5, 6).frames.tolist() == [3, 6, 7]
    journal.undo(connection)
    assert contents(connection) == before


@pytest.mark.parametrize(("frame", "to"), [(5, 7), (5, 8), (5, 3), (5, 0), (3, -1), (5, 5)])
def test_it_passes_no_keyframe_and_no_end(connection, boxed, frame, to):
    with pytest.raises(StudioError, match="between the keyframes beside it"):
        moved(connection, boxed, frame, to)


def test_what_was_filled_is_no_keyframe_to_move(connection, boxed):
    with pytest.raises(StudioError, match="has no keyframe at frame 4"):
        moved(connection, boxed, 4, 6)
