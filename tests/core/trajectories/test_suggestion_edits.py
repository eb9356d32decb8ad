from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from core.datasets.clip import Clip
from core.geometry import encode_mask
from core.project.project import Project
from core.trajectories import journal, schema, store
from core.trajectories.bulk_edits import AddClips
from core.trajectories.join_suggestions import JoinSuggestions
from core.trajectories.model import ObjectTrajectory, Origin, PointTrajectories, Review
from core.trajectories.observation_edits import SetObservation
from core.trajectories.suggestion_edits import AddSuggestions
from core.trajectories.touched_suggestions import in_words
from core.trajectories.trajectory_edits import DeleteTrajectories, Relabel, SetReview, Split

TABLES = (schema.trajectory, schema.observation)


def thing(x, first=0, count=4, review=Review.SUGGESTED, origin=Origin.PROPAGATED, size=10):
    mask = np.zeros((48, 64), bool)
    mask[10 : 10 + size, x : x + size] = True
    return ObjectTrajectory(
        frames=np.arange(first, first + count, dtype=np.int32),
        boxes=np.tile(np.array([x, 10, x + size, 10 + size], np.float32), (count, 1)),
        origin=np.full(count, origin, np.uint8),
        confidence=np.full(count, 0.5, np.float32),
        masks=(encode_mask(mask),) * count,
        review=review,
    )


def tracked():
    return PointTrajectories.pack([0, 1], [np.full((4, 2), 5.0), np.full((3, 2), 9.0)])


@pytest.fixture
def connection(tmp_path):
    """A clip with an annotated object at x = 0 and a writing connection."""
    clip = Clip(
        name="pond", dataset="frames", width=64, height=48, root=Path(tmp_path), files=("a", "b", "c", "d")
    )
    drawn = thing(0, 0, 1, Review.OPEN, Origin.ANNOTATED)
    with Project.create(tmp_path / "project") as project, project.writing() as connection:
        journal.perform(connection, AddClips([(clip, [replace(drawn, confidence=np.ones(1, np.float32))])]))
        yield connection


def suggest(connection, *objects, points=None):
    return journal.perform(connection, AddSuggestions({1: objects}, points or {}))


def places(connection, review=Review.SUGGESTED):
    return [int(one.boxes[0, 0]) for one in store.objects(connection, 1) if one.review == review]


def image(connection):
    return [connection.execute(select(table)).all() for table in TABLES]


def text(connection):
    return journal.undoable(connection).text


def test_suggestions_and_their_points_are_one_step_of_undo(connection):
    before = image(connection)
    suggest(connection, thing(20), thing(40), points={1: tracked()})
    assert places(connection) == [20, 40]
    assert len(store.points(connection, 1)) == 2
    assert text(connection) == "Suggest 2 objects"
    after = image(connection)
    journal.undo(connection)
    assert image(connection) == before
    journal.redo(connection)
    assert image(connection) == after


def test_points_that_are_there_stay_as_they_are(connection):
    suggest(connection, points={1: tracked()})
    ids = store.points(connection, 1).ids.tolist()
    suggest(connection, thing(20), points={1: tracked()})
    assert store.points(connection, 1).ids.tolist() == ids


def test_suggesting_again_replaces_what_nobody_touched(connection):
    suggest(connection, thing(20), thing(40))
    before = image(connection)
    suggest(connection, thing(30))
    assert places(connection) == [30]
    journal.undo(connection)
    assert image(connection) == before
    suggest(connection)
    assert places(connection) == []
    assert text(connection) == "Suggest 0 objects"


TOUCHES = {
    "named": lambda id: Relabel(1, (id,), "frog"),
    "drawn in": lambda id: SetObservation(1, id, 1, np.array([21, 10, 31, 20], np.float32), None),
    "accepted": lambda id: SetReview(1, (id,), Review.ACCEPTED),
    "rejected": lambda id: SetReview(1, (id,), Review.REJECTED),
    "reviewed and taken back": lambda id: SetReview(1, (id,), Review.OPEN),
}


@pytest.mark.parametrize("how", TOUCHES)
def test_what_a_person_touched_stays_and_is_not_suggested_again(connection, how):
    suggest(connection, thing(20))
    touched = next(one for one in store.objects(connection, 1) if one.review == Review.SUGGESTED)
    journal.perform(connection, TOUCHES[how](touched.id))
    before = image(connection)
    suggest(connection, thing(22), thing(45))
    assert touched.id in {one.id for one in store.objects(connection, 1)}
    assert [int(one.boxes[0, 0]) for one in store.objects(connection, 1)] == [0, 20, 45]
    assert "1 known one left out" in text(connection)
    journal.undo(connection)
    assert image(connection) == before


def test_an_annotated_object_is_not_suggested_but_what_only_touches_it_is(connection):
    suggest(connection, thing(2), thing(5))  # overlaps of 8 and 5 columns in 12 and 15
    assert places(connection) == [5]


def test_what_is_never_seen_in_the_same_frame_is_another_thing(connection):
    suggest(connection, thing(0, first=1, count=3))
    assert places(connection) == [0]


def test_a_clip_that_is_gone_is_passed_over(connection):
    journal.perform(connection, AddSuggestions({7: (thing(20),)}, {7: tracked()}))
    assert places(connection) == []


def ids(connection):
    return [one.id for one in store.objects(connection, 1) if one.review == Review.SUGGESTED]


def test_what_a_person_deleted_is_not_suggested_again_until_that_is_taken_back(connection):
    suggest(connection, thing(20), thing(40))
    deleted, _ = ids(connection)
    journal.perform(connection, DeleteTrajectories(1, (deleted,)))
    assert in_words(connection, [1]) == "Replaces 1 suggestion; leaves out 1 that you deleted."
    before = image(connection)
    suggest(connection, thing(22), thing(45))
    assert places(connection) == [45]
    assert text(connection) == "Suggest 1 object; 1 known one left out"
    suggest(connection, thing(22), thing(45))  # nor at the time after next
    assert places(connection) == [45]
    journal.undo(connection)
    journal.undo(connection)
    assert image(connection) == before
    journal.undo(connection)
    suggest(connection, thing(22))
    assert places(connection) == [22]


def test_one_that_was_accepted_and_then_deleted_does_not_come_back(connection):
    suggest(connection, thing(20))
    (id,) = ids(connection)
    journal.perform(connection, SetReview(1, (id,), Review.ACCEPTED))
    journal.perform(connection, DeleteTrajectories(1, (id,)))
    suggest(connection, thing(20))
    assert places(connection) == []


def test_parts_that_a_person_joined_do_not_come_back_one_by_one(connection):
    suggest(connection, thing(20), thing(32, size=20))
    one, other = ids(connection)
    journal.perform(connection, JoinSuggestions(1, (one, other)))
    assert in_words(connection, [1]).startswith("Keeps 1 that you decided on or edited")
    suggest(connection, thing(20), thing(32, size=20))
    assert ids(connection) == [one]


def test_a_half_that_was_split_off_and_deleted_does_not_come_back(connection):
    suggest(connection, thing(20))
    (one,) = ids(connection)
    journal.perform(connection, Split(1, one, 2))
    journal.perform(connection, DeleteTrajectories(1, (one,)))
    (half,) = ids(connection)
    suggest(connection, thing(21, count=2))
    assert ids(connection) == [half]


def test_an_object_of_a_person_that_was_deleted_may_be_suggested(connection):
    (drawn,) = store.objects(connection, 1)
    journal.perform(connection, DeleteTrajectories(1, (drawn.id,)))
    assert in_words(connection, [1]) == ""
    suggest(connection, thing(0))
    assert places(connection) == [0]
