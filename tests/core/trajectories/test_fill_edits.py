"""What was filled is accepted or taken away, frame by frame; undo brings every table back."""

import pytest

from core.errors import StudioError
from core.trajectories import journal, store
from core.trajectories.fill_edits import AcceptFill, RejectFill
from tests.core.trajectories.small_database import contents


@pytest.fixture
def boxed(connection):
    """The object of frames 3 to 8; filled in 4, 6 and 8, none of them odd; flagged nowhere."""
    return store.objects(connection, store.clip(connection, "a").id, annotator=0)[1]


@pytest.fixture
def masked(connection):
    """The object of frames 0 1 2 5 6; filled in 1 and 5, which are flagged."""
    return store.objects(connection, store.clip(connection, "a").id, annotator=0)[0]


def one(connection, id):
    return store.some_objects(connection, [id])[0]


def undone(connection, before):
    journal.undo(connection)
    return contents(connection) == before


def test_an_accepted_fill_is_checked_no_more_and_stays_as_it_is(connection, masked):
    before, clip_id = contents(connection), store.clip(connection, "a").id
    journal.perform(connection, AcceptFill(clip_id, masked.id, 0, 4))
    after = one(connection, masked.id)
    assert masked.to_check.tolist() == [1, 5]
    assert after.to_check.tolist() == [5]
    assert after.origin.tolist() == masked.origin.tolist()
    assert undone(connection, before)
    with pytest.raises(StudioError, match="Nothing is to be checked in frame 2"):
        journal.perform(connection, AcceptFill(clip_id, masked.id, 2, 2))


def test_a_rejected_fill_is_gone_and_keyframes_stay(connection, boxed):
    before, clip_id = contents(connection), store.clip(connection, "a").id
    journal.perform(connection, RejectFill(clip_id, boxed.id, 5, 8))
    assert one(connection, boxed.id).frames.tolist() == [3, 4, 5, 7]
    assert undone(connection, before)
    with pytest.raises(StudioError, match="Nothing was filled in frame 3"):
        journal.perform(connection, RejectFill(clip_id, boxed.id, 3, 3))
